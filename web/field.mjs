// A fieldworker's pages: what is answered at a door is kept on the device and sent while whoever took it is signed in.
import { all, drop, keep, mine, uuid, who } from './outbox.mjs';
import { body, offline, plainly, pump } from './sending.mjs';
import { Walk, fill, make, texts } from './walk.mjs';

const field = /** @type {HTMLElement} */ (document.getElementById('field'));
const tray = /** @type {HTMLElement} */ (document.getElementById('outbox'));
const form = /** @type {HTMLFormElement | null} */ (document.getElementById('survey'));
who.field = field.dataset.by ?? '';

/** What a response that is kept says of its place. @param {import('./outbox.mjs').Kept} kept @returns {{ wave?: string, psu?: string, respondent?: string }} */
const placeOf = kept => JSON.parse(kept.body);

/** What waits, and what was refused: how many, whose and why, never what they say. */
async function show() {
  const here = (await all()).filter(kept => kept.field);
  const own = here.filter(mine);
  const refused = own.filter(kept => kept.refused);
  const waiting = own.length - refused.length;
  tray.replaceChildren();
  const say = (/** @type {string | undefined} */ text, /** @type {number} */ n) => {
    const said = make('p', { className: 'waiting', textContent: fill(text, { n }) });
    said.setAttribute('role', 'status');
    tray.append(said);
    return said;
  };
  if (waiting) {
    const said = say(texts.fieldWaiting, waiting);
    if (who.expired) said.append(' ', make('a', { href: '/login?next=' + encodeURIComponent(location.pathname), textContent: texts.fieldSignIn ?? '' }));
  }
  if (here.length > own.length) say(texts.fieldOthers, here.length - own.length);
  if (refused.length) {
    const list = make('ul');
    for (const kept of refused) {
      const { psu, respondent } = placeOf(kept);
      const remove = make('button', { type: 'button', className: 'plain', textContent: texts.fieldRemove ?? '' });
      remove.addEventListener('click', async () => { await drop(kept.id); await show(); });
      list.append(make('li', {}, `${[psu, respondent].filter(Boolean).join(' · ')}: ${kept.why ?? kept.refused} `, remove));
    }
    tray.append(make('details', {}, make('summary', { textContent: fill(texts.fieldRefused, { n: refused.length }) }), list));
  }
  tray.hidden = !here.length;
  for (const cell of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.waits-here'))) {
    const n = own.filter(kept => placeOf(kept).psu === cell.dataset.psu && placeOf(kept).wave === cell.dataset.wave).length;
    cell.textContent = n ? ' ' + fill(texts.fieldHere, { n }) : '';
  }
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('a[data-next]'))) {
    const next = await following(JSON.parse(link.dataset.next ?? '[]'));
    link.hidden = !next;
    if (!next) continue;
    const address = new URL(link.href);
    address.searchParams.set('respondent', next);
    link.href = address.href;
    link.textContent = next;
  }
}

/** The first of a village's respondents who is not on this device yet. @param {string[]} list */
async function following(list) {
  const here = new Set((await all()).map(kept => placeOf(kept).respondent));
  return list.find(one => !here.has(one));
}

/** @param {HTMLFormElement} form */
function begin(form) {
  const named = new URLSearchParams(location.search);
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (form.querySelector(`.household [name=${name}]`));
  const village = (/** @type {string | undefined} */ psu) => /** @type {HTMLElement | undefined} */ ([...document.querySelectorAll('#villages li')].find(li => /** @type {HTMLElement} */ (li).dataset.psu === psu));
  // The page may be the one that was kept for another household: the address says which this is.
  for (const name of ['psu', 'respondent']) { const found = input(name); if (found) found.value = named.get(name) ?? ''; }
  const unit = input('unit');
  const place = () => { if (unit) unit.value = village(input('psu')?.value)?.dataset.unit ?? unit.value; };
  if (unit && named.get('unit')) unit.value = named.get('unit') ?? '';
  else place();
  input('psu')?.addEventListener('change', place);
  const value = (/** @type {string} */ name) => input(name)?.value.trim() ?? '';
  let household = { psu: '', respondent: '', unit: '' };
  // The walk empties the form before it hands the answers on.
  form.addEventListener('submit', event => {
    household = { psu: value('psu'), respondent: value('respondent'), unit: value('unit') };
    if (household.unit) return;
    // Nobody knows of what a response speaks that names no unit.
    event.preventDefault();
    event.stopImmediatePropagation();
    unit?.setAttribute('aria-invalid', 'true');
    unit?.focus();
  }, { capture: true });

  new Walk(form, async (answers, { started, fields }) => {
    const { psu, respondent, unit } = household;
    form.dataset.unit = unit;
    const more = { ...(psu ? { psu } : {}), ...(respondent ? { respondent } : {}) };
    const id = uuid();
    try {
      await keep({ id, body: body(form, answers, started, more), made: Date.now(), tries: 0, next: 0, field: who.field });
    } catch {
      // Nothing can be kept here: the plain way, with what was given.
      plainly(form, id, fields);
      return;
    }
    form.hidden = true;
    const heading = make('h2', { tabIndex: -1, id: 'kept', textContent: texts.fieldKept ?? '' });
    const links = make('div', { className: 'choices' });
    const to = (/** @type {string} */ text, /** @type {string} */ href) => links.append(make('a', { href, textContent: text }));
    const lang = named.get('lang') ? `&lang=${named.get('lang')}` : '';
    const next = await following(JSON.parse(village(psu)?.dataset.next ?? '[]'));
    const here = `${location.pathname}?psu=${encodeURIComponent(psu)}${lang}`;
    if (next) to(fill(texts.fieldNext, { n: next }), `${here}&respondent=${encodeURIComponent(next)}`);
    to(texts.fieldAgain ?? '', here);
    to(texts.fieldStart ?? '', field.dataset.start ?? '/f');
    form.after(heading, links);
    heading.focus();
    pump(show);
  });
}

if (form && !form.querySelector('.wrong')) begin(form);
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
offline();
// The forms of the waves that are on this page are there without a network too.
navigator.serviceWorker?.ready.then(ready => {
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('a[data-form]'))) ready.active?.postMessage({ keep: link.dataset.form });
});
show().then(() => pump(show), () => {});
