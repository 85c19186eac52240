import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, install, pack } from './package';
import { IETF } from '../../conformance/peers/reference/rules';
import { startReference, targetAt, type Reference } from '../../conformance/peers/reference/server';

const folder = emptyFolder();
let reference: Reference;
beforeAll(async () => {
  install(pack(folder.path).tarball, folder.path);
  reference = await startReference(IETF);
});
afterAll(async () => {
  await reference.stop();
  folder.remove();
});

/** In a folder with nothing but the package, beside a server that runs here. */
async function run(program: string, ...argv: readonly string[]) {
  const child = spawn(program, argv, { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said += chunk.toString());
  const [code] = await once(child, 'close') as [number | null];
  return { code, said };
}

test('from the packed tarball alone the command puts a server on another port to the suite, and writes its reports', async () => {
  const { url, effects, tokenA, tokenB } = targetAt(reference.url);
  const { code, said } = await run(join(folder.path, 'node_modules', '.bin', 'idempotent-api'), 'conformance',
    '--url', url, '--effects', effects!, '--token-a', tokenA!, '--token-b', tokenB!, '--only', 'replay,in-flight,connection', '--json', 'results.json', '--html', 'results.html');
  expect([code, said]).toEqual([0, expect.stringContaining('No MUST is broken.')]);
  expect(JSON.parse(readFileSync(join(folder.path, 'results.json'), 'utf8'))).toMatchObject({ results: { 'in-flight.parallel': true, 'connection.pipelined': true } });
  expect(readFileSync(join(folder.path, 'results.html'), 'utf8')).toContain('<title>Idempotency-Key conformance</title>');
});

test('from the packed tarball alone a script runs the exported tests', async () => {
  const { url, effects, tokenA } = targetAt(reference.url);
  writeFileSync(join(folder.path, 'suite.mjs'), `
    import { suite } from 'cdk-idempotent-api/conformance';
    const target = ${JSON.stringify({ url, effects, tokenA })};
    for (const test of suite.filter(({ id }) => id.startsWith('replay.'))) console.log(test.title, await test.run(target));
  `);
  const { code, said } = await run(process.execPath, 'suite.mjs');
  expect([code, said]).toEqual([0, expect.stringContaining('MUST NOT run an operation a second time when its request is sent again true')]);
});
