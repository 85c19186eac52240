import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serve } from '../../local/http/server';
import { validateOptions } from '../../runtime/configuration/options-schema';
import { ResponseSealed } from '../../runtime/errors';
import { detectFront } from '../../runtime/request/fronts/detect';
import { parseKey } from '../../runtime/request/key';
import { unpack } from '../../runtime/response/codec';
import { DynamoDbStore } from '../../runtime/stores/dynamodb/dynamodb-store';
import type { DynamoDbTransport } from '../../runtime/stores/dynamodb/dynamodb-transport';
import { casesOf, keep } from '../../scripts/fuzz/corpus';
import { fuzzSection, withFigures } from '../../scripts/fuzz/page';
import { run, runsOf } from '../../scripts/fuzz/run';
import type { Target } from '../../scripts/fuzz/target';
import { targets } from '../../scripts/fuzz/targets';
import { canonicalJsonTarget } from '../../scripts/fuzz/targets/canonical-json';
import { codecTarget } from '../../scripts/fuzz/targets/codec';
import { frontsTarget } from '../../scripts/fuzz/targets/fronts';
import { keyTarget } from '../../scripts/fuzz/targets/key';
import { localServerTarget } from '../../scripts/fuzz/targets/local-server';
import { logReaderTarget } from '../../scripts/fuzz/targets/log-reader';
import { settingsTarget } from '../../scripts/fuzz/targets/settings';
import { storedItemsTarget } from '../../scripts/fuzz/targets/stored-items';

const RUNS = 20_000;
/** Milliseconds: what takes seconds alone takes a minute beside a busy neighbour. */
const LONGEST = 300_000;
const ALL = targets();

afterAll(() => Promise.all(ALL.map((target) => target.close?.())));

describe('random and hostile input', () => {
  const shares = runsOf(ALL, RUNS);

  test.each(ALL.map((target) => [target.name, shares.get(target.name)!, target] as const))('F66, F215, F216, F217: %s holds for %i inputs', async (name, runs, target) => {
    const { finding } = await run(target, runs, jest.getSeed());
    if (finding !== undefined) throw new Error(`${name}: ${finding.problem}, for ${JSON.stringify(finding.input).slice(0, 2_000)}`);
  }, LONGEST);

  test('the targets share the runs', () => {
    expect([...shares.values()].reduce((sum, runs) => sum + runs)).toBeGreaterThan(RUNS - ALL.length);
  });
});

describe('past findings', () => {
  const cases = ALL.flatMap((target) => casesOf(target.name).map(({ file, found, input }) => [target.name, file, found, target, input] as const));

  test.each(cases)('F66, F215, F216, F217: %s, %s: no longer "%s"', async (_name, _file, _found, target, input) => {
    await target.check(input);
  });

  test('there are some, and none for a target that there is not', () => expect(cases.length).toBeGreaterThan(5));

  test('a finding is kept, and read again as it was', () => {
    const corpus = mkdtempSync(join(tmpdir(), 'corpus-'));
    expect(casesOf('key', corpus)).toEqual([]);
    keep('key', { input: { header: ['__proto__'] }, problem: 'the key' }, corpus);
    expect(casesOf('key', corpus)).toEqual([{ file: expect.stringMatching(/^[0-9a-f]{12}\.json$/), found: 'the key', input: { header: ['__proto__'] } }]);
  });
});

const wrongly = <T extends object>(original: T, wrong: Partial<T>): T => Object.assign(Object.create(original) as T, wrong);

/** A part of each target, broken in one way. */
const BROKEN: readonly Target[] = [
  canonicalJsonTarget((bytes) => {
    try {
      return JSON.stringify(JSON.parse(bytes.toString()));
    } catch {
      return undefined;
    }
  }),
  codecTarget((stored, seal) => {
    try {
      return unpack(stored, seal);
    } catch (error) {
      if (error instanceof ResponseSealed) return { statusCode: 200, headers: [], cookies: [], body: '', isBase64Encoded: false };
      throw error;
    }
  }),
  frontsTarget((event) => {
    const front = detectFront(event);
    return front && { ...front, withHeaders: (result) => result };
  }),
  keyTarget((request, settings) => {
    const found = parseKey(request, settings);
    return found.kind === 'key' ? { ...found, value: found.value.trim().toLowerCase() } : found;
  }),
  localServerTarget(async (...words) => {
    const server = await serve(...words);
    return {
      ...server,
      open: (api, invoke) => server.open(wrongly(api, {
        handle: async (request, through) => {
          await api.handle(request, through);
          return api.handle(request, through);
        },
      }), invoke),
    };
  }),
  logReaderTarget(() => ({ push: () => [] })),
  settingsTarget((options, where) => {
    try {
      return validateOptions(options, where);
    } catch (cause) {
      throw new TypeError('no', { cause });
    }
  }),
  storedItemsTarget((transport) => new DynamoDbStore({
    tableName: 'keys',
    transport: wrongly<DynamoDbTransport>(transport, { update: (request, ...more) => transport.update({ ...request, condition: `(${request.condition}) OR attribute_not_exists(zz)` }, ...more) }),
  })),
] as unknown as readonly Target[];

describe('a part that is broken', () => {
  test('there is one of each target', () => {
    expect(BROKEN.map(({ name }) => name).sort()).toEqual(ALL.map(({ name }) => name).sort());
  });

  test.each(BROKEN.map((target) => [target.name, target] as const))('%s: is found out, and the same again for the same seed', async (_name, target) => {
    try {
      const { finding, runs } = await run(target, 2_000, 1);
      expect(finding?.problem).toEqual(expect.any(String));
      expect(await run(target, 2_000, 1)).toEqual({ finding, runs });
    } finally {
      await target.close?.();
    }
  });

  test('an input that never ends is a finding', async () => {
    const endless = { ...keyTarget(), check: () => new Promise<void>(() => undefined) };
    expect(await run(endless, 1, 1, 50)).toMatchObject({ finding: { problem: expect.stringContaining('timeout') } });
  });
});

describe('the page', () => {
  test('figures stand in the place of the last ones, whatever stands around them', () => {
    const first = withFigures('# Proof\n\nBy others.\n', 'one $& run');
    expect(first).toMatch(/^# Proof\n\nBy others\.\n\n<!-- fuzz:begin -->\n## Fuzzing\n[^]*\none \$& run\n<!-- fuzz:end -->\n$/);
    const second = withFigures(`${first}\n## After\n`, 'two runs');
    expect(second).toMatch(/By others\.[^]*two runs[^]*## After\n$/);
    expect(second).not.toContain('one $& run');
    expect(fuzzSection(second)).toMatch(/^<!-- fuzz:begin -->[^]*<!-- fuzz:end -->$/);
    expect(fuzzSection('# Proof\n')).toBeUndefined();
  });
});

describe('the command', () => {
  const fuzz = (...words: readonly string[]) => promisify(execFile)(process.execPath, ['--import', 'tsx', join(__dirname, '..', '..', 'scripts', 'fuzz.ts'), ...words]);

  test('ends with one line of figures', async () => {
    const { stdout } = await fuzz('--only', 'key', '--runs', '50', '--seed', '7');
    expect(stdout).toMatch(/^key: 50 runs\nFuzz: 50 runs over 1 target in \d+ s, seed 7: nothing found\.\n$/);
  });

  test.each([
    [['--only', 'keys'], '--only names "keys", which is none of fronts, key,'],
    [['--runs', '1e6'], '--runs is "1e6"; give a whole number'],
  ])('%j is refused', async (words, problem) => {
    await expect(fuzz(...words)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(problem) });
  });
});
