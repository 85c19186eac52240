import { violations, type Request } from './support/history';
import type { Execution } from './support/place';
import type { Reply } from './support/worker';

const answer = (run: string, more: object = {}): Reply =>
  ({ kind: 'answered', status: 201, body: { run }, replayed: false, persisted: true, ...more });
const replay = (run: string) => answer(run, { replayed: true });
const conflict: Reply = { kind: 'answered', status: 409, body: {}, replayed: false, persisted: true };
const outOfReach: Reply = { ...conflict, status: 503 };
const lost: Reply = { kind: 'lost' };

/** One after the other. */
const inTurn = (...replies: readonly Reply[]): readonly Request[] =>
  replies.map((reply, index) => ({ key: 'k', began: 2 * index, ended: 2 * index + 1, reply }));
const atOnce = (...replies: readonly Reply[]): readonly Request[] =>
  replies.map((reply, index) => ({ key: 'k', began: index, ended: replies.length + index, reply }));

const execution = (run: string, attempt: number, more: Partial<Execution> = {}): Execution =>
  ({ run, order: 'k', attempt, isTakeover: attempt > 1, derivedKey: 'd', began: 1000 * attempt, leaseEnd: 1000 * attempt + 900, ...more });

test.each([
  ['a lost request, a takeover, a replay', inTurn(lost, conflict, answer('b'), replay('b')), [execution('a', 1), execution('b', 2)]],
  ['an answer that was not recorded before the one that was', inTurn(answer('a', { persisted: false }), answer('b')), [execution('a', 1), execution('b', 2)]],
  ['a record out of reach after the answer', inTurn(answer('a'), outOfReach), [execution('a', 1)]],
  ['a conflict at the same time as the answer', atOnce(conflict, answer('a')), [execution('a', 1)]],
])('a history is accepted: %s', (_, requests, executions) => {
  expect(violations(requests, executions)).toEqual([]);
});

test.each([
  ['two answers', atOnce(answer('a'), replay('b')), [execution('a', 1), execution('b', 2)]],
  ['an answer of no execution', inTurn(answer('c')), [execution('a', 1)]],
  ['refused after the answer', inTurn(answer('a'), conflict), [execution('a', 1)]],
  ['executed after the answer', inTurn(replay('a'), answer('a')), [execution('a', 1)]],
  ['executed after the answer', inTurn(replay('a'), answer('b', { persisted: false })), [execution('a', 1), execution('b', 2)]],
  ['two first answers', atOnce(answer('a'), answer('a')), [execution('a', 1)]],
  ['a second execution that was not told', inTurn(lost, answer('b')), [execution('a', 1), execution('b', 2, { isTakeover: false })]],
  ['an execution within the lease of another', inTurn(lost, answer('b')), [execution('a', 1), execution('b', 2, { began: 1899 })]],
  ['two executions of one attempt', inTurn(lost, answer('b')), [execution('a', 2), execution('b', 2, { began: 3000 })]],
  ['two derived keys', inTurn(lost, answer('b')), [execution('a', 1), execution('b', 2, { derivedKey: 'e' })]],
])('a history is refused: %s', (problem, requests, executions) => {
  expect(violations(requests, executions)).toEqual([problem]);
});
