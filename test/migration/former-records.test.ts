import type { IdempotencyOptions } from '../../runtime/configuration/options';
import { idempotencyOf } from '../../runtime/execution/in-handler';
import { idempotent } from '../../runtime/idempotent';
import { MemoryStore } from '../../runtime/stores/memory/memory-store';
import { FormerRecords, FormerRecordsError, type FormerRecord } from '../../runtime/stores/migration/former-records';
import { httpApiEvent } from '../../runtime/testing/events';
import { recordingHandler } from '../../runtime/testing/recording-handler';
import { observed } from '../support/quiet';

type Handler = (event: unknown, context: object) => Promise<Record<string, unknown>>;

/** A home-made table: rows by the request id that clients have always sent. */
function shop(rows: Record<string, FormerRecord>, find = async (_event: unknown, _context: unknown, key: string) => rows[key] as FormerRecord | null | undefined, onDuplicate?: IdempotencyOptions['onDuplicate']) {
  const work = recordingHandler((call, _event, context) => ({ statusCode: 201, body: `${call} ${idempotencyOf(context as object)?.isTakeover ?? ''}` }));
  const { logger, metrics, lines } = observed();
  const store = new FormerRecords(new MemoryStore(), { find });
  const handler = idempotent(work, { store, headerName: 'Idempotency-Key', headerAliases: ['X-Request-ID'], tenant: 'none', onDuplicate, logger, metrics }) as Handler;
  return { work, lines, pay: (id: string) => handler(httpApiEvent({ headers: { 'X-Request-ID': id } }), {}) };
}

const soon = () => Math.floor(Date.now() / 1000) + 60;

test('what a home-made table has completed is replayed, as the gateway sent it', async () => {
  const { pay, work } = shop({ a: { status: 'completed', result: { paid: true } }, b: { status: 'completed', result: { statusCode: 402, body: 'no' }, expiresAt: soon() } });
  expect(await pay('a')).toMatchObject({ statusCode: 200, body: '{"paid":true}', headers: { 'X-Idempotent-Replay': 'true' } });
  expect(await pay('b')).toMatchObject({ statusCode: 402, body: 'no' });
  expect(work.calls).toHaveLength(0);
});

test('what is in progress there is a conflict; past its time it is taken over; without a time it never is', async () => {
  const { pay } = shop({
    live: { status: 'in-progress', leaseEnd: Date.now() + 60_000 },
    dead: { status: 'in-progress', leaseEnd: Date.now() - 60_000, expiresAt: soon() },
    endless: { status: 'in-progress' },
  });
  expect(await pay('live')).toMatchObject({ statusCode: 409 });
  expect(await pay('dead')).toMatchObject({ statusCode: 201, body: '1 true' });
  expect(await pay('endless')).toMatchObject({ statusCode: 409 });
});

test('what has expired there, and what it does not know, runs and is on record here', async () => {
  const { pay, work } = shop({ old: { status: 'completed', result: 'old', expiresAt: 1 } });
  expect(await pay('old')).toMatchObject({ statusCode: 201, body: '1 false' });
  expect(await pay('new')).toMatchObject({ statusCode: 201, body: '2 false' });
  expect(await pay('new')).toMatchObject({ statusCode: 201, body: '2 false' });
  expect(work.calls).toHaveLength(2);
});

test('F30: where the former table cannot be asked the handler does not run', async () => {
  const { pay, work } = shop({}, () => Promise.reject(new Error('connection refused')));
  expect(await pay('a')).toMatchObject({ statusCode: 503 });
  expect(work.calls).toHaveLength(0);
});

test('null is no record, as undefined is', async () => {
  const { pay } = shop({}, async () => null);
  expect(await pay('a')).toMatchObject({ statusCode: 201, body: '1 false' });
  expect(await pay('a')).toMatchObject({ statusCode: 201, body: '1 false' });
});

test.each<[string, unknown, RegExp]>([
  ['a status that there is not', { status: 'done', result: 1 }, /status of a record that find found must be 'completed' or 'in-progress', got "done"/],
  ['no status', { result: 1 }, /must be 'completed' or 'in-progress', got undefined/],
  ['a text', 'completed', /find must resolve to a record or to undefined, got "completed"/],
  ['an expiry in milliseconds', { status: 'completed', expiresAt: Date.now() + 1 }, /expiresAt of a record that find found must be a time in epoch seconds, got \d{13}/],
  ['an expiry that is a text', { status: 'in-progress', expiresAt: '9999999999' }, /expiresAt .* in epoch seconds, got "9999999999"/],
  ['a lease that ends at no time', { status: 'in-progress', leaseEnd: NaN }, /leaseEnd .* in epoch milliseconds, got null/],
  ['a creation before all time', { status: 'completed', createdAt: -1 }, /createdAt .* in epoch milliseconds, got -1/],
])('F66: find that finds %s stops the handler with an error that names it', async (_, found, cause) => {
  const find = async () => found as FormerRecord;
  const { pay, work, lines } = shop({}, find);
  expect(await pay('a')).toMatchObject({ statusCode: 503 });
  expect(work.calls).toHaveLength(0);
  expect(JSON.stringify(lines.at(-1))).toContain('FormerRecordsError (IDEMPOTENCY_FORMER_RECORD)');
  const store = new FormerRecords(new MemoryStore(), { find }).forRequest({ event: httpApiEvent(), context: {}, key: 'a', sentKey: 'a' });
  await expect(store.claim({} as never)).rejects.toThrow(cause);
});

test('onDuplicate is told when the record was made, where it says so', async () => {
  const told: Date[] = [];
  const { pay } = shop({ a: { status: 'completed', result: 1, createdAt: 1_700_000_000_000 }, b: { status: 'completed', result: 1 } }, undefined, (_, { createdAt }) => void told.push(createdAt));
  await pay('a');
  await pay('b');
  expect(told.map((time) => time.getTime())).toEqual([1_700_000_000_000, 0]);
});

test.each<[string, () => unknown, RegExp]>([
  ['no store', () => new FormerRecords(undefined as never, { find: async () => undefined }), /store must be a store, got undefined/],
  ['no find', () => new FormerRecords(new MemoryStore(), {} as never), /find must be a function of event and context, got undefined/],
])('throws when given %s', (_, construct, message) => {
  expect(construct).toThrow(FormerRecordsError);
  expect(construct).toThrow(message);
});
