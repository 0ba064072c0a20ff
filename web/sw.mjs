// Keeps forms, and what they need, for when there is no network. Served as /sw.js.
/// <reference lib="webworker" />
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const CACHE = 'hailong-1';
/** So many pages of forms are kept. */
const PAGES = 12;

/** @param {URL} url */
const isFile = url => url.pathname.startsWith('/static/');
/** A form, a kiosk or a fieldworker's start, but not what comes after it. @param {URL} url */
const isForm = url => /^\/(s\/[^/]+|k|k\/[^/]+|f|f\/w\/[^/]+)$/.test(url.pathname);
/** What a page is kept under: a fieldworker's form is one page, whichever household its address names. @param {Request} request */
function key(request) {
  const url = new URL(request.url);
  if (!url.pathname.startsWith('/f/w/')) return request;
  const lang = url.searchParams.get('lang');
  return url.origin + url.pathname + (lang ? `?lang=${lang}` : '');
}

worker.addEventListener('install', event => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await worker.clients.claim();
  // The page that is open came before this worker did.
  for (const client of await worker.clients.matchAll({ type: 'window' })) await keepWhole(new URL(client.url));
})()));

/** Fetches something and keeps it if it is good. @param {Request} request */
async function fresh(request) {
  const answer = await fetch(request);
  if (answer.ok && !answer.redirected) {
    const cache = await caches.open(CACHE);
    // Whole before it is put, so that a cut line leaves what was there; one device has one language and no key, so nothing varies.
    const headers = new Headers(answer.headers);
    ['Vary', 'Content-Encoding'].forEach(name => headers.delete(name));
    const whole = await answer.clone().blob();
    await cache.put(key(request), new Response(whole, { headers }));
    if (isForm(new URL(request.url))) await trim(cache);
  }
  return answer;
}

/** Forgets the forms that were opened longest ago. @param {Cache} cache */
async function trim(cache) {
  const pages = (await cache.keys()).filter(request => isForm(new URL(request.url)));
  for (const request of pages.slice(0, -PAGES)) await cache.delete(request);
}

/** Keeps a page and whatever it needs: files that it names, and modules that those import. @param {URL} url @param {Set<string>} [seen] */
async function keepWhole(url, seen = new Set()) {
  url.hash = '';
  if (seen.has(url.href) || url.origin !== location.origin || !(isForm(url) || isFile(url))) return;
  seen.add(url.href);
  const answer = await fresh(new Request(url.href)).catch(() => undefined);
  if (!answer?.ok || !/html|javascript/.test(answer.headers.get('Content-Type') ?? '')) return;
  const text = await answer.text();
  const named = [...text.matchAll(/(?:src|href)="(\/static\/[^"]+)"|from '(\.\/[^']+)'/g)].map(found => found[1] ?? found[2]);
  for (const name of named) await keepWhole(new URL(name, url), seen);
  // The same form in the other language, for a switch without a network.
  if (isForm(url) && url.searchParams.get('lang') !== 'en') for (const found of text.matchAll(/href="([^"]+)" lang="[a-z]+" hreflang/g)) {
    const other = new URL(found[1].replaceAll('&amp;', '&'), url);
    if (other.pathname === url.pathname && !seen.has(other.href)) { seen.add(other.href); await fresh(new Request(other.href)).catch(() => {}); }
  }
}

/** @param {Request} request */
async function kept(request) {
  const url = new URL(request.url);
  const found = await caches.match(key(request)) ?? (isFile(url) ? await caches.match(request, { ignoreSearch: true }) : undefined);
  return found ?? Response.error();
}

worker.addEventListener('fetch', event => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !(isFile(url) || isForm(url))) return;
  event.respondWith(fresh(event.request).catch(() => kept(event.request)));
});

/** A kiosk asks for its form to be kept before it is left alone. */
worker.addEventListener('message', event => { if (event.data?.keep) event.waitUntil(keepWhole(new URL(event.data.keep, location.origin))); });
