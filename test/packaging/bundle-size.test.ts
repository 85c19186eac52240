import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './package';
import { EXPORTED, layer } from '../../scripts/bundle';
import { bundleJavaScript } from '../../scripts/bundle/javascript';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'size-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what every function loads at its start is 75 KB at the most', async () => {
  await bundleJavaScript(ROOT, folder, layer);
  expect(statSync(join(folder, layer.outfile)).size).toBeLessThanOrEqual(75 * 1024);
});

test('what a function bundles of ./runtime for the wrapper alone is 138 KB at the most', async () => {
  const runtime = EXPORTED.find(({ outfile }) => outfile === join('runtime', 'index.mjs'))!;
  await bundleJavaScript(ROOT, folder, runtime);
  const { outputFiles: [bundled] } = await build({
    stdin: { contents: `export { idempotent } from './${runtime.outfile}';`, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['@aws-sdk/*'],
  });
  expect(bundled!.contents.length).toBeLessThanOrEqual(138 * 1024);
});
