import { join } from 'node:path';
import { EXPORTED } from '../../../scripts/bundle';
import { bundleJavaScript } from '../../../scripts/bundle/javascript';

const ROOT = join(__dirname, '..', '..', '..');

/** The client as it is published, in a folder of the test's own. */
export async function buildClient(folder: string, format: 'esm' | 'cjs'): Promise<string> {
  const bundle = EXPORTED.find((each) => each.entry === 'client/index.ts' && each.format === format)!;
  await bundleJavaScript(ROOT, folder, bundle);
  return join(folder, bundle.outfile);
}
