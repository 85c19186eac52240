import { History } from '../../local/window/history';
import type { StoredView } from '../../local/window/records';
import { timelineOf } from '../../local/window/timeline';

/** A history whose clock is moved by hand, and what a runner tells it. */
function told(maxEntries?: number) {
  let now = 1_000;
  const history = new History(() => now, maxEntries);
  return {
    history,
    at: (time: number) => { now = time; },
    arrives: (requestId: string, key: string | null = 'k', sender = `sender of ${key}`) =>
      history.arrived({ requestId, api: 'Api', method: 'POST', path: '/p', key, sender }),
    tells: (requestId: string, outcome: 'executed' | 'replayed' | 'conflict' | 'mismatch' | 'takeover' | 'superseded' | 'rejected' | 'store_error', attempt?: number, more = {}) =>
      history.told(requestId, { outcome, id: outcome === 'rejected' ? null : 'id', ...(attempt === undefined ? {} : { attempt }), ...more }),
    answers: (requestId: string, status = 201, ended: 'returned' | 'crashed' | 'timed-out' | 'unfinished' | 'gateway' = 'returned', outcome: 'executed' | 'passed' | 'rejected' = 'executed') =>
      history.answered(requestId, { outcome, status, code: null, ended }),
  };
}

const record = (fields: Partial<Extract<StoredView, { status: string }>> = {}): StoredView =>
  ({ table: 'T', status: 'C', attempt: 1, claimedAt: 1_000, leaseEnd: null, expiresAt: 90_000, response: null, ...fields });

const kinds = (history: History, stored: StoredView | null = null) => timelineOf(history.ofRecord('id'), stored).map(({ kind, at }) => [kind, at]);

test('an execution is claimed and completed, and every duplicate follows it', () => {
  const { history, at, arrives, tells, answers } = told();
  arrives('r1');
  at(1_050);
  arrives('r2');
  tells('r2', 'conflict');
  answers('r2', 409);
  at(1_100);
  tells('r1', 'executed', 1);
  history.recorded(1, { status: 'C', attempt: 1, claimedAt: 1_010, expiresAt: 90_000 });
  answers('r1');
  for (const [requestId, outcome, status] of [['r3', 'replayed', 201], ['r4', 'mismatch', 422], ['r5', 'store_error', 503]] as const) {
    at(1_200 + status);
    arrives(requestId);
    tells(requestId, outcome);
    answers(requestId, status);
  }
  expect(kinds(history, record({ claimedAt: 1_010 }))).toEqual([
    ['claimed', 1_010], ['conflict', 1_050], ['completed', 1_100], ['replayed', 1_401], ['mismatch', 1_622], ['store_error', 1_703], ['expires', 90_000],
  ]);
});

test('F3: a function that died is a claim that got lost, found by the key of the retry that took over', () => {
  const { history, at, arrives, tells, answers } = told();
  arrives('r1');
  at(1_020);
  answers('r1', 500, 'crashed');
  expect(history.entries[0]).toMatchObject({ outcome: 'executed', id: null, ended: 'crashed' });
  at(4_100);
  arrives('r2');
  tells('r2', 'takeover', 2);
  answers('r2');
  expect(kinds(history)).toEqual([['claimed', 1_000], ['lost', 1_020], ['takeover', 4_100], ['completed', 4_100]]);
});

test('while a claim is lost, its lease and its retention are still to end', () => {
  const { history, at, arrives, tells, answers } = told();
  arrives('r1');
  at(1_020);
  answers('r1', 500, 'timed-out');
  arrives('r2');
  tells('r2', 'conflict');
  answers('r2', 409);
  expect(kinds(history, record({ status: 'P', claimedAt: 1_005, leaseEnd: 3_005, expiresAt: 93_000 }))).toEqual([
    ['claimed', 1_000], ['lost', 1_020], ['conflict', 1_020], ['lease_ends', 3_005], ['expires', 93_000],
  ]);
});

test('F1: who finishes after a takeover is superseded', () => {
  const { history, at, arrives, tells, answers } = told();
  arrives('r1');
  at(5_000);
  arrives('r2');
  tells('r2', 'takeover', 2);
  answers('r2');
  at(6_000);
  tells('r1', 'superseded', 1);
  answers('r1');
  expect(kinds(history)).toEqual([['claimed', 1_000], ['takeover', 5_000], ['completed', 5_000], ['superseded', 6_000]]);
});

test('F20: what the gateway gave up on completes when the function says so, and is counted as what it became', () => {
  const { history, at, arrives, tells, answers } = told();
  arrives('r1');
  at(1_300);
  answers('r1', 503, 'unfinished');
  expect(history.counters).toMatchObject({ running: 0, outcomes: { executed: 1, takeover: 0 } });
  at(2_000);
  tells('r1', 'takeover', 2);
  expect(kinds(history)).toEqual([['takeover', 1_000], ['gave_up', 1_300], ['completed', 2_000]]);
  expect(history.counters).toMatchObject({ total: 1, outcomes: { executed: 0, takeover: 1 } });
});

test('an answer that is not kept is released or not recorded, never completed', () => {
  const { history, at, arrives, tells, answers } = told();
  arrives('r1');
  tells('r1', 'executed', 1);
  history.recorded(1, { status: 'R', attempt: 1, claimedAt: 1_000, expiresAt: 90_000 });
  answers('r1', 500);
  at(2_000);
  arrives('r2');
  tells('r2', 'executed', 2, { unpersisted: true });
  answers('r2');
  expect(kinds(history)).toEqual([['claimed', 1_000], ['released', 1_000], ['claimed', 2_000], ['unpersisted', 2_000]]);
});

test('a record that has been claimed again says nothing about the execution before', () => {
  const { history, arrives, tells, answers } = told();
  arrives('r1');
  tells('r1', 'executed', 1);
  answers('r1');
  history.recorded(1, { status: 'P', attempt: 2, claimedAt: 2_000, expiresAt: 90_000 });
  expect(history.entries[0]!.record).toBeNull();
});

test('a claim of an earlier start is known from the record alone', () => {
  const { history } = told();
  expect(kinds(history, record({ claimedAt: 500 }))).toEqual([['claimed', 500], ['expires', 90_000]]);
  expect(kinds(history, { table: 'T', unreadable: 'newer-version' })).toEqual([]);
});

test('requests are linked by key and caller, and not where no record can be', () => {
  const { history, arrives, tells, answers } = told();
  arrives('r1', 'k', 'one caller');
  tells('r1', 'executed', 1);
  answers('r1');
  arrives('r2', 'k', 'one caller');
  arrives('r3', 'k', 'another caller');
  arrives('r4', null, 'one caller');
  arrives('r5', 'k', 'one caller');
  answers('r5', 401, 'gateway', 'rejected');
  expect(history.entries.map(({ id }) => id)).toEqual(['id', 'id', null, null, null]);
  expect(history.counters).toMatchObject({ total: 5, running: 3 });
});

test('the oldest requests are forgotten, and still counted', () => {
  const { history, arrives, answers } = told(2);
  for (const requestId of ['r1', 'r2', 'r3']) arrives(requestId);
  for (const requestId of ['r1', 'r2', 'r3']) answers(requestId);
  expect(history.entries.map(({ number }) => number)).toEqual([2, 3]);
  expect(history.counters).toMatchObject({ total: 3, running: 0, outcomes: { executed: 3 } });
});
