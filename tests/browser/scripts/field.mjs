// A fieldworker: households without a network, paper forms by digits alone, a file of responses.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESK, PHONE } from '../lib/context.mjs';
import { answer, openWave, wave } from '../lib/survey.mjs';

export const name = 'field';

export async function run(t) {
  const server = await t.server();
  await openWave(server);
  await wave(server, 'ho', { mode: 'probability_sample', design: 'cluster', fpc: true, chain: undefined });
  const { $etag } = await server.api('GET', '/v1/waves/ho');
  const design = {
    psus: 'psu,stratum,fpc,area,weight\nthon-1,s1,10,48,2\nthon-2,s1,10,48,2\nthon-3,s2,20,01,4\n',
    respondents: `respondent,psu,weight\n${[1, 2, 3, 4, 5].map(n => `H-${n},thon-1,2`).join('\n')}\nH-6,thon-2,2\n`,
  };
  await server.api('PUT', '/v1/waves/ho/design', { as: 'statistician', body: design, headers: { 'If-Match': $etag } });
  const collector = await server.person('Hà', ['collector']);
  const [first, second, third] = [await server.person('Bình', ['collector']), await server.person('Cúc', ['collector']), await server.person('Tú', ['collector'])];
  await offline(t, server, collector);
  await entry(t, server, first, second);
  await upload(t, server, third);
}

/** Waits until a one-time code that was used is followed by another. */
const nextCode = async person => { for (const code = person.code(); person.code() === code;) await new Promise(yes => setTimeout(yes, 500)); };
const ready = page => page.waitForSelector('form[data-ready]');

/** Three households without a network, a browser that is closed, and back: three are stored, each once. */
async function offline(t, server, collector) {
  let browser = await t.profile();
  let page = browser.pages()[0];
  await t.signIn(page, server, collector);
  await page.goto(`${server.origin}/f?lang=vi`);
  await t.axe(page, 'the villages');
  await t.picture(page, 'field-360', { fullPage: true });
  await page.evaluate(() => navigator.serviceWorker.ready);
  await t.until(page, async () => !!(await caches.match('/f?lang=vi')) && !!(await caches.match('/f/w/ho?lang=vi')) && (await (await caches.open('hailong-1')).keys()).filter(request => request.url.includes('.mjs')).length >= 4);
  await browser.setOffline(true);
  await page.reload();
  for (let n = 1; n <= 3; n += 1) {
    if (n === 1) await page.click('a[data-next][data-psu=thon-1]');
    else await page.click('.choices a');
    await page.waitForURL(`**respondent=H-${n}**`);
    await ready(page);
    t.equal(await page.inputValue('.household [name=respondent]'), `H-${n}`, 'the next household');
    t.equal([await page.inputValue('.household [name=psu]'), await page.inputValue('.household [name=unit]')], ['thon-1', '48']);
    if (n === 1) {
      await t.axe(page, 'a form at a door');
      await t.picture(page, 'field-form-360');
    }
    await answer(page, { late: n === 2 ? 'yes' : 'no' });
    await page.waitForSelector('#kept');
    await t.until(page, `document.querySelector('.waiting')?.textContent === '${n} phiếu đang chờ gửi trên máy này'`);
  }
  await t.axe(page, 'three are kept');
  await t.picture(page, 'field-kept-360');
  await page.goto(`${server.origin}/f?lang=vi`);
  await page.waitForSelector('.waiting');
  t.equal((await page.textContent('.waits-here[data-psu=thon-1]')).trim(), '+3 chờ gửi');
  t.equal(await page.textContent('a[data-next][data-psu=thon-1]'), 'H-4');
  await t.picture(page, 'field-waiting-360', { fullPage: true });
  t.equal((await server.responses('ho')).length, 0);
  await browser.close();
  // The session of a browser that was closed is over: what waits, waits until he signs in.
  browser = await t.profile({ folder: browser.folder });
  page = browser.pages()[0];
  server.fieldPlan = ['503', 'cut'];
  await nextCode(collector);
  await t.signIn(page, server, collector);
  await page.goto(`${server.origin}/f?lang=vi`);
  await t.until(page, () => document.getElementById('outbox').hidden, { timeout: 40_000 });
  const stored = await server.responses('ho');
  t.equal(stored.map(({ submission }) => [submission.psu, submission.respondent, submission.channel]).sort(), [1, 2, 3].map(n => ['thon-1', `H-${n}`, 'household']));
  t.equal(server.fieldPlan, [], 'one was told to wait, and the receipt of one was lost');
  await page.reload();
  t.ok((await page.textContent('main')).includes('3 / 5'));
  await browser.close();
}

