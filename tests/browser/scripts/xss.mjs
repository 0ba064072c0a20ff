// Texts that are programs elsewhere: 200 of them in whatever somebody may write, and nothing of it runs.
import { DESK } from '../lib/context.mjs';
import { questionnaire } from '../lib/survey.mjs';

export const name = 'xss';

const CALL = 'window.pwned=1';
/** What opens a way out of where a text stands, and what runs once it is out. */
const WAYS = ['', '">', '\'>', '--></style></script>', '</title>', '</textarea>', '</select>', ']]>', '`', '\\"', '" autofocus onfocus="', '\' onmouseover=\'', '{{', '${', '&#34;>', '\u2028', '</svg>', '<!--><', '%22%3E', '\u202e'];
const RUNS = [
  `<script>${CALL}</script>`, `<img src=x onerror=${CALL}>`, `<svg onload=${CALL}>`, `<iframe srcdoc="<script>parent.${CALL}</script>">`, `javascript:${CALL}`,
  `<a href="javascript:${CALL}" autofocus onfocus=${CALL}>x</a>`, `<details open ontoggle=${CALL}>`, `<math><mtext></mtext><style><img src onerror=${CALL}>`, `<body onload=${CALL}>`, `<meta http-equiv=refresh content="0;url=javascript:${CALL}">`,
];
const CORPUS = WAYS.flatMap(way => RUNS.map(runs => way + runs));

export async function run(t) {
  t.equal(CORPUS.length, 200);
  const server = await t.server();
  let at = 0;
  const next = () => CORPUS[at++ % CORPUS.length];
  const words = () => ({ vi: next(), en: next() });

  // In a questionnaire, an index and a wave: titles, items, options, notes, nodes.
  const survey = structuredClone(questionnaire);
  Object.assign(survey, { code: 'x', title: words(), note: words() });
  for (const option of survey.scales.five.options) option.label = words();
  const item = n => ({ code: `i${n}`, kind: 'scale', scale: 'five', text: words() });
  survey.sections = [{ code: 'A', title: words(), items: Array.from({ length: 60 }, (_, n) => item(n)) }, { code: 'B', title: words(), items: [{ code: 'said', kind: 'text', max_length: 500, text: words() }] }];
  await server.api('PUT', '/v1/surveys/x/versions/1', { as: 'statistician', body: survey });
  const leaf = n => ({ code: `l${n}`, label: words(), measure: { kind: 'mean', item: `i${n}` } });
  const index = {
    kind: 'index', code: 'x', version: '1', title: words(), note: words(), survey: 'x', survey_versions: ['1'], level: 0.95, min_n: 10, lonely_psu: 'adjust',
    missing: { leaf: 'available', node: 'renormalise' }, domains: [{ kind: 'nation' }, { kind: 'unit' }],
    tree: [{ code: 'ALL', label: words(), children: Array.from({ length: 10 }, (_, n) => ({ ...leaf(n), weight: 0.1 })) }],
  };
  await server.api('PUT', '/v1/indices/x/versions/1', { as: 'statistician', body: index });
  await server.api('PUT', '/v1/waves/x', {
    as: 'statistician',
    body: { survey: 'x', title: words(), mode: 'opt_in', frame: words(), unit_list: 'vn-34', design: 'element', chain: { customers: null, invitations: null, reason: next() }, opens_at: '2024-01-01T00:00:00Z' },
  });
  // In answers.
  for (let person = 0; person < 24; person += 1) {
    const answers = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`i${n}`, String(1 + (person + n) % 5)]));
    await server.api('PUT', `/v1/responses/${crypto.randomUUID()}`, { body: { survey: 'x', version: '1', wave: 'x', unit: { list: 'vn-34', code: '48' }, channel: 'qr', answers: { ...answers, said: next() } } });
  }
  // In what people say of a run, and in an edition that was taken back.
  const person = await server.person('Oanh', ['statistician']);
  const publisher = await server.person('Phong', ['publisher']);
  const run = await server.api('POST', '/v1/runs', { as: 'statistician', body: { index: 'x', version: '1', wave: 'x' } });
  for (let state = ''; state !== 'draft';) ({ state } = await server.api('GET', run.$location, { as: 'statistician' }));
  const step = async (verb, as, body) => { const { $etag } = await server.api('GET', run.$location, { as }); return server.api('POST', `${run.$location}:${verb}`, { as, body, headers: { 'If-Match': $etag } }); };
  await step('submit', 'statistician');
  await step('approve', 'publisher', { preview: false });
  await step('publish', 'publisher');

  const looks = async (page, addresses) => {
    for (const address of addresses) {
      await page.goto(server.origin + address);
      t.equal(await page.evaluate(() => window.pwned), undefined, `ran at ${address}`);
      t.equal(await page.locator('main script, main iframe, main [onerror], main [onload], main [onfocus], main [ontoggle], main a[href^="javascript:"]').count(), 0, `became a part of ${address}`);
    }
  };
  // As queries and paths, which pages show again.
  const anyone = await t.page({ viewport: DESK });
  const asked = CORPUS.flatMap(text => [`/?q=${encodeURIComponent(text)}`, `/s/x?u=${encodeURIComponent(text)}`]);
  await looks(anyone, ['/', '/e/x.1', '/e/x.1/u/vn-34/48', '/methods/x', '/s/x?u=48', '/s/x?u=48&lang=en', `/${encodeURIComponent(CORPUS[0])}`, ...asked.filter((_, n) => n % 4 < 2)]);
  t.ok((await (await fetch(`${server.origin}/s/x?u=48`)).text()).includes('&lt;script&gt;'), 'the texts are shown as they are');
  // In the office.
  const office = await t.page({ viewport: DESK });
  await t.signIn(office, server, person);
  const id = run.$location.split('/').pop();
  const found = encodeURIComponent(CORPUS[1]);
  await looks(office, [
    '/console', '/console/surveys', '/console/surveys/x', '/console/surveys/x/1/preview', '/console/indices', '/console/indices/x/1', '/console/waves', '/console/waves/x', '/console/waves/x/quality',
    '/console/waves/x/edit', '/console/runs', `/console/runs/${id}`, `/console/runs/${id}/preview`, `/login?next=${found}`, `/console/runs?wave=${found}`, '/console/proposals', '/console/tables',
  ]);
  // In forms that come back with what was typed.
  for (const text of CORPUS.filter((_, n) => n % 10 === 0)) {
    await office.goto(`${server.origin}/console/surveys/write`);
    await office.fill('[name="title.vi"]', text);
    await office.click('main form button[value=check]:not(.quiet)');
    await office.waitForLoadState();
    t.equal(await office.evaluate(() => window.pwned), undefined, `ran when written: ${text}`);
  }
  await step('withdraw', 'publisher', { reason: next() });
  await looks(anyone, ['/', '/e/x.1']);
  const other = await t.page({ viewport: DESK });
  await t.signIn(other, server, publisher);
  await looks(other, ['/console', `/console/runs/${id}`]);
}
