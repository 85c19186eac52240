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
  const place = functions.folder({
    'code/index.mjs': 'export const handler = async (event) => { console.log("ran"); return event; };',
    'code/index.py': 'def handler(event, context):\n    print("ran")\n    return event',
  });
  const { client } = lambdaRuntimeFiles();
  cpSync(client, join(place, 'lambda-runtime', 'index.mjs'));
  for (const part of ['shim', 'python']) cpSync(join(ROOT, 'local', 'lambda', part), join(place, 'lambda-runtime', part), { recursive: true });
  writeFileSync(join(place, 'main.ts'), `
    import { createFunction } from ${JSON.stringify(join(ROOT, 'local', 'lambda', 'function-pool'))};
    const [codeDirectory, runtime] = process.argv.slice(2);
    const fn = createFunction({
      id: 'F', name: 'f', handler: 'index.handler', runtime, timeoutSeconds: 10, memoryMb: 128, environment: {},
      codeDirectory, layerDirectories: [], maxSandboxes: 1,
    }, { onLog: ({ line }) => console.log(line) });
    const result = await fn.invoke('request-1', { a: 1 });
    await result.drained;
    console.log(JSON.stringify([result.kind, result.payload]));
    await fn.close();
  `);
  execFileSync(join(ROOT, 'node_modules', '.bin', 'esbuild'), [
    join(place, 'main.ts'), '--bundle', '--platform=node', '--format=esm', '--target=node20', `--outfile=${join(place, 'cli.mjs')}`,
  ], { stdio: 'pipe' });

  const output = (runtime: string) =>
    execFileSync(process.execPath, [join(place, 'cli.mjs'), join(place, 'code'), runtime], { cwd: place, encoding: 'utf8' }).trim().split('\n');

  expect(output(`nodejs${process.versions.node.split('.')[0]}.x`)).toEqual([expect.stringMatching(/request-1\tINFO\tran$/), '["returned",{"a":1}]']);
  expect(output('python3.13')).toEqual(['ran', '["returned",{"a":1}]']);
});
