// The whole way by pages alone: a questionnaire, a poster, thirty people on phones, the end of the wave, a run, a second person, the public, the agency.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESK } from '../lib/context.mjs';
import { decode } from '../lib/qr.mjs';

export const name = 'journey';

const PEOPLE = 30;
const words = (vi, en) => ({ vi, en });
const INDEX = {
  kind: 'index', code: 'tiep-dan', version: '1', title: words('Chỉ số tiếp dân', 'Reception index'), survey: 'tiep-dan', survey_versions: ['1'], level: 0.95, min_n: 10,
  lonely_psu: 'adjust', missing: { leaf: 'available', node: 'renormalise' }, domains: [{ kind: 'nation' }, { kind: 'unit' }],
  tree: [{ code: 'ALL', label: words('Hài lòng chung', 'Satisfaction'), measure: { kind: 'mean', item: 'Q1' } }],
};

export async function run(t) {
  const server = await t.server();
  const statistician = await server.person('Oanh', ['statistician']);
  const publisher = await server.person('Phong', ['publisher']);
  const agency = await server.person('Quý', ['agency'], { list: 'vn-34', code: '48' });
  const office = await t.page({ viewport: DESK });
  await t.signIn(office, server, statistician);
  await define(t, server, office);
  const link = await poster(t, server, office);
  for (let person = 0; person < PEOPLE; person += 1) await answered(t, link, person);
  const run = await computed(t, server, office);
  const edition = await published(t, run, publisher, server);
  await everybody(t, server, edition);
  await own(t, server, agency);
}

/** A questionnaire by form, an index by file. */
async function define(t, server, page) {
  await page.goto(`${server.origin}/console/surveys/write?lang=vi`);
  await page.fill('[name=code]', 'tiep-dan');
  await page.fill('[name="title.vi"]', 'Phiếu đánh giá tiếp dân');
  await page.fill('[name="sections.0.title.vi"]', 'Đánh giá');
  await page.fill('[name="sections.0.items.0.text.vi"]', 'Nhìn chung, Ông/Bà hài lòng ở mức nào?');
  const english = await page.locator('main input[name$=".en"]:visible').all();
  for (const field of english) if (!await field.inputValue()) await field.fill('Overall satisfaction');
  await page.click('button[value=check]:not(.quiet)');
  await page.waitForLoadState();
  await t.picture(page, 'journey-1-questionnaire', { fullPage: true });
  await page.click('button[value=publish]');
  await page.waitForURL(address => !address.pathname.endsWith('/write'));
  const file = join(tmpdir(), `index-${process.pid}.json`);
  writeFileSync(file, JSON.stringify(INDEX));
  await page.goto(`${server.origin}/console/indices?lang=vi`);
  await page.setInputFiles('#file', file);
  await page.click('form[enctype] button');
  await page.waitForLoadState();
  await page.getByRole('button', { name: 'Công bố' }).first().click();
  await page.waitForLoadState();
  t.ok((await page.textContent('main')).includes('tiep-dan'), await page.textContent('main'));
}

/** A wave, and the code on its poster as a phone reads it. */
async function poster(t, server, page) {
  await page.goto(`${server.origin}/console/waves/new?lang=vi`);
  await page.fill('[name=code]', 'tiep-dan-2026');
  await page.selectOption('[name=survey]', 'tiep-dan');
  await page.selectOption('[name=mode]', 'opt_in');
  await page.selectOption('[name=design]', 'element');
  await page.selectOption('[name=unit_list]', 'vn-34');
  await page.fill('[name="title.vi"]', 'Tiếp dân năm 2026');
  await page.fill('[name="frame.vi"]', 'Người đến giao dịch');
  await page.fill('[name=opens_at]', '2026-01-01T08:00');
  await page.fill('[name="chain.customers"]', '1200');
  await page.fill('[name="chain.invitations"]', '600');
  await page.click('main form button[type=submit]');
  await page.waitForURL('**/console/waves/tiep-dan-2026**');
  await page.goto(`${server.origin}/console/waves/tiep-dan-2026/poster?u=48&at=${encodeURIComponent(server.origin)}&lang=vi`);
  await t.picture(page, 'journey-2-poster', { fullPage: true });
  const [path, side] = await page.$eval('svg.qr', svg => [svg.querySelector('path').getAttribute('d'), Number(svg.getAttribute('viewBox').split(' ')[2])]);
  const link = decode(path, side);
  t.ok(link.startsWith(`${server.origin}/s/tiep-dan-2026?u=48`), link);
  return link;
}

