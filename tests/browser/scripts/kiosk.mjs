// A kiosk joins by the code that the office shows, and asks one person after the other.
import { readFileSync } from 'node:fs';
import { DESK, KIOSK } from '../lib/context.mjs';
import { answer, openWave } from '../lib/survey.mjs';

export const name = 'kiosk';

const ready = page => page.waitForSelector('form[data-ready]', { state: 'attached' });
const kept = page => page.evaluate(async () => (await import('/static/outbox.mjs')).all());

export async function run(t) {
  const server = await t.server();
  await openWave(server);
  const { address, pin } = await admitted(t, server);
  const folder = await joins(t, server, address, pin);
  await idles(t, server, folder);
  await revoked(t, server, folder, pin);
}

/** The office's page; what the QR code says stands in its path, so the address is made of the same form by hand. */
async function admitted(t, server) {
  const office = await t.page({ viewport: DESK });
  await t.signIn(office, server, await server.person('Hoa', ['admin']));
  await office.click('nav.bar a[href^="/console/devices"]');
  await t.axe(office, 'no kiosk yet');
  await office.click('main a.button');
  await t.axe(office, 'which wave');
  await office.click('main li a');
  await t.axe(office, 'a kiosk to let join');
  await office.fill('#name', 'Kiosk quầy 3');
  await office.selectOption('#unit', '48').catch(() => office.fill('#unit', '48'));
  await t.picture(office, 'devices-new-1440');
  await office.click('main button');
  await office.waitForSelector('svg.qr');
  await t.axe(office, 'the code of a kiosk');
  await t.picture(office, 'devices-code-1440');
  const address = await readCode(office);
  t.ok(address.startsWith(`${server.origin}/k#enrol=hle_`), address);
  return { address, pin: await office.textContent('.pin') };
}

/** What the QR code on a page says: its modules, read by the rules of the standard would need a library; the browser's own detector is not on Linux. */
async function readCode(page) {
  const { decode } = await import('../lib/qr.mjs');
  const { path, side } = await page.evaluate(() => {
    const svg = document.querySelector('svg.qr');
    return { path: svg.querySelector('path').getAttribute('d'), side: svg.viewBox.baseVal.width };
  });
  return decode(path, side);
}

async function joins(t, server, address, pin) {
  const browser = await t.profile({ viewport: KIOSK, hasTouch: true, acceptDownloads: true });
  const page = browser.pages()[0];
  await page.goto(`${server.origin}/k`);
  await page.waitForSelector('#join');
  await t.axe(page, 'a kiosk that has not joined');
  await t.picture(page, 'kiosk-join-1080');
  await page.goto('about:blank');
  await page.goto(address);
  await page.waitForURL('**/k/quay?**');
  await ready(page);
  t.ok(!page.url().includes('hle_'));
  t.ok(await page.isVisible('#start') && !(await page.isVisible('#survey')), 'the first screen attracts');
  await t.axe(page, 'first screen');
  await t.picture(page, 'kiosk-attract-1080');
  const used = await t.page();
  await used.goto(address);
  await t.until(used, () => document.getElementById('join-said').textContent.includes('Không ghi danh được'));
  await page.click('#start');
  await t.axe(page, 'a question at a kiosk');
  await t.picture(page, 'kiosk-question-1080');
  const sizes = await page.evaluate(() => [...document.querySelectorAll('.q:not([hidden]) .options label, .languages a, #staff, #survey .moves button:not([hidden])')].map(element => element.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)));
  t.ok(sizes.length >= 8 && sizes.every(size => size >= 64), `targets of 64 px: ${sizes}`);
  const gaps = await page.evaluate(() => [...document.querySelectorAll('.q:not([hidden]) .options label')].map(element => element.getBoundingClientRect()).map((box, at, all) => at ? box.top - all[at - 1].bottom : 99));
  t.ok(gaps.every(gap => gap >= 12), `gaps of 12 px: ${gaps}`);
  // The language in the midst of it, and back to Vietnamese for the next person.
  await page.check('input[name="answers.overall"][value="5"]');
  await page.click('.languages a[lang=en]');
  await page.waitForURL('**lang=en**');
  await ready(page);
  t.ok(await page.isVisible('#survey') && await page.isChecked('input[name="answers.overall"][value="5"]'));
  await answer(page);
  await page.waitForSelector('#thanks');
  t.equal(await page.textContent('#thanks'), 'Thank you!');
  await page.waitForURL('**lang=vi**');
  await ready(page);
  t.ok(await page.isVisible('#start'));
  t.equal(await page.locator('input:checked').count(), 0, 'nothing of the last person is left');
  await t.until(page, async () => (await (await import('/static/outbox.mjs')).all()).length === 0);
  const [response] = await server.responses('quay');
  t.equal([response.submission.channel, response.submission.unit.code, typeof response.key], ['kiosk', '48', 'number']);
  // Without a network: two people, a reload between them, the foot bar, the staff's panel.
  await t.until(page, async () => !!(await caches.match(location.href)) && (await (await caches.open('hailong-1')).keys()).filter(request => request.url.includes('.mjs')).length >= 5);
  await browser.setOffline(true);
  for (let person = 0; person < 2; person += 1) {
    await page.reload();
    await ready(page);
    await page.click('#start');
    await answer(page, { overall: '1' });
    await page.waitForSelector('#thanks');
    await t.picture(page, 'kiosk-thanks-1080');
    await page.waitForSelector('#start');
  }
  await t.until(page, () => /^2 phiếu đang chờ gửi · không có mạng từ \d\d:\d\d$/.test(document.getElementById('waiting').textContent));
  await panel(t, page, pin);
  await page.click('#panel .moves button:has-text("Đóng")');
  server.plan = ['503', 'cut'];
  await browser.setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await t.until(page, () => document.getElementById('waiting').textContent === '', { timeout: 30_000 });
  t.equal((await server.responses('quay')).length, 3);
  await browser.close();
  return browser.folder;
}

