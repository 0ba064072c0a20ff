// A server of its own: an empty database in a folder that goes, on a free port.
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PASSWORD = 'chuồn chuồn bay thấp';

/** A port that nobody listens on. */
export const freePort = () => new Promise((yes, no) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => yes(port));
  }).on('error', no);
});

export class Server {
  constructor() {
    this.data = mkdtempSync(join(tmpdir(), 'hailong-'));
    this.keys = {};
    /** What the way to the server does with the next requests for `/v1/responses`: `pass`, `503`, or `cut` (done, and the answer lost). */
    this.plan = [];
    /** The same of the next that a fieldworker's device sends. */
    this.fieldPlan = [];
    /** What came to `/v1/responses`, and what was answered. */
    this.log = [];
  }

  /** `demo`: with everything that the demonstration makes, in place of an empty database. */
  static async start({ listen = '127.0.0.1', demo = false } = {}) {
    const server = new Server();
    if (!demo) for (const [role, name] of [['statistician', 'Lan'], ['publisher', 'Minh'], ['auditor', 'Thu'], ['admin', 'An']]) server.keys[role] = server.key(role, name);
    server.port = await freePort();
    server.inner = await freePort();
    server.origin = `http://127.0.0.1:${server.port}`;
    const verb = demo ? ['demo'] : ['serve', '--no-rate-limit'];
    server.child = spawn(process.env.HAILONG_BIN, ['--data', server.data, ...verb, '--listen', `127.0.0.1:${server.inner}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    server.errors = '';
    server.said = '';
    server.child.stdout.on('data', text => { server.said += text; });
    server.child.stderr.on('data', text => { server.errors += text; });
    server.way = createServer((req, res) => server.pass(req, res));
    await new Promise(yes => server.way.listen(server.port, listen, yes));
    for (let tries = 0; ; tries += 1) {
      if (await fetch(`${server.origin}/readyz`).then(answer => answer.ok, () => false)) return server;
      if (tries > (demo ? 3000 : 200)) throw new Error(`the server does not answer: ${server.errors}`);
      await new Promise(yes => setTimeout(yes, 100));
    }
  }

  /** Runs a command on the data. */
  command(...words) {
    return execFileSync(process.env.HAILONG_BIN, ['--data', this.data, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** A new key. */
  key(role, name, unit) {
    return this.command('key', 'create', '--role', role, '--name', name, ...(unit ? ['--unit', unit] : [])).match(/hl_[\w-]{43}/)[0];
  }

  pass(req, res) {
    const plan = req.method !== 'PUT' ? [] : req.url.startsWith('/v1/responses/') ? this.plan : req.url.startsWith('/f/responses/') ? this.fieldPlan : [];
    const fate = plan.shift() ?? 'pass';
    const note = status => { if (req.url.startsWith('/v1/responses/')) this.log.push(`${req.method} ${status}${fate === 'pass' ? '' : ` ${fate}`}`); };
    if (fate === '503') {
      note(503);
      req.resume();
      res.writeHead(503, { 'Retry-After': '1' }).end();
      return;
    }
    const inner = request({ host: '127.0.0.1', port: this.inner, path: req.url, method: req.method, headers: req.headers }, answer => {
      note(answer.statusCode);
      if (fate === 'cut') {
        answer.resume();
        res.writeHead(502).end();
        return;
      }
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    });
    inner.on('error', () => res.writeHead(504).end());
    req.pipe(inner);
  }

  /** Asks the API, as a program with the key of a role would; throws what it does not like. */
  async api(method, path, { as, body, key = this.keys[as], headers = {} } = {}) {
    const answer = await fetch(this.origin + path, {
      method, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...(key ? { Authorization: `Bearer ${key}` } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return Object.assign(text ? JSON.parse(text) : {}, { $etag: answer.headers.get('ETag'), $location: answer.headers.get('Location') });
  }

  /** The responses of a wave, each with what was sent. */
  async responses(wave) {
    const { items } = await this.api('GET', `/v1/responses?wave=${wave}&limit=1000`, { as: 'statistician' });
    return Promise.all(items.map(({ seq }) => this.api('GET', `/v1/responses/${seq}`, { as: 'statistician' })));
  }

  /** A person with an account: invited by two, enrolled. `code()` is the one-time code of now. */
  async person(name, roles, unit) {
    const asked = await this.api('POST', '/v1/persons', { as: 'admin', body: { name, roles, ...(unit ? { unit } : {}) } });
    const confirmed = await this.api('POST', `${asked.$location}:confirm`, { as: 'auditor', body: {} });
    const told = await this.api('POST', '/v1/persons:enrol', { body: { login: name, code: asked.first_half + confirmed.second_half, password: PASSWORD } });
    return { name, password: PASSWORD, code: () => oneTime(told.totp_secret) };
  }

  async stop() {
    this.way?.closeAllConnections?.();
    this.way?.close();
    if (this.child && this.child.exitCode === null) {
      const ended = new Promise(yes => this.child.once('exit', yes));
      this.child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** RFC 6238 with SHA-1, 30 seconds and 6 digits. */
function oneTime(secret) {
  const bits = [...secret].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
