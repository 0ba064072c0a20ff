// One question a screen, made of the form as the server wrote it.

/** Says “does not apply”. */
const NOT_FOR_ME = '@does_not_apply';
/** Where answers lie for the blink of an eye in which a page changes its language. */
const SWITCH = 'hailong-switch';
const SWITCH_MS = 15_000;

/** @typedef {string | number | string[] | { missing: string }} Answer */
/** @typedef {{ item?: string, is?: string[], at_least?: number, at_most?: number, answered?: string, all?: Condition[], any?: Condition[], not?: Condition }} Condition */

/** The texts of the page, in its language. */
export const texts = /** @type {DOMStringMap} */ (Object.assign({}, ...[...document.querySelectorAll('.texts')].map(element => ({ .../** @type {HTMLElement} */ (element).dataset }))));

/**
 * @template {keyof HTMLElementTagNameMap} K @param {K} name @param {Partial<HTMLElementTagNameMap[K]>} [more] @param {(Node | string)[]} inside
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, more = {}, ...inside) {
  const made = Object.assign(document.createElement(name), more);
  made.append(...inside);
  return made;
}

/** @param {string | undefined} text @param {Record<string, string | number>} values */
export const fill = (text, values) => (text ?? '').replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));

/** A number as people write it. @param {string} text */
const number = text => /^-?\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(',', '.')) : NaN;

/** @param {HTMLElement} question */
const code = question => question.id.replace(/^answers\./, '');

/** Whether a condition holds for what was given; not for what has no answer. @param {Condition} c @param {Map<string, string[]>} given @returns {boolean} */
export function holds(c, given) {
  if (c.all) return c.all.every(part => holds(part, given));
  if (c.any) return c.any.some(part => holds(part, given));
  if (c.not) return !holds(c.not, given);
  if (c.answered) return given.has(c.answered);
  const answer = given.get(c.item ?? '');
  if (!answer) return false;
  if (c.is) return c.is.some(option => answer.includes(option));
  const value = number(answer[0]);
  return value >= (c.at_least ?? -Infinity) && value <= (c.at_most ?? Infinity);
}

