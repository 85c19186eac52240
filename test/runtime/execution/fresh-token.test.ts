import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const RUNTIME = path.join(__dirname, '../../../runtime');

/** Makes a token, is frozen, and makes another one each time it is resumed. */
const SANDBOX = `
import { startupSnapshot } from 'node:v8';
import { freshToken } from './execution/fresh-token';
freshToken();
startupSnapshot.setDeserializeMainFunction(() => console.log(freshToken()));
`;

test('F23: two sandboxes resumed from one snapshot make different tokens', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'snapshot-'));
  try {
    const script = path.join(folder, 'sandbox.js');
    const snapshot = path.join(folder, 'snapshot.blob');
    buildSync({ stdin: { contents: SANDBOX, resolveDir: RUNTIME, loader: 'ts' }, bundle: true, platform: 'node', format: 'cjs', outfile: script });
    const node = (...args: string[]): string => execFileSync(process.execPath, ['--snapshot-blob', snapshot, ...args], { encoding: 'utf8' }).trim();
    node('--build-snapshot', script);
    const tokens = [node(), node()];
    expect(tokens[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(tokens[1]).not.toBe(tokens[0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('F23: the runtime makes its tokens nowhere else', () => {
  const sources = readdirSync(RUNTIME, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && !file.startsWith('testing/'));
  expect(sources.filter((file) => readFileSync(path.join(RUNTIME, file), 'utf8').includes('randomUUID'))).toEqual(['execution/fresh-token.ts']);
});
