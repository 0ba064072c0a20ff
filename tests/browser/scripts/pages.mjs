// Every page of the demonstration, as everyone and as each of its people: accessible, within the screen, and readable without script and on paper.
import { DESK, PHONE } from '../lib/context.mjs';

export const name = 'pages';

const ROLES = ['statistician', 'publisher', 'agency', 'collector', 'admin', 'auditor'];
/** So many pages of one kind are looked at. */
const ALIKE = 1;

export async function run(t) {
  const server = await t.server({ demo: true });
  const [form, , edition] = ['/s/', '/demo', '/e/'].map(path => server.said.match(new RegExp(`http://[^ ]*(${path}[^\\s]*)`))[1]);
  t.ok(form && edition, server.said);
  const faults = [];
  const { seen: open, faults: ofPublic } = await looked(t, server, await t.page({ viewport: PHONE }), ['/', edition, '/developers', '/login', '/receipt', form, '/demo'], { label: 'public' });
  faults.push(...ofPublic);
  t.ok(open.length >= 8, `few public pages: ${open}`);
  // What one of them saw the others need not see again, but for where they come in.
  const kinds = new Map();
  for (const role of ROLES) {
    const page = await t.page({ viewport: DESK });
    await page.goto(`${server.origin}/demo?lang=vi`);
    await page.click(`button[value=demo-${role}]`);
    const { seen, faults: own } = await looked(t, server, page, [new URL(page.url()).pathname], { label: role, kinds });
    faults.push(...own.map(fault => `${role}: ${fault}`));
    t.ok(seen.length >= 1, `no page of the ${role}`);
    console.log(`   ${role}: ${seen.length} pages`);
  }
  t.equal(faults, [], 'pages with faults');
  await plain(t, server, open);
  await paper(t, server, edition);
  await weight(t, server, ['/', edition, form]);
}

/** Looks at pages, and at one of each kind that they lead to; gives their addresses. */
async function looked(t, server, page, start, { label, kinds = new Map() }) {
  const queue = [...start];
  const seen = [];
  const faults = [];
  const holds = (value, what) => { t.seen += 1; if (!value) faults.push(what); };
  while (queue.length) {
    const address = queue.shift();
    const kind = kindOf(address);
    const first = start.includes(address) && !seen.includes(address);
    if (!first && (kinds.get(kind) ?? 0) >= ALIKE) continue;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const answer = await page.goto(server.origin + address);
    holds(answer.status() === 200, `${address}: ${answer.status()}`);
    const broken = await t.broken(page);
    holds(!broken.length, `${address}: ${broken}`);
    holds(await page.locator('h1').count() === 1, `${address}: not one heading`);
    holds(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), `${address}: wider than the screen`);
    await t.picture(page, `${label}-${seen.length}-${kind.replace(/[^a-z0-9]+/gi, '-')}`);
    await page.keyboard.press('Tab');
    holds(await page.evaluate(() => document.activeElement !== document.body), `${address}: nothing takes the focus`);
    seen.push(address);
    const links = await page.locator('a[href]').evaluateAll(all => all.filter(link => !link.hasAttribute('download')).map(link => link.href));
    queue.push(...links.filter(link => link.startsWith(server.origin) && !/\.(csv|xlsx|svg|json|png|pdf|txt)\b|\/logout|\/v1\/|lang=en/.test(link)).map(link => link.slice(server.origin.length).replace(/#.*/, '')));
  }
  return { seen, faults };
}

/** What tells one kind of page from another: the path without names and numbers, and which questions it is asked. */
function kindOf(address) {
  const { pathname, searchParams } = new URL(address, 'http://x');
  const path = pathname.split('/').map(part => (/^[a-z]+$/.test(part) ? part : part && '*')).join('/');
  return `${path}?${[...searchParams.keys()].filter(key => key !== 'lang').sort().join('&')}`;
}

/** The same pages without script. */
async function plain(t, server, addresses) {
  const page = await t.page({ viewport: PHONE, javaScriptEnabled: false });
  for (const address of addresses) {
    await page.goto(server.origin + address);
    t.ok((await page.textContent('h1')).trim(), `without script: ${address}`);
  }
}

/** On paper: A4, letters of fonts that are embedded, no table cut off at the side. */
async function paper(t, server, edition) {
  const page = await t.page({ viewport: DESK });
  await page.goto(server.origin + edition);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 718, height: 1015 }); // A4 within margins of 1 cm, at 96 dots an inch
  t.ok(await page.evaluate(() => [...document.querySelectorAll('table, svg')].every(part => part.getBoundingClientRect().right <= innerWidth + 1)), 'nothing is cut off on paper');
  const pdf = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
  t.ok(/\/FontFile[23]/.test(pdf), 'fonts are embedded');
  t.ok(!/\/BaseFont\s*\/(Helvetica|Times)\b/.test(pdf), 'no font is left to the printer');
}

/** What a page and all that it loads weigh, packed. */
async function weight(t, server, addresses) {
  for (const address of addresses) {
    const page = await t.page({ viewport: PHONE });
    const session = await page.context().newCDPSession(page);
    let bytes = 0;
    await session.send('Network.enable');
    session.on('Network.loadingFinished', event => { bytes += event.encodedDataLength; });
    await page.goto(server.origin + address, { waitUntil: 'networkidle' });
    console.log(`   ${address}: ${(bytes / 1000).toFixed(1)} kB with all that it loads, packed`);
    t.ok(bytes > 0 && bytes < 200_000, `${address} weighs ${bytes}`);
  }
}
