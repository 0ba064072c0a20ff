// Answers that wait to be sent. Each is on disk before anybody is thanked, and is sent until the server has said what became of it.
// An answer's id is made here, so that sending it again stores nothing twice.

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} body the bytes as they will be sent, every time
 * @property {number} made
 * @property {number} tries
 * @property {number} next when it may be tried again
 * @property {boolean} [device] whether it goes with the key of the device
 * @property {string} [field] the fieldworker who took it: it goes while that person is signed in
 * @property {string} [refused] the code for which it was refused for good
 * @property {string} [why] the same in words
 */
/**
 * @typedef {object} Device
 * @property {'device'} name
 * @property {string} key
 * @property {string} start where the form is
 * @property {string} pin
 * @property {string} title what the office calls it
 * @property {string} unit
 * @property {number} made
 */
/**
 * @typedef {object} Outcome
 * @property {{ id: string, withdrawal_code?: string }} [receipt]
 * @property {string} [refused]
 * @property {string} [why]
 */

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = request => new Promise((yes, no) => {
  request.onsuccess = () => yes(request.result);
  request.onerror = () => no(request.error);
});

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open('hailong', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('outbox', { keyPath: 'id' });
    request.result.createObjectStore('device', { keyPath: 'name' });
  };
  return done(request);
}

/**
 * Does something in a transaction and waits until it is on disk.
 * @template T @param {'outbox' | 'device'} name @param {(store: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>}
 */
async function write(name, work) {
  const db = await open();
  try {
    const transaction = db.transaction(name, 'readwrite', { durability: 'strict' });
    const request = work(transaction.objectStore(name));
    await new Promise((yes, no) => {
      transaction.oncomplete = yes;
      transaction.onabort = transaction.onerror = () => no(transaction.error);
    });
    return request.result;
  } finally {
    db.close();
  }
}

/** @template T @param {'outbox' | 'device'} name @param {(store: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>} */
async function read(name, work) {
  const db = await open();
  try {
    return await done(work(db.transaction(name).objectStore(name)));
  } finally {
    db.close();
  }
}

/** Keeps an answer: when this is through, it outlives page, browser and power cut. @param {Kept} kept */
export const keep = kept => write('outbox', store => store.put(kept));
/** @param {string} id */
export const drop = id => write('outbox', store => store.delete(id));
/** @returns {Promise<Kept[]>} everything that is here, in the order in which it was made */
export const all = async () => (/** @type {Kept[]} */ (await read('outbox', store => store.getAll()))).sort((a, b) => a.made - b.made);

/** @returns {Promise<Device | undefined>} */
export const device = () => read('device', store => store.get('device'));
/** @param {Device} device */
export const enrol = device => write('device', store => store.put(device));
export const leave = () => write('device', store => store.delete('device'));

/** A random id, also where the page is not a secure context. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 15 | 64;
  bytes[8] = bytes[8] & 63 | 128;
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Seconds until the next try: 1, 2, 4, at most 300, and up to half as much again by chance. @param {number} tries */
export const pause = tries => Math.min(300, 2 ** tries) * (1 + Math.random() / 2);

/** Who is signed in on this page, where somebody is; and whether they must sign in again before anything is sent. */
export const who = { field: '', expired: false };
/** Whether a page like this one sends it. @param {Kept} kept */
export const mine = kept => !kept.field || kept.field === who.field;

/** Since when the server cannot be reached; 0 while it can, as far as anybody tried. */
export const line = { down: 0 };

/** What the server says for good: it will say the same of the same bytes for ever. */
const FINAL = [400, 403, 404, 409, 413, 415, 422];

/** @param {Kept} kept @param {string | undefined} key @returns {Promise<Outcome | { wait: number }>} */
async function send(kept, key) {
  try {
    const headers = { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang };
    const answer = await fetch((kept.field ? '/f/responses/' : '/v1/responses/') + kept.id, {
      method: 'PUT', body: kept.body, cache: 'no-store', credentials: kept.field ? 'same-origin' : 'omit', signal: AbortSignal.timeout(20_000),
      headers: key ? { ...headers, Authorization: 'Bearer ' + key } : headers,
    });
    line.down = 0;
    if (kept.field) who.expired = answer.status === 401;
    const wait = Number(answer.headers.get('Retry-After')) || 0;
    if (answer.status === 410) return { receipt: { id: kept.id } };
    if (!answer.ok && !FINAL.includes(answer.status)) return { wait };
    // A cut receipt is an unknown outcome.
    const said = await answer.json();
    if (answer.ok) return { receipt: said };
    // After the close it is kept apart where it was answered before: there is nothing more to do.
    if (said.kept === true) return { receipt: { id: kept.id } };
    return { refused: said.code ?? String(answer.status), why: said.detail ?? said.title };
  } catch {
    line.down ||= Date.now();
    return { wait: 0 };
  }
}

/** @type {Promise<void>} */
let before = Promise.resolve();

/** Does something when nobody else changes what waits, in this page or in another. @param {() => Promise<void>} work @returns {Promise<void>} */
function alone(work) {
  const turn = before.then(async () => { await (navigator.locks ? navigator.locks.request('outbox', work) : work()); });
  before = turn.catch(() => {});
  return turn;
}

/** Sends all that is due; one page at a time does. @returns {Promise<Map<string, Outcome>>} what became of those that were settled */
export async function drain() {
  /** @type {Map<string, Outcome>} */ const settled = new Map();
  const work = async () => {
    const key = (await device())?.key;
    for (const kept of await all()) {
      if (kept.refused || kept.next > Date.now() || (kept.device && !key) || !mine(kept)) continue;
      const outcome = await send(kept, kept.device ? key : undefined);
      if ('wait' in outcome) {
        await keep({ ...kept, tries: kept.tries + 1, next: Date.now() + 1000 * Math.max(outcome.wait, pause(kept.tries)) });
        continue;
      }
      settled.set(kept.id, outcome);
      if (outcome.refused) await keep({ ...kept, refused: outcome.refused, why: outcome.why });
      else await drop(kept.id);
    }
  };
  await alone(work);
  return settled;
}

/** Sends an answer that cannot be kept. @param {Kept} kept */
export const sendNow = async kept => send(kept, kept.device ? (await device())?.key : undefined);

/** Lets all that waits be tried at once, as if it had not been tried before. */
export const hurry = () => alone(async () => {
  for (const kept of await all()) if (!kept.refused && kept.tries > 0) await keep({ ...kept, tries: 0, next: 0 });
});
