import { randomBytes } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { CommitError, EffectsRefusedError } from '../../../runtime/execution/commit-errors';
import { idempotencyOf, RetryableError, type IdempotentExecution } from '../../../runtime/execution/in-handler';
import { marshallEffects } from '../../../runtime/execution/marshall-effects';
import { DynamoDbStore } from '../../../runtime/stores/dynamodb/dynamodb-store';
import { MemoryStore } from '../../../runtime/stores/memory/memory-store';
import { DualWriteStore } from '../../../runtime/stores/migration/dual-write-store';
import type { Commit, CommitReply, IdempotencyStore } from '../../../runtime/stores/store';
import { startDynamoDb, type TestDynamoDb } from '../../support/dynamodb';
import { MARKER, Shop, gate, settled } from '../../support/shop';
import { TRANSPORTS, faultyStores } from '../../support/transports';

let server: TestDynamoDb;
beforeAll(async () => {
  server = await startDynamoDb();
  await server.createTable('keys');
  await server.createTable('accounts');
});
afterAll(() => server.stop());

let keys = 0;
const newKey = (): string => `transfer-${keys++}`;

const CIRCLE: Record<string, unknown> = {};
CIRCLE.item = { M: CIRCLE };

const RESPONSE = { statusCode: 201, headers: { 'content-type': 'text/plain' }, body: 'moved' };

const add = (id: string, condition?: string) => ({
  Update: {
    TableName: 'accounts',
    Key: { id: { S: id } },
    UpdateExpression: 'ADD balance :ten',
    ExpressionAttributeValues: { ':ten': { N: '10' } },
    ...(condition === undefined ? {} : { ConditionExpression: condition }),
  },
});

async function balance(id: string): Promise<string | undefined> {
  const { Item } = await server.client.send(new GetItemCommand({ TableName: 'accounts', Key: { id: { S: id } }, ConsistentRead: true }));
  return Item?.balance?.N;
}

type Handle = (execution: IdempotentExecution, call: number) => unknown;

type Replies = (send: number, carryOut: () => Promise<CommitReply>, commit: Commit) => Promise<CommitReply>;

/** A bank over the embedded DynamoDB; `replies` stand in the way of its transactions. */
function bank(handle: Handle, replies: Replies = (_, carryOut) => carryOut()) {
  const real = new DynamoDbStore({ tableName: 'keys', client: server.client });
  const commits: Commit[] = [];
  const store: IdempotencyStore = {
    limits: real.limits,
    claim: (claim) => real.claim(claim),
    complete: (completion) => real.complete(completion),
    release: (release) => (released.push(release.id), real.release(release)),
    read: (id) => real.read(id),
    commit: (commit) => (commits.push(commit), replies(commits.length, () => real.commit!(commit), commit)),
  };
  const released: string[] = [];
  const shop = new Shop({ options: { store }, respond: (call, _, context) => handle(idempotencyOf(context as object)!, call) });
  return { shop, commits, released, real };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => { throw new Error('did not reject'); }, (error: unknown) => error);
}

