import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const INTEG = join(ROOT, 'integ');
const cases = readdirSync(INTEG).filter((file) => /^integ\..+\.ts$/.test(file));

const filesOf = (name: string): string[] => readdirSync(join(INTEG, `${name}.snapshot`)).filter((file) => !file.startsWith('asset.'));
const textOf = (name: string, file: string): string => readFileSync(join(INTEG, `${name}.snapshot`, file), 'utf8');

test('there is a case for each construct that functions are attached by, and one for relays', () => {
  expect(cases).toEqual(expect.arrayContaining(['integ.attach.ts', 'integ.http-api.ts', 'integ.relay.ts', 'integ.rest-api.ts']));
});

describe.each(cases)('the snapshot of %s', (name) => {
  test('compares assets too, so that changed code does not pass for the same', () => {
    const { testCases } = JSON.parse(textOf(name, 'integ.json'));
    expect(Object.values(testCases)).toEqual([expect.objectContaining({ diffAssets: true })]);
  });

  test('holds requests to be answered: paid, replayed, refused for another body', () => {
    const assertions = filesOf(name).filter((file) => /DeployAssert.+\.template\.json$/.test(file)).map((file) => textOf(name, file)).join();
    expect(assertions).toContain('x-idempotent-replay');
    expect(assertions).toContain('IDEMPOTENCY_KEY_REUSED');
  });

  test('holds no path of the machine that made it', () => {
    for (const file of filesOf(name)) {
      expect(textOf(name, file)).not.toContain(ROOT);
      expect(textOf(name, file)).not.toMatch(/\/integ\/|node_modules|file:\/\//);
    }
  });
});
