// A fieldworker: a file of responses.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESK, PHONE } from '../lib/context.mjs';
import { openWave } from '../lib/survey.mjs';

export const name = 'field';

export async function run(t) {
  const server = await t.server();
  await openWave(server);
  const collector = await server.person('Hà', ['collector']);
  await upload(t, server, collector);
}

const FILE = 'Mã phiếu;Mã đơn vị;overall;staff;late;Vì sao kết quả trễ hẹn?;trips;Ghi chú\r\n'
  + ['F-1;48;5;4;no;;2;', 'F-2;48;Hài lòng;4;Có;papers;3;', 'F-3;48;9;4;no;;2;', 'F-4;99;5;4;no;;2;', 'F-5;48;5;4;no;;100;'].join('\r\n') + '\r\n';

async function upload(t, server, collector) {
  const file = join(tmpdir(), `phieu-${process.pid}.csv`);
  writeFileSync(file, FILE);
  const page = await t.page({ viewport: DESK, javaScriptEnabled: false });
  await t.signIn(page, server, collector);
  await page.goto(`${server.origin}/f/upload?lang=vi`);
  await t.axe(page, 'which file');
  await t.picture(page, 'upload-1440');
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
  t.equal((await server.responses('quay')).length, 0, 'a check stores nothing');
  await page.click('button[value=import]');
  t.ok((await page.textContent('.notice')).includes('2 phiếu đã được lưu'));
  await t.axe(page, 'an import');
  await t.picture(page, 'upload-imported-360', { fullPage: true });
  const stored = await server.responses('quay');
  t.equal(stored.map(({ submission }) => submission.answers.overall), ['5', '4'], 'labels are read as their options');
  const [rest] = await Promise.all([page.waitForEvent('download'), page.click('button[value=rest]')]);
  t.equal(rest.suggestedFilename(), `phieu-${process.pid}-còn lại.csv`);
}
