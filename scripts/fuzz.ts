import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { casesOf, keep } from './fuzz/corpus';
import { tell } from './fuzz/page';
import { run, runsOf, type Finding } from './fuzz/run';
import { targets } from './fuzz/targets';

/** Whether nothing was found. */
async function main(argv: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({ args: [...argv], options: { runs: { type: 'string', default: '1000000' }, only: { type: 'string' }, seed: { type: 'string' } } });
  const runs = wholeNumber('runs', values.runs);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : wholeNumber('seed', values.seed);
  const all = targets();
  const chosen = all.filter(({ name }) => values.only === undefined || name === values.only);
  if (chosen.length === 0) throw new Error(`--only names "${values.only}", which is none of ${all.map(({ name }) => name).join(', ')}`);
  const started = performance.now();
  let done = 0;
  const found: string[] = [];
  for (const [name, share] of runsOf(chosen, runs)) {
    const target = chosen.find((one) => one.name === name)!;
    try {
      for (const { file, input } of casesOf(name)) {
        await Promise.resolve(target.check(input)).catch((error: unknown) => void found.push(told(name, { input, problem: `${file}: ${String(error)}` })));
      }
      const { runs: ran, finding } = await run(target, share, seed);
      done += ran;
      console.log(`${name}: ${count(ran)} runs${finding === undefined ? '' : ', found one'}`);
      if (finding !== undefined) found.push(told(name, finding, keep(name, finding)));
    } finally {
      await target.close?.();
    }
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const figures = `${count(done)} runs over ${chosen.length} ${chosen.length === 1 ? 'target' : 'targets'} in ${count(seconds)} s, seed ${seed}: ${found.length === 0 ? 'nothing found' : `${found.length} found`}`;
  if (values.only === undefined) tell(figures);
  console.log(`Fuzz: ${figures}.`);
  return found.length === 0;
}

function told(target: string, { problem, input }: Finding, file?: string): string {
  console.error(`${target}: ${problem}\n  ${JSON.stringify(input).slice(0, 2_000)}${file === undefined ? '' : `\n  kept as ${relative(process.cwd(), file)}`}`);
  return target;
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,12}$/.test(text) || Number(text) === 0 && flag === 'runs') throw new Error(`--${flag} is "${text}"; give a whole number`);
  return Number(text);
}

const count = (number: number): string => number.toLocaleString('en-US');

main(process.argv.slice(2)).then((clean) => {
  process.exitCode = clean ? 0 : 1;
}, (error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
