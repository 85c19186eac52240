import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFor, targetAt } from './support/reference';
import { conformanceCommand } from '../../conformance/command';
import { ConformanceError } from '../../conformance/conformance-error';
import type { Reference } from '../../conformance/peers/reference/server';
import type { Results } from '../../conformance/report/results';
import { freePort } from '../support/ports';

jest.setTimeout(60_000);

let reference: Reference;
let broken: Reference;
let directory: string;

beforeAll(async () => {
  [reference, broken] = await Promise.all([startFor('ietf-07'), startFor('ietf-07', 'claim-not-atomic')]);
  directory = mkdtempSync(path.join(tmpdir(), 'conformance-'));
});
afterAll(async () => {
  await Promise.all([reference.stop(), broken.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

async function run(...argv: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const output = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) };
  const status = await conformanceCommand(argv, { directory, output, version: '1.2.3', now: () => new Date('2026-11-25T12:00:00Z') });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

const against = ({ url }: Reference) => {
  const { tokenA, tokenB, effects } = targetAt(url, 'ietf-07');
  return ['--url', `${url}/payments`, '--effects', effects!, '--token-a', tokenA!, '--token-b', tokenB!];
};
const file = (name: string, text?: string) => {
  if (text !== undefined) writeFileSync(path.join(directory, name), text);
  return path.join(directory, name);
};
const read = (name: string) => readFileSync(path.join(directory, name), 'utf8');

test('a server that breaks no MUST ends with status 0, with a line for each test and a count of each level', async () => {
  const { status, out } = await run(...against(reference), '--only', 'mismatch,tenants');
  expect(status).toBe(0);
  expect(out).toContain('pass   mismatch.body                SHOULD answer 422 to a used key with another body');
  expect(out).toMatch(/^n\/a +mismatch\.path .*\n +needs --route other=URL$/m);
  expect(out).toMatch(/^MUST +\d+ pass +0 fail +0 not set up +0 not judged +\d+ not applicable$/m);
  expect(out).toContain('No MUST is broken.');
});

test('a broken MUST ends with status 1, and its line says what was seen and which rule it breaks', async () => {
  const { status, out } = await run(...against(broken), '--only', 'in-flight.parallel');
  expect(status).toBe(1);
  expect(out).toMatch(/^FAIL +in-flight\.parallel .*\n +\d+ successful answers of one operation are \d+ different ones\n +RFC 9110, HTTP Semantics, section 9\.2\.2: /m);
  expect(out).toContain('1 MUST is broken: in-flight.parallel');
});

test('a failure that the baseline knows does not count; one that is none any more does', async () => {
  const baseline = file('baseline.json', '{"in-flight.parallel":"being mended"}');
  const known = await run(...against(broken), '--only', 'in-flight.parallel', '--baseline', baseline);
  expect([known.status, known.out]).toEqual([0, expect.stringContaining('known: in-flight.parallel: being mended')]);
  const stale = await run(...against(reference), '--only', 'in-flight.parallel', '--baseline', baseline);
  expect([stale.status, stale.out]).toEqual([1, expect.stringContaining('stale: in-flight.parallel is in the baseline, and passes; take it out')]);
  const leftOut = await run(...against(reference), '--only', 'replay.once', '--baseline', baseline);
  expect(leftOut.status).toBe(0);
});

test('an entry of the baseline that names no test is stale where every test is run', async () => {
  const { stale } = await import('../../conformance/report/baseline').then(({ verdictOf }) => verdictOf([], { 'replay.gone': 'once' }, true));
  expect(stale).toEqual([{ id: 'replay.gone', why: 'there is no such test in this profile' }]);
});

test('results are written as JSON, as JUnit and as a page', async () => {
  const { status } = await run(...against(broken), '--only', 'replay.once,replay.marked,in-flight.parallel,mismatch.path', '--name', 'a & b',
    '--json', 'out/results.json', '--junit', 'junit.xml', '--html', 'page.html');
  expect(status).toBe(1);
  const results = JSON.parse(read('out/results.json')) as Results;
  expect(results).toMatchObject({
    format: 1, kit: 'cdk-idempotent-api 1.2.3', profile: 'ietf-07', date: '2026-11-25', target: { name: 'a & b' }, observed: 'endpoint', keys: 'quoted',
  });
  expect(results.results['replay.once']).toBe(true);
  expect(results.results['mismatch.path']).toEqual(['not applicable', 'needs --route other=URL']);
  expect(results.results['in-flight.parallel']).toEqual(['fails', expect.stringContaining('different ones')]);
  expect(results.exchanges['replay.once']!.map(({ name, answer }) => [name, answer!.line])).toEqual([['first', 'HTTP/1.1 201'], ['again', 'HTTP/1.1 201']]);

  const junit = read('junit.xml');
  expect(junit).toContain('<testsuites name="a &amp; b">');
  expect(junit).toMatch(/<testsuite name="in-flight" tests="1" failures="1" errors="0" skipped="0">/);
  expect(junit).toContain('<skipped message="not applicable: needs --route other=URL"/>');
  expect(junit).toMatch(/<failure message="\d+ successful answers[^"]*">RFC 9110[^<]*POST \/payments/);

  expect(read('page.html')).toContain('<script id="data" type="application/json">{"levels":');
});

test('no credential stands in a result', async () => {
  const argv = [...against(reference), '--header', 'X-Api-Key: very secret', '--only', 'replay.once,tenants.isolated', '--json', '-'];
  const { out } = await run(...argv);
  expect(out).toContain('"authorization: ***"');
  for (const secret of ['token-of-a', 'token-of-b', 'very secret']) expect(out).not.toContain(secret);
});

test('standard output is one document where it is asked for, and what else is said goes to standard error', async () => {
  const { out, err } = await run(...against(reference), '--only', 'replay.once', '--json', '-');
  expect((JSON.parse(out) as Results).results).toEqual({ 'replay.once': true });
  expect(err).toContain('pass   replay.once');
});

test('--list prints every test with its rule and sends nothing', async () => {
  const { status, out } = await run('--list', '--profile', 'stripe');
  expect(status).toBe(0);
  expect(out).toContain('replay.server-error\n  MUST replay a 500 that the operation answered\n  draft-ietf');
  expect(out).not.toContain('key.comma-inside');
});

test.each([
  [[], '--url is missing; give the operation under test, such as https://api.example.com/payments'],
  [['--url', 'api.example.com'], 'url "api.example.com" is not an http(s) URL; give one such as https://api.example.com/payments'],
  [['--url', 'http://a', '--profile', 'w3c'], '--profile "w3c" is none of ietf-07, stripe, ours'],
  [['--url', 'http://a', '--route', 'mine=http://b'], 'route "mine" is none of other, required, waiting, brief, remembering, dated'],
  [['--url', 'http://a', '--route', 'brief'], '--route "brief" is not of the form NAME=URL'],
  [['--url', 'http://a', '--ttl', 'soon'], '--ttl "soon" is not a number'],
  [['--url', 'http://a', '--concurrency', '1.5'], 'concurrency "1.5" is not a whole number above 0'],
  [['--url', 'http://a', '--header', 'secret'], '--header is not of the form "Name: value"'],
  [['--url', 'http://a', '--body', '@missing.json'], '--body @missing.json: the file cannot be read'],
  [['--url', 'http://a', '--key-header', 'My Key'], 'keyHeader "My Key" is not the name of a header'],
  [['--url', 'http://a', '--only', 'nothing'], '--only nothing: no test of this profile has that id or topic'],
  [['--url', 'http://a', '--ulr', 'http://b'], 'unknown flag --ulr'],
  [['--url', 'http://a', '--url', 'http://b'], '--url is given twice'],
  [['--url', '--json', 'x'], '--url needs a value'],
  [['http://a'], 'there is an argument that belongs to no flag'],
])('a wrong command line (%j) ends with status 2', async (argv, message) => {
  const error = await run(...argv).catch((each: unknown) => each) as ConformanceError;
  expect(error).toBeInstanceOf(ConformanceError);
  expect([error.code, error.exitCode, error.message]).toEqual(['USAGE', 2, expect.stringContaining(message)]);
});

test.each([
  ['no JSON', 'cannot be read as JSON'],
  ['["replay.once"]', 'is no baseline: write an object of test ids, each with the reason why it fails'],
  ['{"replay.once":""}', 'is no baseline'],
])('a baseline that is none (%s) is told', async (text, message) => {
  await expect(run(...against(reference), '--baseline', file('wrong.json', text))).rejects.toThrow(message);
});

describe('a target that cannot be tested ends with status 3', () => {
  const failing = async (...argv: readonly string[]) => {
    const error = await run(...argv).catch((each: unknown) => each) as ConformanceError;
    expect([error.code, error.exitCode]).toEqual(['TARGET', 3]);
    return error.message;
  };

  test('that does not answer', async () => {
    expect(await failing('--url', `http://127.0.0.1:${await freePort()}/`)).toMatch(/^POST http:\/\/127\.0\.0\.1:\d+\/: no answer: .*ECONNREFUSED/);
  });

  test('that lets nobody in', async () => {
    expect(await failing('--url', `${reference.url}/payments`)).toContain('is not answered with a success: with a quoted key 401');
  });

  test('whose effects endpoint is none', async () => {
    const { url } = reference;
    expect(await failing(...against(reference).map((each) => each.replace('/effects', '/policy')))).toContain(`the effects endpoint ${url}/policy answered 200`);
  });

  test('whose handler counts nothing', async () => {
    const argv = against(reference).map((each) => each.replace(`${reference.url}/effects`, `${broken.url}/effects`));
    expect(await failing(...argv)).toContain('its handler must count the header Conformance-Effect');
  });
});
