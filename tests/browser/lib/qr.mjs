// Reads a QR code from its modules (ISO/IEC 18004), where nothing is damaged: format, mask, zigzag, blocks, bytes. No error is corrected.

/** Bytes of data a block and blocks, level Q, by version: [[blocks, bytes], …]. */
const BLOCKS_Q = [
  null, [[1, 13]], [[1, 22]], [[2, 17]], [[2, 24]], [[2, 15], [2, 16]], [[4, 19]], [[2, 14], [4, 15]], [[4, 18], [2, 19]], [[4, 16], [4, 17]],
  [[6, 19], [2, 20]],
];
const ALIGN = [null, [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];
const MASKS = [
  (r, c) => (r + c) % 2, r => r % 2, (_, c) => c % 3, (r, c) => (r + c) % 3, (r, c) => ((r >> 1) + Math.floor(c / 3)) % 2,
  (r, c) => (r * c) % 2 + (r * c) % 3, (r, c) => ((r * c) % 2 + (r * c) % 3) % 2, (r, c) => ((r + c) % 2 + (r * c) % 3) % 2,
];

/** @param {string} path runs `Mx yhNv1h-Nz` @param {number} side with a quiet zone of 4 */
export function decode(path, side) {
  const n = side - 8;
  const dark = Array.from({ length: n }, () => new Uint8Array(n));
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) for (let at = 0; at < Number(run); at += 1) dark[Number(y) - 4][Number(x) - 4 + at] = 1;
  const version = (n - 17) / 4;
  const format = [0, 1, 2, 3, 4].map(c => dark[8][c]).reduce((bits, bit) => bits << 1 | bit, 0) ^ 0b10101;
  if (format >> 3 !== 3) throw new Error(`not of level Q: ${format >> 3}`);
  const mask = MASKS[format & 7];
  const fixed = Array.from({ length: n }, () => new Uint8Array(n));
  const fill = (r0, c0, h, w) => { for (let r = r0; r < r0 + h; r += 1) for (let c = c0; c < c0 + w; c += 1) if (r >= 0 && c >= 0 && r < n && c < n) fixed[r][c] = 1; };
  fill(0, 0, 9, 9); fill(0, n - 8, 9, 8); fill(n - 8, 0, 8, 9); fill(6, 0, 1, n); fill(0, 6, n, 1);
  for (const r of ALIGN[version]) for (const c of ALIGN[version]) if (!(r === 6 && (c === 6 || c === n - 7)) && !(r === n - 7 && c === 6)) fill(r - 2, c - 2, 5, 5);
  if (version >= 7) { fill(0, n - 11, 6, 3); fill(n - 11, 0, 3, 6); }
  const bits = [];
  let up = true;
  for (let right = n - 1; right > 0; right -= 2, up = !up) {
    if (right === 6) right -= 1;
    for (let step = 0; step < n; step += 1) {
      const r = up ? n - 1 - step : step;
      for (const c of [right, right - 1]) if (!fixed[r][c]) bits.push(dark[r][c] ^ (mask(r, c) === 0 ? 1 : 0));
    }
  }
  const words = [];
  for (let at = 0; at + 8 <= bits.length; at += 8) words.push(bits.slice(at, at + 8).reduce((byte, bit) => byte << 1 | bit, 0));
  const blocks = BLOCKS_Q[version].flatMap(([count, size]) => Array.from({ length: count }, () => ({ size, bytes: [] })));
  let at = 0;
  for (let place = 0; place < Math.max(...blocks.map(block => block.size)); place += 1) for (const block of blocks) if (place < block.size) block.bytes.push(words[at++]);
  return segments(blocks.flatMap(block => block.bytes), version);
}

/** The text of segments in bytes, digits and letters. */
function segments(bytes, version) {
  const all = bytes.flatMap(byte => Array.from({ length: 8 }, (_, at) => byte >> (7 - at) & 1));
  let at = 0;
  const take = count => all.slice(at, at += count).reduce((number, bit) => number << 1 | bit, 0);
  const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
  const out = [];
  const say = text => out.push(...Buffer.from(text));
  for (;;) {
    const mode = all.length - at < 4 ? 0 : take(4);
    if (mode === 0) return Buffer.from(out).toString('utf8');
    if (mode === 4) for (let left = take(version < 10 ? 8 : 16); left > 0; left -= 1) out.push(take(8));
    else if (mode === 2) {
      let left = take(version < 10 ? 9 : 11);
      for (; left > 1; left -= 2) { const pair = take(11); say(LETTERS[Math.floor(pair / 45)] + LETTERS[pair % 45]); }
      if (left) say(LETTERS[take(6)]);
    } else if (mode === 1) {
      let left = take(version < 10 ? 10 : 12);
      for (; left > 2; left -= 3) say(String(take(10)).padStart(3, '0'));
      if (left === 2) say(String(take(7)).padStart(2, '0'));
      if (left === 1) say(String(take(4)));
    } else throw new Error(`mode ${mode}`);
  }
}