describe('a handler that commits', () => {
  test('F200: has its effects once, and retries get its response', async () => {
    const key = newKey();
    const { shop } = bank(({ commit }) => commit(RESPONSE, [add(key)]));
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'moved' });
    const retry = await shop.pay(key);
    expect(retry).toMatchObject({ statusCode: 201, body: 'moved', headers: { [MARKER]: 'true' } });
    expect([await balance(key), shop.handler.calls.length]).toEqual(['10', 1]);
  });

  test.each<[string, Handle]>([
    ['throws after it', async ({ commit }) => { await commit(RESPONSE, [add('thrown')]); throw new Error('after the commit'); }],
    ['asks to be retried after it', async ({ commit }) => { await commit(RESPONSE, []); throw new RetryableError('too late'); }],
    ['returns something else', async ({ commit }) => { await commit(RESPONSE, []); return { statusCode: 500, body: 'no' }; }],
    ['returns nothing', async ({ commit }) => { await commit(RESPONSE, []); }],
    ['does not wait for it', ({ commit }) => { void commit(RESPONSE, []); }],
    ['changes the response after it', async ({ commit }) => { const response = { ...RESPONSE }; await commit(response, []); response.body = 'changed'; return response; }],
  ])('F203: and %s: its caller gets what was committed, and so does every retry', async (_, handle) => {
    const key = newKey();
    const { shop } = bank(handle);
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'moved' });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'moved', headers: { [MARKER]: 'true' } });
    expect(shop.handler.calls).toHaveLength(1);
  });

  test('F81, F200: and whose response is large, has its body beside the record, put before the transaction', async () => {
    const key = newKey();
    const body = randomBytes(60_000).toString('base64');
    const wires = faultyStores('requests of our own');
    const { store, sent } = await wires.storeWith(server.endpoint, () => 'pass');
    const respond = (_: number, __: unknown, context: unknown) => idempotencyOf(context as object)!.commit({ ...RESPONSE, body }, [add(key)]);
    const shop = new Shop({ options: { store }, respond });
    try {
      expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body });
      expect(sent).toEqual(['UpdateItem', 'UpdateItem', 'TransactWriteItems']);
      expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body, headers: { [MARKER]: 'true' } });
      expect(sent.slice(3)).toEqual(['UpdateItem', 'GetItem']);
      expect([await balance(key), shop.handler.calls.length]).toEqual(['10', 1]);
    } finally {
      await wires.stop();
    }
  });

  test('F81, F200: and whose large body cannot be put beside the record, has it in the record', async () => {
    const key = newKey();
    const body = randomBytes(60_000).toString('base64');
    const real = new DynamoDbStore({ tableName: 'keys', client: server.client });
    const store: IdempotencyStore = {
      limits: real.limits,
      bodies: { put: () => Promise.reject(new Error('no place')), get: () => Promise.reject(new Error('no place')) },
      claim: (claim) => real.claim(claim),
      complete: (completion) => real.complete(completion),
      release: (release) => real.release(release),
      read: (id) => real.read(id),
      commit: (commit) => real.commit!(commit),
    };
    const respond = (_: number, __: unknown, context: unknown) => idempotencyOf(context as object)!.commit({ ...RESPONSE, body }, [add(key)]);
    const shop = new Shop({ options: { store }, respond });
    await shop.pay(key);
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body, headers: { [MARKER]: 'true' } });
    expect([await balance(key), shop.handler.calls.length]).toEqual(['10', 1]);
  });

  test('F200: with as many effects as a transaction takes beside the record, has all of them', async () => {
    const key = newKey();
    const accounts = Array.from({ length: 99 }, (_, at) => `${key}-${at}`);
    const { shop } = bank(({ commit }) => commit(RESPONSE, accounts.map((id) => add(id))));
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'moved' });
    expect(new Set(await Promise.all(accounts.map(balance)))).toEqual(new Set(['10']));
  });

  test('takes bytes in effects, as Buffer and as Uint8Array', async () => {
    const key = newKey();
    const bytes = randomBytes(100_000);
    const item = { id: { S: key }, one: { B: bytes }, other: { L: [{ B: new Uint8Array(bytes) }] } };
    const wires = faultyStores('requests of our own');
    const { store } = await wires.storeWith(server.endpoint, () => 'pass');
    const respond = (_: number, __: unknown, context: unknown) => idempotencyOf(context as object)!.commit(RESPONSE, [{ Put: { TableName: 'accounts', Item: item } }]);
    try {
      expect(await new Shop({ options: { store }, respond }).pay(key)).toMatchObject({ statusCode: 201 });
    } finally {
      await wires.stop();
    }
    const { Item } = await server.client.send(new GetItemCommand({ TableName: 'accounts', Key: { id: { S: key } }, ConsistentRead: true }));
    expect([Item!.one!.B, Item!.other!.L![0]!.B].map((stored) => Buffer.from(stored!).equals(bytes))).toEqual([true, true]);
  });

  test('takes plain values by the marshall of the SDK', async () => {
    const key = newKey();
    // As for a TransactWriteCommand, members that are undefined among them.
    const items: NonNullable<TransactWriteCommandInput['TransactItems']> = [
      { Put: { TableName: 'accounts', Item: { id: key, balance: 7 }, ConditionExpression: 'attribute_not_exists(id)', ExpressionAttributeValues: undefined }, Delete: undefined },
      { ConditionCheck: { TableName: 'accounts', Key: { id: 'nobody' }, ConditionExpression: 'attribute_not_exists(id)' } },
    ];
    const effects = marshallEffects(marshall, items);
    const { shop } = bank(({ commit }) => commit(RESPONSE, effects));
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201 });
    expect(await balance(key)).toBe('7');
  });
});

