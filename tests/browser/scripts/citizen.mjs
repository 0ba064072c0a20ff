// A citizen answers on a phone: with a network and without, by keyboard, in either language, without script, by an invitation.
import { answer, openWave, wave } from '../lib/survey.mjs';
import { PHONE } from '../lib/context.mjs';

export const name = 'citizen';

const FORM = '/s/quay?u=48&via=qr&lang=vi';

export async function run(t) {
  const server = await t.server();
  await openWave(server);
  await online(t, server);
  await keyboard(t, server);
  await languages(t, server);
  await offline(t, server);
  await invitation(t, server);
  await withoutScript(t, server);
  await plainHttp(t, server);
}

const count = async server => (await server.responses('quay')).length;
const ready = page => page.waitForSelector('form[data-ready]');

async function online(t, server) {
  const page = await t.page();
  await page.goto(server.origin + FORM);
  await ready(page);
  t.equal(await page.locator('.q:visible').count(), 1, 'one question a screen');
  await t.axe(page, 'first question');
  await t.picture(page, 'citizen-first-360');
  await page.click('.moves button:not(.plain):not([type=submit])');
  t.equal(await page.textContent('.q:visible .fault'), 'Xin trả lời câu này');
  t.equal(await page.evaluate(() => document.activeElement.id), 'answers.overall', 'the question has the focus');
  await t.axe(page, 'a question that was not answered');
  await t.picture(page, 'citizen-missing-360');
  await page.check('input[name="answers.overall"][value="2"]');
  await page.click('.moves button:not(.plain):not([type=submit])');
  await page.check('input[name="answers.staff"][value="@does_not_apply"]');
  await page.click('.moves button:not(.plain):not([type=submit])');
  await page.check('input[name="answers.late"][value="yes"]');
  t.equal(await page.textContent('.count span'), 'Câu 3 trên 6');
  await page.click('.moves button:not(.plain):not([type=submit])');
  for (const option of ['papers', 'queue', 'system']) await page.check(`input[value=${option}]`);
  await page.click('.moves button:not(.plain):not([type=submit])');
  t.equal(await page.textContent('.q:visible .fault'), 'Chọn nhiều nhất 2');
  await page.check('input[value=unsaid]');
  t.equal(await page.locator('input[name="answers.why"]:checked').count(), 1, 'what stands alone does');
  await t.picture(page, 'citizen-multiple-360');
  await page.click('.moves button:not(.plain):not([type=submit])');
  await page.fill('input[name="answers.trips"]', '99');
  await page.click('.moves button:not(.plain):not([type=submit])');
  t.equal(await page.textContent('.q:visible .fault'), 'Xin ghi một số từ 1 đến 20');
  await page.fill('input[name="answers.trips"]', '3');
  await page.press('input[name="answers.trips"]', 'Enter');
  await t.picture(page, 'citizen-last-360');
  // Back: an answer that takes a question away takes its answer too.
  for (let back = 0; back < 3; back += 1) await page.click('.moves .plain');
  await page.check('input[name="answers.late"][value="no"]');
  await page.click('.moves button:not(.plain):not([type=submit])');
  t.ok(await page.isVisible('input[name="answers.trips"]'), 'why it was late is not asked');
  await page.click('.moves button:not(.plain):not([type=submit])');
  await page.click('button[type=submit]');
  await page.waitForSelector('#thanks');
  t.equal(await page.textContent('#thanks'), 'Cảm ơn Ông/Bà!');
  t.equal(await page.locator('input, textarea').count(), 0, 'nothing of it is left on the page');
  await t.axe(page, 'thanks');
  await t.picture(page, 'citizen-thanks-360');
  const slip = await page.textContent('.slip-code');
  const [response] = await server.responses('quay');
  t.equal(response.submission.answers, { overall: '2', staff: { missing: 'does_not_apply' }, late: 'no', trips: 3 });
  t.ok(response.submission.channel === 'qr' && response.submission.started_at && slip.replace('-', '').startsWith(response.id.slice(0, 8).toUpperCase()));
  await page.goto(`${server.origin}/receipt`);
  await t.axe(page, 'receipt');
  await page.fill('#receipt', slip.toLowerCase());
  await page.click('main button');
  t.ok((await page.textContent('main')).includes('Phiếu được tính vào kết quả của đợt.'));
  await t.axe(page, 'an answer that counts');
  await t.picture(page, 'receipt-360');
  await page.click('main button.danger');
  t.equal(await page.textContent('h1'), 'Phiếu đã được rút');
  await page.goto(`${server.origin}/s/quay?lang=vi`);
  await t.axe(page, 'which office');
  await t.picture(page, 'citizen-unit-360');
  await page.goto(`${server.origin}/s/none`);
  await t.axe(page, 'no form');
  await t.picture(page, 'citizen-none-360');
}