async function panel(t, page, pin) {
  await page.click('#staff');
  await page.waitForSelector('#panel[open]');
  await t.axe(page, 'the number of the staff');
  const wrong = pin === '000000' ? '111111' : '000000';
  for (const digit of wrong) await page.click(`.pad button:text-is("${digit}")`);
  t.equal(await page.textContent('#panel .fault'), 'Mã số không đúng');
  await t.picture(page, 'kiosk-pin-1080');
  for (const digit of pin) await page.click(`.pad button:text-is("${digit}")`);
  await page.waitForSelector('#panel .facts');
  t.ok((await page.textContent('#panel')).includes('Đang chờ gửi: 2') && (await page.textContent('#panel')).includes('Kiosk quầy 3'));
  t.ok(await page.isDisabled('#panel .danger'), 'a device with answers on it does not leave');
  await t.axe(page, 'the panel of the staff');
  await t.picture(page, 'kiosk-panel-1080');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#panel button:has-text("Lưu phiếu ra tệp")')]);
  const saved = JSON.parse(readFileSync(await download.path(), 'utf8'));
  t.equal(saved.responses.map(response => response.answers.overall), ['1', '1']);
}

/** Somebody walks away: it asks, then it forgets. */
async function idles(t, server, folder) {
  const browser = await t.profile({ folder, viewport: KIOSK });
  const page = browser.pages()[0];
  await page.goto(`${server.origin}/k/quay?u=48&lang=vi&idle=9`);
  await ready(page);
  await page.click('#start');
  await page.check('input[name="answers.overall"][value="2"]');
  await page.waitForSelector('#idle[open]');
  await page.click('#idle button:not(.plain)');
  t.ok(await page.isChecked('input[name="answers.overall"][value="2"]'), 'whoever is there goes on');
  await page.waitForSelector('#idle[open]');
  await t.picture(page, 'kiosk-idle-1080');
  await t.axe(page, 'are you still there');
  await page.waitForSelector('#start');
  t.equal(await page.locator('input:checked').count(), 0, 'it forgot');
  t.equal((await kept(page)).length, 0, 'and kept nothing');
  t.equal((await server.responses('quay')).length, 3);
  await browser.close();
}

/** A key that was revoked loses nothing; what is refused for good is told to the staff, who remove it. */
async function revoked(t, server, folder, pin) {
  const browser = await t.profile({ folder, viewport: KIOSK });
  const page = browser.pages()[0];
  await page.goto(`${server.origin}/k`);
  await page.waitForURL('**/k/quay?**');
  await ready(page);
  const keys = await server.api('GET', '/v1/keys', { as: 'admin' });
  const key = keys.items.find(key => key.name === 'Kiosk quầy 3');
  t.equal([key.role, key.unit.code], ['device', '48']);
  await server.api('DELETE', `/v1/keys/${key.id}`, { as: 'admin' });
  await new Promise(yes => setTimeout(yes, 2_500)); // longer than a server remembers
  await page.click('#start');
  await answer(page);
  await page.waitForSelector('#start');
  t.equal(await page.textContent('#waiting'), '1 phiếu đang chờ gửi', 'it waits for a key that opens');
  // The same answer with another body is there already: a conflict, which no second try mends.
  const [waiting] = await kept(page);
  const device = server.key('device', 'Kiosk quầy 4', 'vn-34:48');
  const other = { ...JSON.parse(waiting.body), language: 'en' };
  await server.api('PUT', `/v1/responses/${waiting.id}`, { key: device, body: other });
  await page.evaluate(async key => {
    const outbox = await import('/static/outbox.mjs');
    await outbox.enrol({ ...await outbox.device(), key });
    await outbox.hurry();
  }, device);
  await t.until(page, async () => (await (await import('/static/outbox.mjs')).all()).every(kept => kept.refused), { timeout: 20_000 });
  await t.until(page, () => document.getElementById('waiting').textContent === ''); // people are not told of it
  await page.click('#staff');
  await page.keyboard.type(pin);
  await page.waitForSelector('#panel .facts');
  t.ok((await page.textContent('#panel')).includes('Không được nhận: 1'));
  await t.picture(page, 'kiosk-refused-1080');
  await page.click('#panel li button');
  await page.click('#panel li button');
  await t.until(page, () => document.querySelector('#panel').textContent.includes('Không được nhận: 0'));
  await page.click('#panel .danger');
  await page.waitForSelector('#join');
  t.equal(await page.evaluate(async () => await (await import('/static/outbox.mjs')).device() ?? null), null, 'it has left');
  await browser.close();
}
