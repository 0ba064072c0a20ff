// Keying in a paper form by digits: a digit answers and goes on, Backspace in an empty field goes back, Enter goes on or files.
import { holds } from './walk.mjs';

const form = /** @type {HTMLFormElement} */ (document.getElementById('entry'));
const rows = /** @type {HTMLElement[]} */ ([...form.querySelectorAll('.key')]);
const fields = () => /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll('input:not([type=hidden], [type=checkbox])')]).filter(input => !input.closest('[hidden]'));

/** @param {HTMLElement} row */
const field = row => /** @type {HTMLInputElement} */ (row.querySelector('input'));
/** The digits of the options of a row. @param {HTMLElement} row */
const keys = row => row.dataset.keys?.split(' ') ?? [];

/** The options that digits mean. @param {HTMLElement} row */
function meant(row) {
  const [text, all, codes] = [field(row).value.trim(), keys(row), row.dataset.codes?.split(' ') ?? []];
  if (!all.length) return text ? [text] : [];
  const runOn = row.dataset.kind === 'multiple' && all.every(key => key.length === 1) && /^\d+$/.test(text);
  const parts = row.dataset.kind !== 'multiple' ? [text] : runOn ? [...text] : text.split(/[ ,;.]+/);
  return parts.filter(part => all.includes(part)).map(part => codes[all.indexOf(part)]);
}

/** Shows what is asked by what was answered, and what the digits mean. */
function draw() {
  /** @type {Map<string, string[]>} */ const given = new Map();
  for (const row of rows) {
    row.hidden = !!row.dataset.if && !holds(JSON.parse(row.dataset.if), given);
    const options = row.hidden ? [] : meant(row);
    if (options.length) given.set(row.dataset.item ?? '', options);
    const codes = row.dataset.codes?.split(' ') ?? [];
    for (const shown of /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll('[data-key]'))) {
      shown.classList.toggle('chosen', options.includes(codes[keys(row).indexOf(shown.dataset.key ?? '')]));
    }
  }
}

/** @param {HTMLInputElement} from @param {number} by @returns whether there was one */
function move(from, by) {
  const all = fields();
  const to = all[all.indexOf(from) + by];
  to?.focus();
  to?.select();
  return !!to;
}

/** Whether a digit says all: no option begins with it and goes on. @param {HTMLElement} row @param {string} text */
function answers(row, text) {
  if (row.dataset.kind === 'multiple' || !row.dataset.keys) return false;
  if (text === '0' && 'spare' in row.dataset && !keys(row).includes('0')) return true;
  return keys(row).includes(text) && !keys(row).some(key => key !== text && key.startsWith(text));
}

form.addEventListener('input', event => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const row = /** @type {HTMLElement | null} */ (input.closest('.key'));
  if (!row) return;
  const text = input.value.trim();
  row.classList.remove('wrong');
  row.querySelector('.said')?.remove();
  if (answers(row, text)) {
    draw();
    move(input, 1);
    return;
  }
  if (row.dataset.keys && row.dataset.kind !== 'multiple' && text && !keys(row).some(key => key.startsWith(text))) {
    input.value = '';
    row.classList.add('wrong');
    const said = Object.assign(document.createElement('span'), { className: 'fault said', textContent: `${text}: ${form.dataset.unknown} ` });
    said.setAttribute('role', 'alert');
    row.querySelector('.about')?.prepend(said);
  }
  draw();
});

form.addEventListener('keydown', event => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || input.type === 'checkbox') return;
  if (event.key === 'Backspace' && input.value === '') {
    event.preventDefault();
    move(input, -1);
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (input.type === 'date') return;
    event.preventDefault();
    move(input, event.key === 'ArrowDown' ? 1 : -1);
  } else if (event.key === 'Enter') {
    event.preventDefault();
    const row = /** @type {HTMLElement | null} */ (input.closest('.key'));
    // In a field that a digit would have left, Enter files; in one that runs on it ends what is written.
    const runsOn = !row || row.dataset.kind === 'multiple' || !row.dataset.keys;
    if (event.ctrlKey || !runsOn || !move(input, 1)) form.requestSubmit();
  }
});

draw();
/** @type {HTMLElement | undefined} */ (form.querySelector('[aria-invalid=true]') ?? fields().find(input => !input.value && !['psu', 'respondent', 'day'].includes(input.name)))?.focus();
addEventListener('pageshow', event => { if (event.persisted) location.reload(); });
form.dataset.ready = '';
