// Runs scripts one after the other. A script is a file `scripts/*.mjs` that exports `name` and `async run(context)`; see `lib/context.mjs` for
// what it is given. One that throws has failed; the others run all the same.
import { readdirSync } from 'node:fs';
import { Context } from './lib/context.mjs';

const wanted = process.argv.slice(2);
const folder = new URL('./scripts/', import.meta.url);
const files = readdirSync(folder).filter(file => file.endsWith('.mjs')).sort();
const scripts = await Promise.all(files.map(async file => ({ file, ...await import(new URL(file, folder)) })));
const chosen = wanted.length ? scripts.filter(script => wanted.includes(script.name)) : scripts;
if (!chosen.length) throw new Error(`no script of that name; there are ${scripts.map(script => script.name).join(', ')}`);

let failed = 0;
for (const script of chosen) {
  const began = Date.now();
  console.log(`== ${script.name}`);
  const context = new Context();
  try {
    await script.run(context);
    context.judge();
    console.log(`ok ${script.name}: ${context.seen} checks in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${script.name}`, error);
  } finally {
    await context.end();
  }
}
process.exit(failed ? 1 : 0);