/** One person with a phone. */
async function answered(t, link, person) {
  const page = await t.page();
  await page.goto(link);
  await page.waitForSelector('form[data-ready]');
  await page.check(`input[name="answers.Q1"][value="${1 + person % 5}"]`);
  await page.click('button[type=submit]');
  await page.waitForSelector('#thanks');
  t.seen += 1;
  await page.context().close();
}

/** The wave closes, the run is computed and submitted; gives its address. */
async function computed(t, server, page) {
  await page.goto(`${server.origin}/console/waves/tiep-dan-2026?lang=vi`);
  t.ok((await page.textContent('main')).includes(`${PEOPLE} phiếu hợp lệ`), await page.textContent('main'));
  await page.click('form[action*="/close"] button');
  await page.waitForLoadState();
  await page.goto(`${server.origin}/console/runs/new?index=tiep-dan@1&wave=tiep-dan-2026&lang=vi`);
  await page.click('form[method=post][action*="/console/runs/new"] button[type=submit]');
  await page.waitForURL(address => /\/console\/runs\/[0-9a-f-]{36}/.test(address.pathname));
  const address = new URL(page.url()).pathname;
  for (let tries = 0; !await page.locator('form[action*="/submit"]').count(); tries += 1) {
    if (tries > 100) throw new Error(await page.textContent('main'));
    await new Promise(yes => setTimeout(yes, 200));
    await page.goto(`${server.origin}${address}?lang=vi`);
  }
  await t.axe(page, 'a run that is done');
  await t.picture(page, 'journey-3-run', { fullPage: true });
  await page.click('form[action*="/submit"] button');
  await page.waitForLoadState();
  t.equal(await page.locator('form[action*="/approve"], form[action*="/publish"]').count(), 0, 'whoever made it does not approve it');
  return address;
}

/** Another person approves and publishes by typing the code. */
async function published(t, run, person, server) {
  const page = await t.page({ viewport: DESK });
  await t.signIn(page, server, person);
  t.ok((await page.textContent('main')).includes('tiep-dan'), 'it waits for the publisher');
  await page.goto(`${server.origin}${run}?lang=vi`);
  await page.click('form[action*="/approve"] button');
  await page.waitForSelector('form[action*="/publish"]');
  const code = await page.textContent('form[action*="/publish"] .hint');
  await page.fill('[name=edition]', 'another');
  await page.click('form[action*="/publish"] button');
  t.ok(await page.locator('form[action*="/publish"] .fault').count() === 1, 'another code publishes nothing');
  await page.fill('[name=edition]', code.trim());
  await t.picture(page, 'journey-4-publish', { fullPage: true });
  await page.click('form[action*="/publish"] button');
  await page.waitForLoadState();
  return code.trim();
}

async function everybody(t, server, edition) {
  const page = await t.page();
  await page.goto(`${server.origin}/?lang=vi`);
  await page.click(`main a[href*="/e/${edition}"]`);
  await page.waitForLoadState();
  // Six of each answer from 0 to 100: the mean is 50.
  t.ok((await page.textContent('main')).includes('50,00'), await page.textContent('main'));
  await t.axe(page, 'the edition');
  await t.picture(page, 'journey-5-edition', { fullPage: true });
}

async function own(t, server, person) {
  const page = await t.page({ viewport: DESK });
  await t.signIn(page, server, person);
  t.equal(new URL(page.url()).pathname, '/a');
  t.ok((await page.textContent('main')).includes('50,00'), await page.textContent('main'));
  await page.click('main a[href*="/a/report/"]');
  await page.waitForLoadState();
  t.ok((await page.textContent('h1')).includes('Đà Nẵng'));
  await t.axe(page, 'the report');
  await t.picture(page, 'journey-6-report', { fullPage: true });
}
