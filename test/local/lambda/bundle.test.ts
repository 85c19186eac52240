import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Functions } from './functions';
import { lambdaRuntimeFiles } from '../../../local/lambda/lambda-runtime-files';

const ROOT = join(__dirname, '..', '..', '..');

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

test('bundled into one file with lambda-runtime/ beside it, functions run without any package', () => {
  const place = functions.folder({ 'code/index.mjs': 'export const handler = async (event) => { console.log("ran"); return event; };' });
  const { client } = lambdaRuntimeFiles();
  cpSync(client, join(place, 'lambda-runtime', 'index.mjs'));
  cpSync(join(ROOT, 'local', 'lambda', 'shim'), join(place, 'lambda-runtime', 'shim'), { recursive: true });
  writeFileSync(join(place, 'main.ts'), `
    import { createFunction } from ${JSON.stringify(join(ROOT, 'local', 'lambda', 'function-pool'))};
    const [codeDirectory, runtime] = process.argv.slice(2);
    const fn = createFunction({
      id: 'F', name: 'f', handler: 'index.handler', runtime, timeoutSeconds: 10, memoryMb: 128, environment: {},
      codeDirectory, layerDirectories: [], maxSandboxes: 1,
    }, { onLog: ({ line }) => console.log(line) });
    const result = await fn.invoke('request-1', { a: 1 });
    await result.drained;
    console.log(JSON.stringify(result));
    await fn.close();
  `);
  execFileSync(join(ROOT, 'node_modules', '.bin', 'esbuild'), [
    join(place, 'main.ts'), '--bundle', '--platform=node', '--format=esm', '--target=node20', `--outfile=${join(place, 'cli.mjs')}`,
  ], { stdio: 'pipe' });

  const output = execFileSync(process.execPath, [
    join(place, 'cli.mjs'), join(place, 'code'), `nodejs${process.versions.node.split('.')[0]}.x`,
  ], { cwd: place, encoding: 'utf8' });

  expect(output.trim().split('\n')).toEqual([
    expect.stringMatching(/request-1\tINFO\tran$/),
    expect.stringContaining('{"kind":"returned","payload":{"a":1}'),
  ]);
});