describe('effects that are refused', () => {
  const answers = (key: string): Handle => async ({ commit }) => {
    try {
      return await commit(RESPONSE, [add(`${key}-a`), add(key, 'attribute_exists(id)')]);
    } catch (error) {
      if (!(error instanceof EffectsRefusedError)) throw error;
      return { statusCode: 402, body: error.reasons.map((reason) => reason?.code ?? 'fine').join() };
    }
  };

  test('F200: write nothing, are told by their place, and the handler’s other answer is recorded', async () => {
    const key = newKey();
    const { shop } = bank(answers(key));
    const first = await shop.pay(key);
    expect(first).toMatchObject({ statusCode: 402, body: 'fine,ConditionalCheckFailed' });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 402, headers: { [MARKER]: 'true' } });
    expect([await balance(`${key}-a`), shop.handler.calls.length]).toEqual([undefined, 1]);
  });

  test('I10: and a handler that asks to be retried then gives the key back: the next retry commits', async () => {
    const key = newKey();
    const { shop } = bank(async ({ commit }, call) => {
      try {
        return await commit(RESPONSE, [add(key, call === 1 ? 'attribute_exists(id)' : undefined)]);
      } catch (cause) {
        throw new RetryableError('not yet', { cause });
      }
    });
    await expect(shop.pay(key)).rejects.toThrow('not yet');
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'moved' });
    expect([await balance(key), shop.handler.calls.length]).toEqual(['10', 2]);
  });

  test('I10: because one of them is on the record itself: nothing is written, the claim stands', async () => {
    const key = newKey();
    let own: string | undefined;
    const { shop, real } = bank(async ({ commit, id }) => {
      own = id;
      const freed = { Update: { TableName: 'keys', Key: { id: { S: id } }, UpdateExpression: 'SET st = :R', ExpressionAttributeValues: { ':R': { S: 'R' } } } };
      const error = await rejection(commit(RESPONSE, [add(key), freed]));
      expect(error).toBeInstanceOf(EffectsRefusedError);
      expect(await real.read(id)).toMatchObject({ status: 'P' });
      return { statusCode: 409, body: 'not mine to write' };
    });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 409, body: 'not mine to write' });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 409, headers: { [MARKER]: 'true' } });
    expect([await balance(key), (await real.read(own!))]).toMatchObject([undefined, { status: 'C' }]);
  });

  test('I10: may be followed by another commit, under a token of its own', async () => {
    const key = newKey();
    const { shop, commits } = bank(async ({ commit }) => {
      await rejection(commit(RESPONSE, [add(key, 'attribute_exists(id)')]));
      return commit({ statusCode: 202, body: 'later' }, [add(key)]);
    });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 202 });
    expect(await balance(key)).toBe('10');
    expect(new Set(commits.map(({ requestToken }) => requestToken)).size).toBe(2);
    expect(commits.every(({ requestToken }) => /^[\w-]{1,36}$/.test(requestToken))).toBe(true);
  });

  test('F202: after a send that got no answer are not believed: 503, the key is not given back, and the late transaction counts', async () => {
    const key = newKey();
    let late: Promise<unknown> | undefined;
    const { shop, released, real } = bank(answers(key), async (send, carryOut, commit) => {
      if (send > 1) return carryOut();
      // On its way for long: it arrives when its condition holds.
      late = arrival.opened.then(() => real.commit!(commit));
      throw new Error('no answer');
    });
    const arrival = gate();
    expect(await withTimePassing(shop, shop.pay(key))).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(released).toEqual([]);
    await server.client.send(new PutItemCommand({ TableName: 'accounts', Item: { id: { S: key }, balance: { N: '0' } } }));
    arrival.open();
    expect(await late).toEqual({ applied: true });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'moved', headers: { [MARKER]: 'true' } });
    expect([await balance(key), shop.handler.calls.length]).toEqual(['10', 1]);
  });
});