/** Walks somebody through a form. `send` gets the answers; the form is empty before it is called. */
export class Walk {
  /** @param {HTMLFormElement} form @param {(answers: Record<string, Answer>, more: { started: Date, fields: [string, string][] }) => void} send */
  constructor(form, send) {
    this.form = form;
    this.send = send;
    this.questions = /** @type {HTMLFieldSetElement[]} */ ([...form.querySelectorAll('.q')]);
    this.submit = /** @type {HTMLButtonElement} */ (form.querySelector('button[type=submit]'));
    this.next = make('button', { type: 'button', textContent: texts.next ?? '' });
    this.back = make('button', { type: 'button', textContent: texts.back ?? '', className: 'plain' });
    this.submit.before(this.back, this.next);
    this.bar = make('progress', { max: 1, value: 0 });
    this.count = make('span');
    this.head = make('p', { className: 'count' }, this.count, this.bar);
    this.bar.setAttribute('aria-hidden', 'true');
    form.prepend(this.head);
    document.body.classList.add('walking');
    this.started = new Date();
    this.at = 0;
    this.next.addEventListener('click', () => { if (this.complete(this.path()[this.at])) this.go(this.at + 1); });
    this.back.addEventListener('click', () => this.go(this.at - 1));
    form.addEventListener('change', event => this.changed(event));
    form.addEventListener('submit', event => { event.preventDefault(); this.finish(); });
    // Enter in a field goes on, as a phone's keyboard promises.
    form.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault();
      (this.next.hidden ? this.submit : this.next).click();
    });
    this.languages();
    this.restore();
    this.draw();
    form.dataset.ready = '';
  }

  /** What was given, by item, of questions that are asked. */
  given() {
    const data = new FormData(this.form);
    /** @type {Map<string, string[]>} */ const given = new Map();
    for (const question of this.questions) {
      if (question.dataset.if && !holds(JSON.parse(question.dataset.if), given)) continue;
      const answers = data.getAll(question.id).map(String).filter(value => value.trim() !== '' && value !== NOT_FOR_ME);
      if (answers.length) given.set(code(question), answers);
    }
    return given;
  }

  /** The questions that are asked, by what was given so far. */
  path() {
    const given = this.given();
    return this.questions.filter(question => !question.dataset.if || holds(JSON.parse(question.dataset.if), given));
  }

  /** @param {number} at */
  go(at) {
    this.at = at;
    this.draw();
    this.path()[this.at]?.focus();
    scrollTo({ top: 0 });
  }

  draw() {
    const path = this.path();
    this.at = Math.max(0, Math.min(this.at, path.length - 1));
    const last = this.at === path.length - 1;
    for (const question of this.questions) question.hidden = question !== path[this.at];
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll('.part'))) part.hidden = !path[this.at] || !part.contains(path[this.at]);
    this.back.hidden = this.at === 0;
    document.body.classList.toggle('begun', this.at > 0);
    this.next.hidden = last;
    this.submit.hidden = !last;
    const invited = document.getElementById('invited');
    if (invited) invited.hidden = !last || 'taken' in invited.dataset;
    this.count.textContent = fill(texts.progress, { n: this.at + 1, total: path.length });
    this.bar.max = path.length;
    this.bar.value = this.at + 1;
  }

  /** What stands alone does, and the walk may have become another. @param {Event} event */
  changed(event) {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.checked) {
      const question = input.closest('fieldset');
      const alone = question?.dataset.alone?.split(' ') ?? [];
      const boxes = /** @type {HTMLInputElement[]} */ ([...question?.querySelectorAll('input[type=checkbox]') ?? []]);
      for (const box of boxes) if (box !== input && (alone.includes(input.value) || alone.includes(box.value))) box.checked = false;
    }
    this.draw();
  }

  /** What is wrong with an answer, in words; nothing if it will do. @param {HTMLFieldSetElement} question */
  fault(question) {
    const { kind, required, min, max } = question.dataset;
    const values = new FormData(this.form).getAll(question.id).map(String).filter(value => value.trim() !== '');
    const written = values.filter(value => value !== NOT_FOR_ME);
    const field = /** @type {HTMLInputElement | null} */ (question.querySelector('input[type=date]'));
    if (field?.validity.badInput) return texts.bad;
    if (!values.length) return required === undefined ? undefined : texts.missing;
    if (!written.length) return undefined;
    if (kind === 'number' && !(number(written[0]) >= Number(min) && number(written[0]) <= Number(max))) return fill(texts.number, { min: min ?? '', max: max ?? '' });
    if (kind === 'date' && field && !field.validity.valid) return fill(texts.day, { min: field.min, max: field.max });
    if (kind === 'multiple' && written.length > Number(max)) return fill(texts.most, { max: max ?? '' });
    if (kind === 'multiple' && written.length < Number(min)) return fill(texts.least, { min: min ?? '' });
    return undefined;
  }

  /** Whether a question is answered as it must be; says what is wrong. @param {HTMLFieldSetElement} question */
  complete(question) {
    this.clear(question);
    const fault = this.fault(question);
    if (!fault) return true;
    const said = make('p', { className: 'fault', id: question.id + '-fault', textContent: fault });
    said.setAttribute('role', 'alert');
    question.querySelector('legend')?.after(said);
    question.classList.add('wrong');
    question.setAttribute('aria-describedby', said.id);
    question.focus();
    return false;
  }

  /** @param {HTMLFieldSetElement} question */
  clear(question) {
    question.querySelector('.fault')?.remove();
    question.classList.remove('wrong');
    question.removeAttribute('aria-describedby');
    const hint = document.getElementById(question.id + '-hint');
    if (hint) question.setAttribute('aria-describedby', hint.id);
  }

  finish() {
    const path = this.path();
    const bad = path.findIndex(question => this.fault(question));
    if (bad >= 0) {
      this.go(bad);
      this.complete(path[bad]);
      return;
    }
    const data = new FormData(this.form);
    /** @type {Record<string, Answer>} */ const answers = {};
    for (const item of this.form.dataset.notOffered?.split(' ').filter(Boolean) ?? []) answers[item] = { missing: 'not_offered' };
    for (const question of path) {
      const values = data.getAll(question.id).map(String).filter(value => value.trim() !== '');
      const written = values.filter(value => value !== NOT_FOR_ME);
      const { kind } = question.dataset;
      if (!values.length) continue;
      if (!written.length) answers[code(question)] = { missing: 'does_not_apply' };
      else if (kind === 'multiple') answers[code(question)] = written;
      else answers[code(question)] = kind === 'number' && /^\d{1,15}$/.test(written[0].trim()) ? Number(written[0]) : written[0];
    }
    const fields = /** @type {[string, string][]} */ ([...data].map(([name, value]) => [name, String(value)]));
    const started = this.started;
    this.reset();
    this.send(answers, { started, fields });
  }

  /** Forgets everything that was given. */
  reset() {
    this.form.reset();
    // What the page came with is not what this person gave.
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (this.form.querySelectorAll('.q input, .q textarea'))) {
      if (input.type === 'radio' || input.type === 'checkbox') input.checked = false;
      else input.value = '';
    }
    this.questions.forEach(question => this.clear(question));
    this.started = new Date();
    this.at = 0;
    this.draw();
  }

  /** Whether anything was given. */
  touched() {
    return this.given().size > 0 || this.at > 0;
  }

  /** Another language is another page: what was given goes along, and stays nowhere. */
  languages() {
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('.languages a'))) {
      link.addEventListener('click', () => {
        const fields = [...new FormData(this.form)].filter(([name]) => name.startsWith('answers.') || name === 'invitation');
        sessionStorage.setItem(SWITCH, JSON.stringify({ at: this.at, when: Date.now(), path: location.pathname, started: this.started, fields }));
      });
    }
  }

  restore() {
    const kept = JSON.parse(sessionStorage.getItem(SWITCH) ?? 'null');
    sessionStorage.removeItem(SWITCH);
    if (!kept || kept.path !== location.pathname || Date.now() - kept.when > SWITCH_MS) return;
    this.restored = true;
    this.started = new Date(kept.started);
    for (const [name, value] of kept.fields) {
      for (const input of /** @type {HTMLInputElement[]} */ ([...this.form.elements])) {
        if (input.name !== name || input.tagName === 'FIELDSET') continue;
        if (input.type === 'radio' || input.type === 'checkbox') input.checked ||= input.value === value;
        else if (value !== NOT_FOR_ME) input.value = value;
      }
    }
    this.at = kept.at;
  }
}
