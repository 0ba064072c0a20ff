// A kiosk: it joins by a code, asks one person after the other, and shows none of them what another gave.
import { all, device, enrol, keep, line, sendNow, uuid } from './outbox.mjs';
import { body, offline, pump } from './sending.mjs';
import { staff } from './staff.mjs';
import { Walk, fill, make, texts } from './walk.mjs';

/** Seconds after which it asks whether somebody is still there; a third of that later it forgets. */
const IDLE_S = Number(new URLSearchParams(location.search).get('idle')) || 60;
const THANKS_MS = 4_000;
/** So long a page stands before it is loaded anew, to ask what is asked now. */
const STALE_MS = 10 * 60_000;

const byId = (/** @type {string} */ id) => document.getElementById(id);

/** How many wait, and whether there is a network. */
async function show() {
  const bar = byId('waiting');
  const n = (await all()).filter(kept => kept.device && !kept.refused).length;
  if (!navigator.onLine) line.down ||= Date.now();
  const at = new Date(line.down).toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
  if (bar) bar.textContent = [n ? fill(texts.waiting, { n }) : '', line.down ? fill(texts.offline, { at }) : ''].filter(Boolean).join(' · ');
}

/** Fetches the key of this device for the secret that the office's code holds. @param {string} secret */
async function join(secret) {
  const said = /** @type {HTMLElement} */ (byId('join-said'));
  said.textContent = texts.joining ?? '';
  history.replaceState(null, '', location.pathname + location.search);
  const answer = await fetch('/k/join', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ secret }) });
  const told = await answer.json();
  if (!answer.ok) {
    said.textContent = `${texts.joinFailed ?? ''}${told.detail ?? told.title}`;
    return;
  }
  await enrol({ name: 'device', ...told, made: Date.now() });
  location.replace(told.start);
}

/** Keeps an answer, or has it taken at once where nothing can be kept; there is no third way, so it goes on trying. @param {import('./outbox.mjs').Kept} kept @param {HTMLElement} said */
async function settle(kept, said) {
  for (;;) {
    try {
      await keep(kept);
      return;
    } catch {
      const outcome = await sendNow(kept).catch(() => undefined);
      if (outcome && !('wait' in outcome)) return;
      said.textContent = texts.stuck ?? '';
      await new Promise(yes => setTimeout(yes, 2_000));
    }
  }
}

/** @param {HTMLFormElement} form @param {import('./outbox.mjs').Device} me */
function serve(form, me) {
  const attract = /** @type {HTMLElement} */ (byId('attract'));
  const start = /** @type {HTMLButtonElement} */ (byId('start'));
  const loaded = Date.now();
  let last = Date.now();
  const thanks = make('div', { className: 'kiosk-thanks', hidden: true });
  form.before(thanks);

  const walk = new Walk(form, async (answers, { started }) => {
    const said = make('p', { className: 'lead', textContent: texts.sending ?? '' });
    const head = make('h1', { tabIndex: -1, id: 'thanks', textContent: texts.thanks ?? '' });
    thanks.replaceChildren(said);
    only(thanks);
    await settle({ id: uuid(), body: body(form, answers, started, {}), made: Date.now(), tries: 0, next: 0, device: true }, said);
    said.textContent = texts.done ?? '';
    thanks.replaceChildren(head, said);
    head.focus();
    pump(show);
    setTimeout(rest, THANKS_MS);
  });

  /** Shows one of the three, and nothing of the others. @param {HTMLElement} wanted */
  function only(wanted) {
    for (const part of [attract, form, thanks]) part.hidden = part !== wanted;
    document.body.classList.toggle('resting', wanted === attract);
    scrollTo({ top: 0 });
  }

  /** Back to the first screen, in the language that the office chose. */
  function rest() {
    walk.reset();
    thanks.replaceChildren();
    if (new URL(me.start, location.href).searchParams.get('lang') !== document.documentElement.lang) location.replace(me.start);
    else only(attract);
  }

  /** Closes the question whether somebody is there. */
  const stay = make('button', { type: 'button', textContent: texts.stay ?? '' });
  const wipe = make('button', { type: 'button', className: 'plain', textContent: texts.wipe ?? '' });
  const ask = make('dialog', { id: 'idle' }, make('h2', { textContent: texts.idle ?? '' }), make('p', { textContent: texts.idleMore ?? '' }), make('div', { className: 'moves' }, stay, wipe));
  ask.setAttribute('aria-label', texts.idle ?? '');
  document.body.append(ask);
  stay.addEventListener('click', () => ask.close());
  wipe.addEventListener('click', () => { ask.close(); rest(); });
  for (const name of ['pointerdown', 'keydown', 'input']) addEventListener(name, () => { last = Date.now(); });
  setInterval(() => {
    const quiet = (Date.now() - last) / 1_000;
    if (attract.hidden && !form.hidden) {
      if (quiet > IDLE_S * 4 / 3) { ask.close(); rest(); last = Date.now(); }
      else if (quiet > IDLE_S && !ask.open) ask.showModal();
    } else if (!attract.hidden && quiet > IDLE_S && Date.now() - loaded > STALE_MS && navigator.onLine && !document.querySelector('dialog[open]')) {
      // Only where the page would come: a kiosk must not end on an error page.
      last = Date.now();
      fetch(location.href, { cache: 'no-store' }).then(answer => { if (answer.ok) location.reload(); }, () => {});
    }
  }, 500);

  start.addEventListener('click', () => { only(form); walk.go(0); });
  // Whoever changed the language while answering goes on answering.
  only(walk.restored && walk.touched() ? form : attract);
}

/** Pages where nothing is asked come back by themselves once something is. */
function wait() {
  setInterval(() => { if (navigator.onLine && !document.querySelector('dialog[open]')) location.reload(); }, STALE_MS);
}

async function begin() {
  const me = await device();
  const secret = location.hash.match(/^#enrol=(hle_[\w-]+)$/)?.[1];
  if (secret && byId('join')) return join(secret);
  if (!me) {
    if (!byId('join')) location.replace('/k');
    return undefined;
  }
  if (byId('join')) return location.replace(me.start);
  const form = /** @type {HTMLFormElement | null} */ (byId('survey'));
  if (form) serve(form, me);
  else wait();
  staff(me, show);
  await show();
  return pump(show);
}

addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
addEventListener('online', () => { line.down = 0; show(); });
addEventListener('offline', () => show());
addEventListener('contextmenu', event => event.preventDefault());
offline();
navigator.serviceWorker?.ready.then(ready => ready.active?.postMessage({ keep: location.href }));
begin();
