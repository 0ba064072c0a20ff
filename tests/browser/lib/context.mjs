// What a script is given.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { Server } from './server.mjs';

const PICTURES = new URL('../../../target/pictures/', import.meta.url).pathname;
const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // A host that is no secure context, as a kiosk that is reached by plain http.
  '--host-resolver-rules=MAP kiosk.test 127.0.0.1',
];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const PHONE = { width: 360, height: 740 };
export const KIOSK = { width: 1080, height: 1920 };
export const DESK = { width: 1440, height: 900 };

export class Context {
  seen = 0;
  #ends = [];
  #complaints = [];

  /** Something that must hold. */
  ok(value, what) {
    this.seen += 1;
    assert.ok(value, what);
  }

  equal(actual, expected, what) {
    this.seen += 1;
    assert.deepEqual(actual, expected, what);
  }

  /** A server of its own; it ends with the script. */
  async server(options) {
    const server = await Server.start(options);
    this.#ends.push(() => server.stop());
    return server;
  }

  /** A browser with a profile that outlives it: `folder` of one that was closed opens the same. Gives Playwright's context, with its folder. */
  async profile({ folder = mkdtempSync(join(tmpdir(), 'chromium-')), ...options } = {}) {
    const profile = await chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', headless: true, args: ARGS, viewport: PHONE, locale: 'vi-VN', ...options });
    // The last that is pushed is the first to end.
    this.#ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }), () => profile.close().catch(() => {}));
    profile.on('page', page => this.#watch(page));
    profile.pages().forEach(page => this.#watch(page));
    return Object.assign(profile, { folder });
  }

  /** A page in a browser of its own, without anything from before. */
  async page(options = {}) {
    this.chromium ??= await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ARGS });
    const context = await this.chromium.newContext({ viewport: PHONE, locale: 'vi-VN', ...options });
    this.#ends.push(() => context.close().catch(() => {}));
    const page = await context.newPage();
    this.#watch(page);
    return page;
  }

  /** Signs a person in, who must have one role. */
  async signIn(page, server, person) {
    await page.goto(`${server.origin}/login`);
    await page.fill('#login', person.name);
    await page.fill('#password', person.password);
    await page.fill('#totp', person.code());
    await page.click('main button[type=submit]');
    await page.waitForURL(address => !address.pathname.startsWith('/login'));
  }

  /** What scripts throw, and what the policy of a page blocks, fails the script at its end. */
  #watch(page) {
    page.on('pageerror', error => this.#complaints.push(`${page.url()}: ${error}`));
    page.on('console', message => {
      if (/Content Security Policy|Trusted|violates/i.test(message.text())) this.#complaints.push(`${page.url()}: ${message.text()}`);
    });
  }

  /** Complaints that a script expected. */
  forgive(pattern) {
    this.#complaints = this.#complaints.filter(complaint => !pattern.test(complaint));
  }

  judge() {
    assert.deepEqual(this.#complaints, []);
  }

  /** Waits until something holds on a page. Playwright's own `waitForFunction` takes a promise for true. */
  async until(page, predicate, { timeout = 20_000, what = String(predicate) } = {}) {
    this.seen += 1;
    // A page that is on its way to another holds nothing.
    for (const end = Date.now() + timeout; !await page.evaluate(predicate).catch(() => false);) {
      if (Date.now() > end) throw new Error(`it never held: ${what}`);
      await new Promise(yes => setTimeout(yes, 100));
    }
  }

  /** No rule of accessibility is broken. */
  async axe(page, what) {
    this.equal(await this.broken(page), [], `axe: ${what}`);
  }

  /** The rules of accessibility that are broken, and where. */
  async broken(page) {
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target).join(', ')}`);
  }

  /** A picture to look at. */
  async picture(page, name, { fullPage = false } = {}) {
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage });
  }

  async end() {
    for (const end of this.#ends.reverse()) await end();
    await this.chromium?.close();
  }
}
