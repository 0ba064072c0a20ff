// The part of a kiosk for the staff, behind a number: what waits, what was refused, saving it, leaving.
import { all, drop, hurry, leave } from './outbox.mjs';
import { pump } from './sending.mjs';
import { make, texts } from './walk.mjs';

/** After so many wrong numbers it waits. */
const TRIES = 5;
const WAIT_MS = 60_000;

/** @param {string} label @param {() => void} act @param {string} [className] */
function button(label, act, className = 'plain') {
  const made = make('button', { type: 'button', textContent: label, className });
  made.addEventListener('click', act);
  return made;
}

/** @param {import('./outbox.mjs').Device} me @param {() => Promise<void>} show */
export function staff(me, show) {
  const dialog = make('dialog', { id: 'panel' });
  dialog.setAttribute('aria-label', texts.panel ?? '');
  document.body.append(dialog);
  const open = /** @type {HTMLButtonElement} */ (document.getElementById('staff'));
  open.hidden = false;
  open.addEventListener('click', () => { pad(); dialog.showModal(); });
  let wrong = 0;
  let until = 0;

  /** Asks for the number, by touch or by keyboard. */
  function pad() {
    const said = make('p', { className: 'fault' });
    said.setAttribute('role', 'alert');
    const typed = make('input', { type: 'password', inputMode: 'none', autocomplete: 'off', maxLength: 12, id: 'pin' });
    const judge = () => {
      if (Date.now() < until) { said.textContent = texts.pinWait ?? ''; typed.value = ''; return; }
      if (typed.value.length < me.pin.length) return;
      if (typed.value === me.pin) { wrong = 0; panel(); return; }
      typed.value = '';
      wrong += 1;
      if (wrong % TRIES === 0) until = Date.now() + WAIT_MS;
      said.textContent = (Date.now() < until ? texts.pinWait : texts.pinWrong) ?? '';
    };
    typed.addEventListener('input', judge);
    const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', '0'].map(digit => digit
      ? button(digit, () => { typed.value += digit; judge(); })
      : button(texts.erase ?? '', () => { typed.value = ''; }));
    dialog.replaceChildren(make('h2', { textContent: texts.panel ?? '' }), make('label', { htmlFor: 'pin', textContent: texts.pin ?? '' }), typed, said,
      make('div', { className: 'pad' }, ...digits), make('div', { className: 'moves' }, button(texts.close ?? '', () => dialog.close())));
    typed.focus();
  }

  /** @param {import('./outbox.mjs').Kept} kept */
  function refused(kept) {
    let sure = false;
    const remove = button(texts.remove ?? '', async () => {
      if (!sure) { sure = true; remove.textContent = texts.sure ?? ''; return; }
      await drop(kept.id);
      await panel();
    });
    return make('li', {}, `${new Date(kept.made).toLocaleString(document.documentElement.lang)}: ${kept.why ?? kept.refused} `, make('code', { textContent: kept.id.slice(0, 8) }), ' ', remove);
  }

  /** What waits and what was refused: when and why, never what they say. */
  async function panel() {
    const here = (await all()).filter(kept => kept.device);
    const bad = here.filter(kept => kept.refused);
    const waiting = here.filter(kept => !kept.refused);
    const when = (/** @type {number} */ at) => new Date(at).toLocaleString(document.documentElement.lang);
    const fact = (/** @type {string | undefined} */ name, /** @type {string} */ value) => make('div', {}, make('dt', { textContent: name ?? '' }), make('dd', { textContent: value }));
    const none = () => make('p', { className: 'hint', textContent: texts.none ?? '' });
    const gone = button(texts.leave ?? '', async () => { await leave(); location.replace('/k'); }, 'danger');
    gone.disabled = here.length > 0;
    dialog.replaceChildren(
      make('h2', { textContent: texts.panel ?? '' }),
      make('dl', { className: 'facts' }, fact(texts.device, me.title), fact(texts.unit, me.unit), fact(texts.joined, when(me.made))),
      make('h3', { textContent: `${texts.queue}: ${waiting.length}` }),
      waiting.length ? make('ul', {}, ...waiting.slice(0, 20).map(kept => make('li', { textContent: `${when(kept.made)}, ${kept.tries} ${texts.tries}` }))) : none(),
      make('h3', { textContent: `${texts.refusedHead}: ${bad.length}` }),
      bad.length ? make('ul', {}, ...bad.map(refused)) : none(),
      make('div', { className: 'moves' },
        button(texts.sendNow ?? '', async () => { await hurry(); await pump(show); await panel(); }, ''),
        button(texts.export ?? '', () => save(here)),
        button(texts.reload ?? '', () => location.reload()),
        button(texts.close ?? '', () => dialog.close())),
      make('div', { className: 'moves' }, gone),
      ...here.length ? [make('p', { className: 'hint', textContent: texts.leaveFirst ?? '' })] : [],
    );
  }

  /** A file that holds every answer as it would be sent, for the office to import. @param {import('./outbox.mjs').Kept[]} here */
  function save(here) {
    const responses = here.map(kept => ({ id: kept.id, ...JSON.parse(kept.body) }));
    const address = URL.createObjectURL(new Blob([JSON.stringify({ responses }, null, 1)], { type: 'application/json' }));
    const link = make('a', { href: address, download: `kiosk-${new Date().toISOString().slice(0, 10)}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}
