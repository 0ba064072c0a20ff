// A form on somebody's own phone or computer.
import { all, drain, drop, keep, uuid } from './outbox.mjs';
import { Walk, fill, make, texts } from './walk.mjs';
import { body, offline, plainly, pump } from './sending.mjs';

const form = /** @type {HTMLFormElement | null} */ (document.getElementById('survey'));
const tray = document.getElementById('outbox');

/** How long somebody waits for the receipt before they are told that the answer is kept. */
const PATIENCE_MS = 6_000;

/** The token of an invitation stands behind `#`: it goes to its field, and out of the address. */
function takeInvitation() {
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById('invitation'));
  const token = location.hash.slice(1);
  if (!field || !token.startsWith('hli_')) return;
  field.value = token;
  const around = document.getElementById('invited');
  if (around) around.dataset.taken = '';
  history.replaceState(null, '', location.pathname + location.search);
}

/** What waits, and what was refused, above the form: how many and why, never what they say. */
async function show() {
  if (!tray) return;
  const here = (await all()).filter(kept => !kept.device && !kept.field);
  const refused = here.filter(kept => kept.refused);
  const waiting = here.length - refused.length;
  tray.replaceChildren();
  if (waiting) {
    const said = make('p', { className: 'waiting', textContent: fill(texts.waiting, { n: waiting }) });
    said.setAttribute('role', 'status');
    tray.append(said);
  }
  if (refused.length) {
    const list = make('ul');
    for (const kept of refused) {
      const remove = make('button', { type: 'button', className: 'plain', textContent: texts.remove ?? '' });
      remove.addEventListener('click', async () => { await drop(kept.id); await show(); });
      list.append(make('li', {}, `${new Date(kept.made).toLocaleString(document.documentElement.lang)}: ${kept.why ?? kept.refused} `, remove));
    }
    tray.append(make('details', {}, make('summary', { textContent: fill(texts.refused, { n: refused.length }) }), list));
  }
  tray.hidden = !here.length;
}

/** @param {import('./outbox.mjs').Outcome | undefined} outcome */
function thanks(outcome) {
  const refused = outcome?.refused;
  const heading = make('h1', { tabIndex: -1, id: 'thanks', textContent: (refused ? texts.unsent : texts.thanks) ?? '' });
  const main = /** @type {HTMLElement} */ (document.getElementById('main'));
  const said = make('p', { className: 'lead', textContent: (refused ? outcome?.why : outcome ? texts.received : texts.kept) ?? '' });
  main.replaceChildren(heading, said);
  const receipt = outcome?.receipt;
  if (receipt?.withdrawal_code) {
    const head = receipt.id.slice(0, 8).toUpperCase();
    const slip = `${head.slice(0, 4)}-${head.slice(4)}-${receipt.withdrawal_code}`;
    main.append(make('div', { className: 'slip' },
      make('p', { className: 'hint', textContent: texts.receipt ?? '' }),
      make('p', { className: 'slip-code' }, make('code', { textContent: slip })),
      make('p', { textContent: texts.keepReceipt ?? '' })));
  }
  if (tray) main.append(tray);
  main.append(make('p', {}, make('a', { href: texts.receipts ?? '/receipt', textContent: texts.lookUp ?? '' })));
  heading.focus();
  scrollTo({ top: 0 });
}

/** @param {HTMLFormElement} form */
function begin(form) {
  takeInvitation();
  new Walk(form, async (answers, { started, fields }) => {
    const id = uuid();
    const invitation = fields.find(([name]) => name === 'invitation')?.[1].trim();
    try {
      await keep({ id, body: body(form, answers, started, invitation ? { invitation } : {}), made: Date.now(), tries: 0, next: 0 });
    } catch {
      // Nothing can be kept here: the plain way, with what was given.
      plainly(form, id, fields);
      return;
    }
    form.hidden = true;
    if (tray) { tray.hidden = false; tray.replaceChildren(make('p', { textContent: texts.sending ?? '' })); }
    const late = new Promise(yes => setTimeout(yes, PATIENCE_MS));
    const settled = await Promise.race([navigator.onLine ? drain() : undefined, late]);
    thanks(settled instanceof Map ? settled.get(id) : undefined);
    await show();
    pump(show);
  });
}

// What came back with something to correct is shown as a whole.
if (form && !form.querySelector('.wrong')) begin(form);
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
offline();
show().then(() => pump(show), () => {});
