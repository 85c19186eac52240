import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { Bank, recordOf, stuck } from './support/bank';
import { RetryableError } from '../../runtime/index';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb';

let db: TestDynamoDb;
let tables = 0;
beforeAll(async () => { db = await startDynamoDb(); });
afterAll(() => db.stop());

const bank = async (respond?: (call: number) => unknown, options?: ConstructorParameters<typeof Bank>[3]) =>
  new Bank(db, await db.createTable(`release-${++tables}`), respond, options);

const items = async (table: string) => (await db.client.send(new ScanCommand({ TableName: table, ConsistentRead: true }))).Items!;

/** A bank with a first execution that hangs. */
async function stuckBank(options?: ConstructorParameters<typeof Bank>[3]) {
  const { respond, entered, open } = stuck();
  const of = await bank(respond, options);
  const first = of.pay('order-0001');
  await entered;
  return {
    of,
    first: async () => {
      open();
      return first;
    },
  };
}

test('a key in progress is freed: the next retry runs the handler again, and the first execution is no longer recorded', async () => {
  const { of, first } = await stuckBank();
  expect((await of.pay('order-0001')).statusCode).toBe(409);
  const { status, out } = await of.operator.run('release', [...recordOf('order-0001'), '--yes']);
  expect(status).toBe(0);
  expect(out).toMatch(/^state +in progress/m);
  expect(out).toContain('the handler may be at work, and a retry would run it a second time beside it');
  expect(out).toMatch(/Released. The next request with this key runs the handler again.$/);
  expect(await of.operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'released', attempt: 1 });

  expect(await of.pay('order-0001')).toMatchObject({ statusCode: 201, body: 'payment 2' });
  expect((await first()).statusCode).toBe(201);
  expect(await of.operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'completed', attempt: 2 });
  expect(await of.pay('order-0001')).toMatchObject({ body: 'payment 2', headers: { 'x-idempotent-replay': 'true' } });
});

test('a late completion after a release finds the tombstone and records nothing', async () => {
  const { of, first } = await stuckBank();
  await of.operator.run('release', [...recordOf('order-0001'), '--yes']);
  expect((await first()).headers).toMatchObject({ 'x-idempotent-persisted': 'false' });
  expect(await of.operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'released' });
});

test('F4: with takeover "never", a key whose execution died is freed', async () => {
  const { of, first } = await stuckBank({ takeover: 'never' });
  of.clock.advance(3_600_000);
  expect((await of.pay('order-0001')).statusCode).toBe(409);
  const { out } = await of.operator.run('release', [...recordOf('order-0001'), '--yes']);
  expect(out).toContain('whatever the first execution has done');
  expect((await of.pay('order-0001')).body).toBe('payment 2');
  await first();
});

describe('what changes between the look and the write is not released', () => {
  test('a takeover', async () => {
    const { of, first } = await stuckBank();
    of.clock.advance(32_001);
    const { status, out, err } = await of.operator.run('release', recordOf('order-0001'), {
      confirm: async () => {
        await of.pay('order-0001');
        return true;
      },
    });
    expect(status).toBe(1);
    expect(out).not.toContain('Released.');
    expect(err).toBe('the record has changed in between and is now completed: nothing is released. Inspect it again');
    expect(await of.pay('order-0001')).toMatchObject({ body: 'payment 2', headers: { 'x-idempotent-replay': 'true' } });
    await first();
  });

  test('its own completion', async () => {
    const { of, first } = await stuckBank();
    const { status, err } = await of.operator.run('release', recordOf('order-0001'), {
      confirm: async () => {
        await first();
        return true;
      },
    });
    expect([status, err]).toEqual([1, expect.stringContaining('is now completed')]);
    expect((await of.pay('order-0001')).body).toBe('payment 1');
  });

  test('a deletion, which leaves no new item behind', async () => {
    const { of, first } = await stuckBank();
    const { err } = await of.operator.run('release', recordOf('order-0001'), {
      confirm: async () => {
        const [{ id }] = await items(of.table) as [{ id: { S: string } }];
        await db.client.send(new DeleteItemCommand({ TableName: of.table, Key: { id } }));
        return true;
      },
    });
    expect(err).toContain('is now gone');
    expect(await items(of.table)).toEqual([]);
    await first();
  });
});

test('a completed key is refused, and the client still gets its answer', async () => {
  const of = await bank();
  await of.pay('order-0001');
  const { status, err } = await of.operator.run('release', [...recordOf('order-0001'), '--yes']);
  expect([status, err]).toEqual([1, expect.stringContaining('completed and not stuck: nothing is released')]);
  expect(await of.pay('order-0001')).toMatchObject({ body: 'payment 1', headers: { 'x-idempotent-replay': 'true' } });
});

test('with --force a completed key is freed and its response gone', async () => {
  const of = await bank();
  await of.pay('order-0001');
  const { status, out } = await of.operator.run('release', [...recordOf('order-0001'), '--yes', '--force']);
  expect([status, out]).toEqual([0, expect.stringContaining('Its recorded response is lost')]);
  expect(Object.keys((await items(of.table))[0]!).sort()).toEqual(['ca', 'expires_at', 'fp', 'gen', 'id', 'st', 'tok', 'v']);
  expect((await of.pay('order-0001')).body).toBe('payment 2');
  expect(of.handler.calls).toHaveLength(2);
});

test('without a terminal and without --yes nothing happens', async () => {
  const { of, first } = await stuckBank();
  const { status, err } = await of.operator.run('release', recordOf('order-0001'));
  expect([status, err]).toEqual([2, expect.stringContaining('nothing is released without --yes')]);
  expect(await of.operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'in_progress' });
  await first();
});

test('who is asked and does not say yes releases nothing', async () => {
  const { of, first } = await stuckBank();
  const questions: string[] = [];
  const { status, err } = await of.operator.run('release', recordOf('order-0001'), {
    confirm: async (question) => {
      questions.push(question);
      return false;
    },
  });
  expect([status, err, questions]).toEqual([1, 'nothing is released', ['Release it? [y/N] ']]);
  expect(await of.operator.json('inspect', recordOf('order-0001'))).toMatchObject({ state: 'in_progress' });
  await first();
});

test('where there is nothing to release it says so and is content', async () => {
  const of = await bank((call) => {
    if (call === 1) throw new RetryableError('busy');
    return { statusCode: 201 };
  });
  await of.pay('order-0001').catch(() => undefined);
  expect(await of.operator.run('release', [...recordOf('order-0001'), '--yes'])).toMatchObject({
    status: 0, out: expect.stringContaining('There is nothing to release: the record is released.'),
  });
  await of.pay('order-0002');
  of.clock.advance(86_403_000);
  expect(await of.operator.run('release', [...recordOf('order-0002'), '--yes'])).toMatchObject({
    status: 0, out: expect.stringContaining('There is nothing to release: the record is expired.'),
  });
});

test('a key without a record is an error and makes none', async () => {
  const of = await bank();
  const { status, err } = await of.operator.run('release', [...recordOf('order-0001'), '--yes']);
  expect([status, err]).toEqual([1, expect.stringContaining('has no record')]);
  expect(await items(of.table)).toEqual([]);
});

test('with --json the result alone is on standard output', async () => {
  const { of, first } = await stuckBank();
  expect(await of.operator.json('release', [...recordOf('order-0001'), '--yes'])).toMatchObject({ state: 'in_progress', attempt: 1, released: true });
  expect(await of.operator.json('release', [...recordOf('order-0001'), '--yes'])).toMatchObject({ state: 'released', released: false });
  await first();
});