/** A paper form by the keyboard alone, and by a second person. */
async function entry(t, server, first, second) {
  const key = async (person, keys) => {
    const page = await t.page({ viewport: DESK });
    await t.signIn(page, server, person);
    await page.goto(`${server.origin}/f/entry/quay?lang=vi&unit=48`);
    await page.waitForSelector('#entry[data-ready]');
    t.equal(await page.evaluate(() => document.activeElement.id), 'number', 'the first field has the focus');
    await page.keyboard.type('12');
    for (let heads = 0; heads < 5; heads += 1) await page.keyboard.press('Enter');
    t.equal(await page.evaluate(() => document.activeElement.id), 'answers.overall');
    for (const one of keys) await page.keyboard.press(one);
    return page;
  };
  let page = await key(first, ['9']);
  t.ok(await page.isVisible('.key .said'), 'a digit that means nothing is said at once');
  await t.picture(page, 'entry-1440', { fullPage: true });
  await t.axe(page, 'a form by digits');
  // Back over a mistake, and on: overall, staff, late, (why is not asked), trips, comment.
  for (const one of ['4', 'Backspace', 'Delete', '5', '3', '2']) await page.keyboard.press(one);
  t.equal(await page.evaluate(() => document.activeElement.id), 'answers.trips', 'what is not asked is passed over');
  for (const one of ['7', 'Enter', 'Enter']) await page.keyboard.press(one);
  await page.waitForURL('**done=12**');
  await page.waitForSelector('#entry[data-ready]');
  t.equal([await page.inputValue('#number'), await page.inputValue('#unit')], ['13', '48'], 'the next number and the same unit');
  t.equal(await page.evaluate(() => document.activeElement.id), 'answers.overall');
  await t.picture(page, 'entry-next-1440');
  const [form] = (await server.responses('quay')).slice(-1);
  t.equal(form.submission.answers, { overall: '5', staff: '3', late: 'no', trips: 7 });
  page = await key(second, ['5', '3', '2', '1', 'Enter', 'Enter']);
  await page.waitForSelector('input[name="settle.trips"]');
  t.equal(await page.locator('main tbody tr').count(), 1, 'what differs, and nothing else');
  await t.axe(page, 'two keyings that differ');
  await t.picture(page, 'entry-differs-1440');
  await page.check('input[name="settle.trips"][value=second]');
  await page.click('main form button');
  await page.waitForURL('**how=settled**');
  const after = (await server.responses('quay')).find(({ submission }) => submission.supersedes === form.id);
  t.equal(after.submission.answers.trips, 1);
  await page.setViewportSize(PHONE);
  await t.picture(page, 'entry-360', { fullPage: true });
}

const FILE = 'Mã phiếu;Mã đơn vị;overall;staff;late;Vì sao kết quả trễ hẹn?;trips;Ghi chú\r\n'
  + ['F-1;48;5;4;no;;2;', 'F-2;48;Hài lòng;4;Có;papers;3;', 'F-3;48;9;4;no;;2;', 'F-4;99;5;4;no;;2;', 'F-5;48;5;4;no;;100;'].join('\r\n') + '\r\n';

async function upload(t, server, collector) {
  const file = join(tmpdir(), `phieu-${process.pid}.csv`);
  writeFileSync(file, FILE);
  const page = await t.page({ viewport: DESK });
  await t.signIn(page, server, collector);
  await page.goto(`${server.origin}/f/upload?lang=vi`);
  await t.axe(page, 'which file');
  await t.picture(page, 'upload-1440');
  await page.selectOption('#wave', 'quay');
  await page.setInputFiles('#file', file);
  await page.click('main form button');
  t.equal(await page.$$eval('main select', all => all.map(select => select.value)), ['@id', '@unit', 'overall', 'staff', 'late', 'why', 'trips', '@ignore']);
  await t.axe(page, 'what the columns hold');
  await t.picture(page, 'upload-columns-1440', { fullPage: true });
  await page.click('button[value=check]');
  t.ok((await page.textContent('.notice')).includes('2 phiếu nạp được, 3 dòng cần sửa'), await page.textContent('main'));
  await t.axe(page, 'a check');
  await t.picture(page, 'upload-checked-1440', { fullPage: true });
  await page.setViewportSize(PHONE);
  await t.picture(page, 'upload-checked-360', { fullPage: true });
  t.equal((await server.responses('quay')).length, 2, 'a check stores nothing');
  await page.click('button[value=import]');
  t.ok((await page.textContent('.notice')).includes('2 phiếu đã được lưu'));
  await t.axe(page, 'an import');
  await t.picture(page, 'upload-imported-360', { fullPage: true });
  const stored = (await server.responses('quay')).slice(-2);
  t.equal(stored.map(({ submission }) => submission.answers.overall), ['5', '4'], 'labels are read as their options');
  const [rest] = await Promise.all([page.waitForEvent('download'), page.click('button[value=rest]')]);
  t.equal(rest.suggestedFilename(), `phieu-${process.pid}-còn lại.csv`);
}