async function keyboard(t, server) {
  const page = await t.page();
  await page.goto(server.origin + FORM);
  await ready(page);
  await page.keyboard.press('Tab');
  t.equal(await page.evaluate(() => document.activeElement.className), 'skip', 'the first stop leads to the question');
  await page.focus('input[name="answers.overall"][value="1"]');
  await page.keyboard.press('ArrowDown');
  t.ok(await page.isVisible('[id="answers.overall"]'), 'an arrow key chooses and goes nowhere');
  t.ok(await page.isChecked('input[name="answers.overall"][value="2"]'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  t.equal(await page.evaluate(() => document.activeElement.id), 'answers.staff', 'the next question has the focus');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  t.ok(await page.isChecked('input[name="answers.staff"][value="1"]'));
}

async function languages(t, server) {
  const page = await t.page();
  await page.goto(server.origin + FORM);
  await ready(page);
  await page.check('input[name="answers.overall"][value="5"]');
  await page.click('.moves button:not(.plain):not([type=submit])');
  await page.check('input[name="answers.staff"][value="3"]');
  await page.click('.languages a[lang=en]');
  await ready(page);
  t.equal(await page.textContent('.count span'), 'Question 2 of 5', 'the same question in the other language');
  t.ok(await page.isChecked('input[name="answers.staff"][value="3"]') && await page.isChecked('input[name="answers.overall"][value="5"]'));
  t.equal(await page.evaluate(() => sessionStorage.length), 0, 'nothing is left behind');
  await page.reload();
  await ready(page);
  t.equal(await page.locator('input:checked').count(), 0, 'a reload begins anew');
}

/** Offline for a while, lost receipts, a browser that is closed: nothing is lost and nothing is stored twice. */
async function offline(t, server) {
  const before = await count(server);
  let browser = await t.profile();
  let page = browser.pages()[0];
  await page.goto(server.origin + FORM);
  await ready(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await t.until(page, async () => !!(await caches.match(location.href)) && (await (await caches.open('hailong-1')).keys()).filter(request => request.url.includes('.mjs')).length >= 4);
  await browser.setOffline(true);
  await page.reload();
  await ready(page);
  for (let n = 0; n < 2; n += 1) {
    if (n) { await page.goto(server.origin + FORM); await ready(page); }
    await answer(page, { late: n ? 'yes' : 'no' });
    await page.waitForSelector('#thanks');
    t.ok((await page.textContent('main')).includes('Phiếu đã được giữ trên máy này'));
  }
  await t.picture(page, 'citizen-kept-360');
  await page.goto(server.origin + FORM);
  await page.waitForSelector('.waiting');
  t.equal(await page.textContent('.waiting'), '2 phiếu đang chờ gửi');
  await t.axe(page, 'two wait');
  await t.picture(page, 'citizen-waiting-360');
  server.plan = ['503', 'cut', '503'];
  server.log = [];
  await browser.setOffline(false);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await t.until(page, () => document.getElementById('outbox').hidden, { timeout: 40_000 });
  t.equal(await count(server), before + 2, 'two answers are two rows');
  t.equal(server.log.filter(line => line.endsWith('503')).length + server.log.filter(line => line.endsWith('cut')).length, 3, server.log.join());
  t.equal(server.log.filter(line => line === 'PUT 200').length, 1, 'one had its receipt the second time');
  // One more, and the browser is closed.
  await browser.setOffline(true);
  await page.reload();
  await ready(page);
  await answer(page);
  await page.waitForSelector('#thanks');
  await browser.close();
  browser = await t.profile({ folder: browser.folder });
  page = browser.pages()[0];
  await page.goto(server.origin + FORM);
  await ready(page);
  await t.until(page, async () => (await (await import('/static/outbox.mjs')).all()).length === 0, { timeout: 20_000 });
  t.equal(await count(server), before + 3, 'it was sent when the browser was opened again');
  await browser.close();
}

async function invitation(t, server) {
  await wave(server, 'moi', { invitations: 'required' });
  const made = await server.api('POST', '/v1/invitations', { as: 'statistician', body: { wave: 'moi', unit: { list: 'vn-34', code: '48' }, dossier: 'H-1', address: `${server.origin}/s/moi?u=48` } });
  const page = await t.page();
  await page.goto(made.link);
  await ready(page);
  t.ok(!page.url().includes('hli_'), 'the token is out of the address');
  await answer(page);
  await page.waitForSelector('.slip-code');
  t.equal((await server.responses('moi')).length, 1);
  await page.goto('about:blank');
  await page.goto(made.link);
  await ready(page);
  await answer(page);
  await page.waitForSelector('#thanks');
  t.equal(await page.textContent('#thanks'), 'Phiếu không được nhận');
  t.ok(/Thư mời đã được dùng|đã được dùng/.test(await page.textContent('main')), await page.textContent('main'));
  await t.axe(page, 'an invitation that was used');
  await t.picture(page, 'citizen-used-360');
  t.equal((await server.responses('moi')).length, 1);
  await page.goto(`${server.origin}/s/moi?u=48`);
  await page.waitForSelector('#outbox summary');
  await page.click('#outbox summary');
  await t.axe(page, 'a refused answer');
  await t.picture(page, 'citizen-refused-360');
  await page.click('#outbox li button');
  await t.until(page, () => document.getElementById('outbox').hidden);
}

async function withoutScript(t, server) {
  await wave(server, 'tron');
  const page = await t.page({ javaScriptEnabled: false });
  await page.goto(`${server.origin}/s/tron?u=48&lang=vi`);
  await t.picture(page, 'citizen-plain-360', { fullPage: true });
  await page.check('input[name="answers.overall"][value="4"]');
  await page.check('input[name="answers.late"][value="no"]');
  await page.click('button[type=submit]');
  t.ok((await page.title()).startsWith('Lỗi: '));
  t.ok((await page.textContent('.summary')).includes('thái độ của cán bộ? – Câu này bắt buộc trả lời'));
  t.ok(await page.isChecked('input[name="answers.overall"][value="4"]'), 'what was given is kept');
  await t.picture(page, 'citizen-plain-error-360');
  await page.check('input[name="answers.staff"][value="1"]');
  await page.click('button[type=submit]');
  await page.waitForURL('**/thanks*');
  t.ok(await page.isVisible('.slip-code'));
  await t.picture(page, 'citizen-plain-thanks-360');
  t.equal((await server.responses('tron')).length, 1);
  await page.click('main button');
  t.equal(await page.locator('.slip-code').count(), 0, 'the receipt is off the screen');
  await page.goto(`${server.origin}/s/tron?u=48&lang=vi`);
  for (const [item, option] of [['overall', '4'], ['staff', '1'], ['late', 'no']]) await page.check(`input[name="answers.${item}"][value="${option}"]`);
  await page.click('button[type=submit]');
  await page.waitForURL('**/thanks*');
  await page.reload();
  await page.goBack();
  t.equal(await page.locator('input:checked').count(), 0, 'whoever goes back sees nothing of what was answered');
  await page.click('button[type=submit]');
  await page.waitForSelector('.summary');
  t.equal((await server.responses('tron')).length, 2, 'reload and back store nothing twice');
}

/** By plain http under a name there is no service worker and no secure context; answers are kept and sent all the same. */
async function plainHttp(t, server) {
  const page = await t.page({ viewport: PHONE });
  await page.goto(`http://kiosk.test:${server.port}/s/tron?u=48&lang=vi`);
  await ready(page);
  t.equal(await page.evaluate(() => [isSecureContext, typeof crypto.randomUUID, typeof navigator.locks]), [false, 'undefined', 'undefined']);
  await answer(page);
  await page.waitForSelector('.slip-code');
  t.equal((await server.responses('tron')).length, 3);
}
