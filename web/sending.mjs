// What a phone and a kiosk have in common: a submission's bytes, sending what waits, being there without a network.
import { all, drain, hurry, mine } from './outbox.mjs';
import { make } from './walk.mjs';

/**
 * The submission as it will be sent.
 * @param {HTMLFormElement} form @param {Record<string, import('./walk.mjs').Answer>} answers @param {Date} started @param {Record<string, string>} more
 */
export function body(form, answers, started, more) {
  const { survey, version, wave, list, unit, channel, language } = form.dataset;
  return JSON.stringify({
    survey, version, wave, unit: { list, code: unit }, channel, language,
    started_at: started.toISOString(), answered_at: new Date().toISOString(), ...more, answers,
  });
}

/** Sends a form as it would go without script. @param {HTMLFormElement} form @param {string} id @param {[string, string][]} fields */
export function plainly(form, id, fields) {
  const plain = make('form', { method: 'post', action: form.action, hidden: true });
  for (const [name, value] of fields) plain.append(make('input', { type: 'hidden', name, value: name === 'id' ? id : value }));
  document.body.append(plain);
  plain.submit();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Sends what waits, now and for as long as something does. @param {() => Promise<void>} show says what is left */
export async function pump(show) {
  clearTimeout(timer);
  if (navigator.onLine) await drain();
  await show();
  if ((await all()).some(kept => !kept.refused && mine(kept))) timer = setTimeout(() => pump(show), 2_000);
  wake = () => pump(show);
}

let wake = () => {};
// What could not be sent for want of a network need not wait any longer.
addEventListener('online', () => { hurry().then(() => wake(), () => {}); });
document.addEventListener('visibilitychange', () => { if (!document.hidden) wake(); });

/** Keeps page and answers on the device. */
export function offline() {
  navigator.storage?.persist?.();
  if (!('serviceWorker' in navigator)) return;
  // Under Trusted Types even this address must come from a policy.
  const types = /** @type {any} */ (window).trustedTypes;
  const address = types ? types.createPolicy('hailong', { createScriptURL: () => '/sw.js' }).createScriptURL('') : '/sw.js';
  navigator.serviceWorker.register(address).catch(() => {});
}