describe('a commit whose replies get lost', () => {
  const move = (key: string): Handle => ({ commit }) => commit(RESPONSE, [add(key)]);

  test('F10, I10: once, is sent again, the same to the byte, and counted once', async () => {
    const key = newKey();
    const { shop, commits } = bank(move(key), async (send, carryOut) => {
      const reply = await carryOut();
      if (send === 1) throw new Error('reply lost');
      return reply;
    });
    expect(await withTimePassing(shop, shop.pay(key))).toMatchObject({ statusCode: 201 });
    expect(commits[1]).toEqual(commits[0]);
    expect(await balance(key)).toBe('10');
  });

  test('F10, F201: every time, is found on record by a consistent read', async () => {
    const key = newKey();
    const { shop } = bank(move(key), async (_, carryOut) => { await carryOut(); throw new Error('reply lost'); });
    const paid = await withTimePassing(shop, shop.pay(key));
    expect(paid).toMatchObject({ statusCode: 201, body: 'moved' });
    expect(await balance(key)).toBe('10');
  });

  test.each(Object.keys(TRANSPORTS))('F201: once, and is throttled from then on, is found on record, and nobody is told that others stood in the way (%s)', async (way) => {
    const key = newKey();
    const wires = faultyStores(way);
    const { store, sent } = await wires.storeWith(server.endpoint, (operation, send) => {
      if (operation !== 'TransactWriteItems') return 'pass';
      return send === 2 ? 'lose-reply' : 'throttle';
    }, 2);
    const shop = new Shop({ options: { store }, respond: (_, __, context) => idempotencyOf(context as object)!.commit(RESPONSE, [add(key)]) });
    try {
      expect(await withTimePassing(shop, shop.pay(key))).toMatchObject({ statusCode: 201, body: 'moved' });
      expect(sent.filter((operation) => operation === 'TransactWriteItems').length).toBeGreaterThan(1);
      expect(await balance(key)).toBe('10');
    } finally {
      await wires.stop();
    }
  });

  test('F201: and that never arrived: 503, no RELEASE, and a retry after the lease takes over', async () => {
    const key = newKey();
    let down = true;
    const { shop, released } = bank(move(key), (_, carryOut) => (down ? Promise.reject(new Error('dropped')) : carryOut()));
    const refused = await withTimePassing(shop, shop.pay(key));
    expect(refused).toMatchObject({ statusCode: 503 });
    expect(JSON.parse(refused.body as string)).toMatchObject({ code: 'IDEMPOTENCY_STORE_UNAVAILABLE', message: expect.stringContaining('not known whether') });
    expect(released).toEqual([]);
    down = false;
    expect(await shop.pay(key)).toMatchObject({ statusCode: 409 });
    shop.clock.advance(40_000);
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201 });
    expect([await balance(key), shop.handler.calls.length]).toEqual(['10', 2]);
  });
});

describe('a commit that others stand in the way of', () => {
  test('is sent again', async () => {
    const key = newKey();
    const { shop } = bank(({ commit }) => commit(RESPONSE, [add(key)]),
      async (send, carryOut) => (send < 3 ? { applied: false, refusedBy: 'contention' } : carryOut()));
    expect(await withTimePassing(shop, shop.pay(key))).toMatchObject({ statusCode: 201 });
    expect(await balance(key)).toBe('10');
  });

  test('for too long: 503, and the key is given back at once, since nothing was written', async () => {
    const key = newKey();
    let busy = true;
    const { shop } = bank(({ commit }) => commit(RESPONSE, [add(key)]),
      async (_, carryOut) => (busy ? { applied: false, refusedBy: 'contention' } : carryOut()));
    expect(await withTimePassing(shop, shop.pay(key))).toMatchObject({ statusCode: 503 });
    busy = false;
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201 });
    expect(await balance(key)).toBe('10');
  });
});

describe('F1, F200: a commit that comes after a takeover', () => {
  const slow = (key: string) => {
    const held = gate();
    const made = bank(async ({ commit }, call) => {
      if (call === 1) await held.opened;
      return commit({ ...RESPONSE, body: `by ${call}` }, [add(key)]);
    });
    return { ...made, held };
  };

  test('has no effect, and its caller gets the winner’s response', async () => {
    const key = newKey();
    const { shop, held } = slow(key);
    const first = shop.pay(key);
    await settled();
    await until(() => shop.handler.calls.length === 1);
    shop.clock.advance(40_000);
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201, body: 'by 2' });
    held.open();
    expect(await first).toMatchObject({ statusCode: 201, body: 'by 2', headers: { [MARKER]: 'true' } });
    expect(await balance(key)).toBe('10');
  });

  test('and whose winner is still running, is told 409', async () => {
    const key = newKey();
    const second = gate();
    const held = gate();
    const { shop } = bank(async ({ commit }, call) => {
      await (call === 1 ? held : second).opened;
      return commit({ ...RESPONSE, body: `by ${call}` }, [add(key)]);
    });
    const first = shop.pay(key);
    await until(() => shop.handler.calls.length === 1);
    shop.clock.advance(40_000);
    const other = shop.pay(key);
    await until(() => shop.handler.calls.length === 2);
    held.open();
    expect(await first).toMatchObject({ statusCode: 409 });
    second.open();
    expect(await other).toMatchObject({ statusCode: 201, body: 'by 2' });
    expect(await balance(key)).toBe('10');
  });
});

