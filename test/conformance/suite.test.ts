import { startFor, targetAt } from './support/reference';
import { ConformanceFailure, PROFILE_NAMES, suite, suiteOf, type ConformanceTest, type Target } from '../../conformance';
import type { Reference } from '../../conformance/peers/reference/server';

jest.setTimeout(60_000);

let reference: Reference;
let broken: Reference;
beforeAll(async () => {
  [reference, broken] = await Promise.all([startFor('ietf-07'), startFor('ietf-07', 'claim-not-atomic')]);
});
afterAll(() => Promise.all([reference.stop(), broken.stop()]));

const named = (id: string, tests: readonly ConformanceTest[] = suite) => tests.find((test) => test.id === id)!;

/** What waits for a retention or a lease is run elsewhere. */
const quick = suite.filter(({ id }) => !/^(crash|expiry)\./.test(id));

describe('in a test framework of another kind', () => {
  for (const each of quick) test(each.title, () => each.run(target()));

  let kept: Target | undefined;
  const target = () => (kept ??= targetAt(reference.url, 'ietf-07'));
});

test('a MUST that does not hold rejects with what was seen, its rule and its exchanges', async () => {
  const failure = await named('in-flight.parallel').run(targetAt(broken.url, 'ietf-07')).catch((error: unknown) => error) as ConformanceFailure;
  expect(failure).toBeInstanceOf(ConformanceFailure);
  expect(failure.message).toMatch(/^in-flight\.parallel: \d+ successful answers of one operation are \d+ different ones$/);
  expect(failure.test.rule).toMatchObject({ source: 'rfc9110', section: '9.2.2' });
  expect(failure.exchanges[0]).toMatchObject({ name: 'requests', request: { line: 'POST /payments' }, answer: { line: 'HTTP/1.1 201' } });
});

test('a CHECK that says no, and a test that the target has nothing for, resolve with that', async () => {
  const { routes, ...bare } = targetAt(reference.url, 'ietf-07');
  expect(routes).toBeDefined();
  expect(await named('mismatch.json-order').run(bare)).toEqual(['fails', expect.stringContaining('answered 422')]);
  expect(await named('mismatch.path').run(bare)).toEqual(['not applicable', 'needs --route other=URL']);
});

test('each profile has its own tests and levels', () => {
  const levelOf = (id: string) => PROFILE_NAMES.map((profile) => named(id, suiteOf(profile))?.level);
  expect(levelOf('key.bare')).toEqual(['CHECK', 'MUST', 'MUST']);
  expect(levelOf('key.comma-inside')).toEqual(['SHOULD', undefined, 'MUST']);
  expect(named('key.bare', suiteOf('stripe')).title).toBe('MUST: a bare key protects, as most clients send it');
});
