import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './package';
import { layer } from '../../scripts/bundle';
import { bundleJavaScript } from '../../scripts/bundle/javascript';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'size-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what every function loads at its start is 75 KB at the most', async () => {
  await bundleJavaScript(ROOT, folder, layer);
  expect(statSync(join(folder, layer.outfile)).size).toBeLessThanOrEqual(75 * 1024);
});