describe('refused before anything is sent', () => {
  const codes = async (handle: (execution: IdempotentExecution) => Promise<unknown>, store?: IdempotencyStore) => {
    const seen: unknown[] = [];
    const options = { store: store ?? new DynamoDbStore({ tableName: 'keys', client: server.client }) };
    const shop = new Shop({
      options,
      respond: async (_, __, context) => {
        const error = await rejection(handle(idempotencyOf(context as object)!));
        expect(error).toBeInstanceOf(CommitError);
        seen.push((error as CommitError).code);
        return { statusCode: 200, body: 'on' };
      },
    });
    expect(await shop.pay(newKey())).toMatchObject({ statusCode: 200, body: 'on' });
    return seen;
  };

  test('a store without transactions', async () =>
    expect(await codes(({ commit }) => commit(RESPONSE, []), new MemoryStore())).toEqual(['IDEMPOTENCY_COMMIT_UNSUPPORTED']));

  test.each(['old', 'both', 'new'] as const)('a migration, whose transaction would be of one store alone: phase %s', async (phase) => {
    const table = () => new DynamoDbStore({ tableName: 'keys', client: server.client });
    expect(await codes(({ commit }) => commit(RESPONSE, []), new DualWriteStore(table(), new MemoryStore(), { phase }))).toEqual(['IDEMPOTENCY_COMMIT_UNSUPPORTED']);
  });

  test.each<[string, unknown, unknown]>([
    ['effects that are no list', RESPONSE, { Put: {} }],
    ['a hundred effects', RESPONSE, Array.from({ length: 100 }, () => ({ Put: {} }))],
    ['an effect that is none', RESPONSE, [null]],
    ['an effect of another kind', RESPONSE, [{ Get: {} }]],
    ['an effect that no request can hold', RESPONSE, [{ Put: { TableName: 'accounts', Item: { id: { S: 'x' }, balance: { N: 10n } } } }]],
    ['an effect that goes round in a circle', RESPONSE, [{ Put: { TableName: 'accounts', Item: CIRCLE } }]],
    ['an effect of two kinds', RESPONSE, [{ Put: {}, Delete: {} }]],
    ['a response with a status that is none', { statusCode: 999 }, []],
    ['a response that is no JSON', { statusCode: 200, body: 1n }, []],
  ])('%s', async (_, response, effects) =>
    expect(await codes(({ commit }) => commit(response, effects as []))).toEqual(['IDEMPOTENCY_COMMIT_INVALID']));

  test('F203: a second commit while one is under way, and one after it', async () => {
    const key = newKey();
    const errors: unknown[] = [];
    const { shop } = bank(async ({ commit }) => {
      const first = commit(RESPONSE, [add(key)]);
      errors.push(await rejection(commit(RESPONSE, [add(key)])));
      await first;
      errors.push(await rejection(commit(RESPONSE, [add(key)])));
    });
    expect(await shop.pay(key)).toMatchObject({ statusCode: 201 });
    expect(errors).toMatchObject([{ code: 'IDEMPOTENCY_COMMIT_OUT_OF_TURN' }, { code: 'IDEMPOTENCY_COMMIT_OUT_OF_TURN' }]);
    expect(await balance(key)).toBe('10');
  });

  test('F203: one after the handler has returned: what it returned is on record', async () => {
    let kept: IdempotentExecution | undefined;
    const key = newKey();
    const { shop } = bank((execution) => ((kept = execution), { statusCode: 200, body: 'done' }));
    expect(await shop.pay(key)).toMatchObject({ statusCode: 200 });
    expect(await rejection(kept!.commit(RESPONSE, [add(key)]))).toMatchObject({ code: 'IDEMPOTENCY_COMMIT_OUT_OF_TURN' });
    expect(await balance(key)).toBeUndefined();
  });
});

test('EffectsRefusedError of another copy of this module is one', () => {
  const theirs = Object.defineProperty(new Error('refused'), Symbol.for('cdk-idempotent-api.effects-refused'), { value: true });
  expect(theirs instanceof EffectsRefusedError).toBe(true);
  expect(new Error('other') instanceof EffectsRefusedError).toBe(false);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The shop's clock goes on while something waits for it. */
async function withTimePassing<T>(shop: Shop, pending: Promise<T>): Promise<T> {
  let over = false;
  const done = pending.finally(() => (over = true));
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    shop.clock.advance(10);
  }
  return done;
}
