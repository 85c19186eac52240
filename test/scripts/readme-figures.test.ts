import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const { figures } = JSON.parse(readFileSync(join(ROOT, 'docs', 'performance', 'results.json'), 'utf8')) as {
  figures: readonly { readonly figure: string; readonly unit: string; readonly ours: number }[];
};

const measured = (name: string, unit: string): number => figures.find(({ figure, unit: of }) => figure === name && of === unit)!.ours;

test.each([
  ['for a first request', 'CPU miss, Node 24: as shipped / Powertools alone', 'ratio', (ours: number) => `${ours.toFixed(2)} of its CPU for a first request`],
  ['for a replay', 'CPU replay, Node 24: as shipped / Powertools alone', 'ratio', (ours: number) => `${ours.toFixed(2)} for a replay`],
  ['for a cold start', 'load and first call, CPU, Node 24', 'ratio', (ours: number) => `${ours.toFixed(2)} for a cold start`],
  ['of the layer', 'layer file loaded at start', 'KB', (ours: number) => `${Math.round(ours)} KB of layer`],
] as const)('the README’s figure %s is that of the last run', (_what, figure, unit, shown) => {
  expect(readme).toContain(shown(measured(figure, unit)));
});
