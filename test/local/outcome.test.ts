import type { Exchange } from '../../local/fronts/front';
import type { FunctionPlan } from '../../local/functions';
import { OutcomeLog, outcomeOfExchange, parseOutcomeLine } from '../../local/outcome';

const line = (field: unknown) => JSON.stringify({ level: 'INFO', idempotency: field });

test('the runtime\'s line tells outcome, id and request', () => {
  expect(parseOutcomeLine(line({ outcome: 'replayed', id: 'abc', requestId: 'r1' }))).toEqual({ outcome: 'replayed', id: 'abc', requestId: 'r1' });
  expect(parseOutcomeLine(line({ outcome: 'takeover', id: 'abc', attempt: 2, unpersisted: true }))).toEqual({ outcome: 'takeover', id: 'abc', attempt: 2, unpersisted: true });
  expect(parseOutcomeLine(`2026-11-23T00:00:00Z\tr1\tINFO\t${line({ outcome: 'passed' })}`)).toEqual({ outcome: 'passed', id: null });
});

test.each([
  ['a line about something else', '{"level":"INFO"}'],
  ['an outcome that there is not', line({ outcome: 'toString' })],
  ['no object', '"idempotency"'],
  ['broken JSON', '{"idempotency":'],
])('%s tells nothing', (_, text) => {
  expect(parseOutcomeLine(text)).toBeUndefined();
});

test('an outcome is handed out once, by its request', () => {
  const log = new OutcomeLog();
  log.observe({ functionId: 'f', requestId: 'r1', line: line({ outcome: 'executed', id: 'a' }) });
  log.observe({ functionId: 'f', line: line({ outcome: 'conflict', id: 'a', requestId: 'r2' }) });
  log.observe({ functionId: 'f', line: line({ outcome: 'replayed', id: 'a' }) });
  expect([log.take('r2'), log.take('r1'), log.take('r1')]).toEqual([{ outcome: 'conflict', id: 'a' }, { outcome: 'executed', id: 'a' }, undefined]);
});

test('what is told is passed on at once, for answers that have been given already', () => {
  const told: unknown[] = [];
  const log = new OutcomeLog((requestId, outcome) => told.push([requestId, outcome]));
  log.observe({ functionId: 'f', requestId: 'r1', line: line({ outcome: 'executed', id: 'a', attempt: 1, requestId: 'r0' }) });
  log.observe({ functionId: 'f', requestId: 'r1', line: 'something else' });
  expect(told).toEqual([['r0', { outcome: 'executed', id: 'a', attempt: 1 }]]);
});

test('what nobody asks for is bounded', () => {
  const log = new OutcomeLog(undefined, 2);
  for (const requestId of ['r1', 'r2', 'r3']) log.observe({ functionId: 'f', requestId, line: line({ outcome: 'passed' }) });
  expect([log.take('r1'), log.take('r3')]).toEqual([undefined, { outcome: 'passed', id: null }]);
});

describe('without a line', () => {
  const exchange = (status: number, body: string, headers: [string, string][], result: string | undefined, idempotent = true): Exchange => ({
    response: { status, headers, body: Buffer.from(body) },
    ...(result === undefined ? {} : { invocation: { function: { isIdempotent: idempotent } as FunctionPlan, result: result as 'returned' } }),
  });

  test.each([
    ['the gateway turned it away', exchange(404, '', [], undefined), 'rejected'],
    ['the gateway answered a preflight', exchange(204, '', [], undefined), 'passed'],
    ['a replay marker', exchange(201, '', [['X-Idempotent-Replay', 'true']], 'returned'), 'replayed'],
    ['a conflict code', exchange(409, '{"code":"IDEMPOTENCY_CONFLICT"}', [], 'returned'), 'conflict'],
    ['a mismatch code', exchange(422, '{"code": "IDEMPOTENCY_KEY_REUSED"}', [], 'returned'), 'mismatch'],
    ['a missing key', exchange(400, '{"code":"IDEMPOTENCY_KEY_MISSING"}', [], 'returned'), 'rejected'],
    ['a store out of reach', exchange(503, '{"code":"IDEMPOTENCY_STORE_UNAVAILABLE"}', [], 'returned'), 'store_error'],
    ['an unknown code', exchange(400, '{"code":"IDEMPOTENCY_ELSE"}', [], 'returned'), 'passed'],
    ['an answer of another kind', exchange(200, 'text', [], 'returned'), 'passed'],
    ['a function that died with the key in hand', exchange(500, '', [], 'crashed'), 'executed'],
    ['a function that the gateway gave up on', exchange(503, '', [], 'unfinished'), 'executed'],
    ['a plain function that died', exchange(500, '', [], 'crashed', false), 'passed'],
  ])('%s counts as what it shows', (_, shown, outcome) => {
    expect(outcomeOfExchange(shown, true)).toBe(outcome);
  });

  test('a function that died without a key has passed', () => {
    expect(outcomeOfExchange(exchange(500, '', [], 'timed-out'), false)).toBe('passed');
  });
});
