import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { httpApiEvent, restApiEvent, type TestAuthorizer } from './events';
import { faultyStore, type StoreCall, type StoreFault } from './faulty-store';
import { idempotentWith } from './idempotent-with';
import type { IdempotencyOptions } from '../configuration/options';
import { idempotencyOf, RetryableError } from '../execution/in-handler';
import type { IdempotencyStore } from '../stores/store';
import { epochMillis, systemClock, type Clock } from '../time';

/** A request as the former system gets it. */
export interface FormerRequest {
  readonly event: unknown;
  /** `account_id` of the authorizer, where it names one. */
  readonly account?: string | number;
  /** `Idempotency-Key` as it was sent, quotes included; `undefined` where the key came in another header. */
  readonly key?: string;
}

/** What an API answers; `body` as JSON. */
export interface FormerAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * A former idempotency system under test. It keeps its records by account and
 * key; one that knows no accounts cannot pass.
 */
export interface FormerSystem {
  /**
   * `in-place`: the store writes into the former table, and former code honours
   * what it writes. `read-only`: the store honours former records and writes
   * none, so that all traffic has to be switched at once.
   */
  readonly kind: 'in-place' | 'read-only';
  /** How long an execution of former code may take before another may follow it, in seconds. */
  readonly processingSeconds: number;
  /** The store as one more host has it: all hosts share its records. */
  store(): IdempotencyStore;
  /**
   * Answers as a host of the former code, which runs `work` where it finds
   * nothing on record and answers 409 while another host does.
   */
  former(request: FormerRequest, work: () => Promise<FormerAnswer>): Promise<FormerAnswer>;
  /** Lets time pass on the wall clock of former code and of this package. Fractions of a second count. */
  pass(seconds: number): void;
  /** That clock, epoch milliseconds. @default - `Date.now` */
  now?(): number;
}

/** One promise that a store over (or beside) a former system keeps; run it with the test framework of your choice. */
export interface FormerContractCase {
  /** Reads as a sentence about the store. */
  readonly name: string;
  /** Rejects with an `AssertionError` where the promise is broken. */
  run(system: FormerSystem): Promise<void>;
}

/** Our lease, the margin, and what rounding to seconds may add. */
const LEASE_SECONDS = 20;
const MARGIN_SECONDS = 2;
const ROUNDING_SECONDS = 1;
const RETENTION_SECONDS = 600;

interface Caller {
  readonly user: string;
  readonly account?: string | number;
}

interface Sent extends FormerRequest {
  readonly event: unknown;
}

const CAROL: Caller = { user: 'carol' };
const ALICE: Caller = { user: 'alice', account: 'acme' };
const BOB_OF_GLOBEX: Caller = { user: 'bob', account: 'globex' };
/** Another tenant, of whom the former system sees the same: both records lie under one former id. */
const BOB_OF_ACME: Caller = { user: 'bob', account: 'acme' };

const authorizerOf = ({ user, account }: Caller): TestAuthorizer => ({
  jwt: { iss: 'https://issuer.example', sub: user, ...(account === undefined ? {} : { account_id: account }) },
});

function post(caller: Caller, key: string, headerName = 'Idempotency-Key'): Sent {
  const event = httpApiEvent({ headers: { [headerName]: key }, body: { amount: 1 }, authorizer: authorizerOf(caller) });
  return { event, account: caller.account, key: headerName === 'Idempotency-Key' ? key : undefined };
}

/** REST APIs leave a header's name as the client wrote it. */
function postToRestApi(caller: Caller, key: string, headerName: string): Sent {
  const event = restApiEvent({ headers: { [headerName]: key }, body: { amount: 1 }, authorizer: authorizerOf(caller) });
  return { event, account: caller.account, key };
}

type Answered = FormerAnswer & { readonly replayed: boolean; readonly persisted: boolean };

/** The effects of one operation, and what its handler does. */
class Operation {
  public effects = 0;
  /** What each execution of this package was told: whether an unfinished one may have come before. */
  public readonly told: boolean[] = [];

  public constructor(private readonly name: string) {}

  public readonly work = async (): Promise<FormerAnswer> => ({ status: 201, body: `${this.name} ${++this.effects}` });

  public readonly handler = async (_event: unknown, context: unknown): Promise<unknown> => {
    this.told.push(idempotencyOf(context as object)!.isTakeover);
    return rendered(await this.work());
  };
}

const rendered = ({ status, body }: FormerAnswer): object => ({
  statusCode: status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
});

/** A host of this package over the system's store. */
class Host {
  readonly #options: IdempotencyOptions;

  public constructor(private readonly system: FormerSystem, options: IdempotencyOptions = {}) {
    this.#options = {
      store: system.store(),
      tenant: { source: 'jwtClaim', name: 'sub' },
      headerAliases: ['X-Request-ID'],
      processingTimeoutSeconds: LEASE_SECONDS,
      clockMarginSeconds: MARGIN_SECONDS,
      ttlSeconds: RETENTION_SECONDS,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      metrics: { measure: () => {} },
      ...options,
    };
  }

  public async send({ event }: Sent, handler: (event: unknown, context: unknown) => unknown): Promise<Answered> {
    const clock: Clock = { ...systemClock, now: () => epochMillis(this.system.now?.() ?? Date.now()) };
    const wrapped = idempotentWith({ clock }, handler, this.#options);
    const { statusCode, headers, multiValueHeaders, body } = (await wrapped(event, {})) as Record<string, never>;
    const names = Object.keys({ ...(headers as object), ...(multiValueHeaders as object) }).map((name) => name.toLowerCase());
    return {
      status: statusCode,
      body: parsed(body),
      replayed: names.includes('x-idempotent-replay'),
      persisted: !names.includes('x-idempotent-persisted'),
    };
  }
}

function parsed(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? 'null');
  } catch {
    return body;
  }
}

interface Pending {
  readonly work: () => Promise<FormerAnswer>;
  readonly handler: () => Promise<unknown>;
  readonly begun: Promise<void>;
  end(body: string): void;
}

/** A handler that has begun and ends when it is told to. */
function pending(): Pending {
  let begin = (): void => {};
  let end: (body: string) => void = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const ended = new Promise<FormerAnswer>((resolve) => (end = (body) => resolve({ status: 201, body })));
  const work = (): Promise<FormerAnswer> => (begin(), ended);
  return { work, handler: async () => rendered(await work()), begun, end: (body) => end(body) };
}

const never = (): never => assert.fail('nothing may be executed here');
const neverWork = async (): Promise<FormerAnswer> => never();

/** In a former table the id is taken, so the other tenant is refused; beside one there is a record for each. */
function assertRefusedOrOwn({ kind }: FormerSystem, { status, body }: Answered, own: string): void {
  if (kind === 'read-only') return assert.deepEqual({ status, body }, { status: 201, body: own });
  assert.deepEqual({ status, code: (body as { code?: unknown }).code }, { status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
}

const assertReplay = (answer: Answered, body: unknown): void =>
  assert.deepEqual({ status: answer.status, body: answer.body, replayed: answer.replayed }, { status: 201, body, replayed: true });

/**
 * The promises of a store that takes over from another idempotency system, one
 * by one. Keys are random, so that runs may share the system's records.
 *
 * @example
 * for (const { name, run } of formerContract) {
 *   test(name, () => run(myFormerSystem));
 * }
 */
export const formerContract: readonly FormerContractCase[] = [
  {
    name: 'what the former system has recorded is replayed and not executed again, here and there',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const operation = new Operation('paid');
      await system.former(request, operation.work);
      assertReplay(await new Host(system).send(request, never), 'paid 1');
      assertReplay(await new Host(system).send(request, never), 'paid 1');
      assert.deepEqual(await system.former(request, neverWork), { status: 201, body: 'paid 1' });
    },
  },
  {
    name: 'what is new is executed once and replayed',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const operation = new Operation('paid');
      assert.equal((await new Host(system).send(request, operation.handler)).body, 'paid 1');
      assertReplay(await new Host(system).send(request, never), 'paid 1');
      assert.deepEqual(operation.told, [false]);
    },
  },
  {
    name: 'an execution of the former system that is under way is a conflict, and its answer is replayed',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const slow = pending();
      const running = system.former(request, slow.work);
      await slow.begun;
      assert.equal((await new Host(system).send(request, never)).status, 409);
      slow.end('paid');
      await running;
      assertReplay(await new Host(system).send(request, never), 'paid');
    },
  },
  {
    name: 'F83: two accounts with one key are two operations, of former records and of new ones',
    async run(system) {
      const key = randomUUID();
      await system.former(post(ALICE, key), new Operation('of acme').work);
      const ofGlobex = new Operation('of globex');
      assert.equal((await new Host(system).send(post(BOB_OF_GLOBEX, key), ofGlobex.handler)).body, 'of globex 1');
      assertReplay(await new Host(system).send(post(ALICE, key), never), 'of acme 1');
      assertReplay(await new Host(system).send(post(BOB_OF_GLOBEX, key), never), 'of globex 1');
    },
  },
  {
    name: 'F83: accounts that are numbers are told apart',
    async run(system) {
      const key = randomUUID();
      const [one, other]: Caller[] = [{ user: 'alice', account: 42 }, { user: 'bob', account: 43 }];
      await system.former(post(one!, key), new Operation('of 42').work);
      assert.equal((await new Host(system).send(post(other!, key), new Operation('of 43').handler)).body, 'of 43 1');
      assertReplay(await new Host(system).send(post(one!, key), never), 'of 42 1');
    },
  },
  {
    name: 'F83: two tenants under one former id: what is recorded here for one is no answer to the other',
    async run(system) {
      const key = randomUUID();
      await new Host(system).send(post(ALICE, key), new Operation('for Alice').handler);
      for (const onConflict of ['reject', 'wait'] as const) {
        const answer = await new Host(system, { onConflict }).send(post(BOB_OF_ACME, key), new Operation('for Bob').handler);
        assertRefusedOrOwn(system, answer, 'for Bob 1');
      }
      assertReplay(await new Host(system).send(post(ALICE, key), never), 'for Alice 1');
    },
  },
  {
    name: 'F83: two tenants under one former id: an execution of one is neither awaited nor taken over by the other',
    async run(system) {
      const key = randomUUID();
      const slow = pending();
      const running = new Host(system).send(post(ALICE, key), slow.handler);
      await slow.begun;
      for (const seconds of [0, LEASE_SECONDS + MARGIN_SECONDS + 2 * ROUNDING_SECONDS]) {
        system.pass(seconds);
        for (const onConflict of ['reject', 'wait'] as const) {
          const ofBob = new Operation('for Bob');
          assertRefusedOrOwn(system, await new Host(system, { onConflict }).send(post(BOB_OF_ACME, key), ofBob.handler), 'for Bob 1');
          assert.deepEqual(ofBob.told.filter(Boolean), [], 'no unfinished execution of Bob’s came before');
        }
      }
      slow.end('for Alice');
      assert.deepEqual(await running, { status: 201, body: 'for Alice', replayed: false, persisted: true });
      assertReplay(await new Host(system).send(post(ALICE, key), never), 'for Alice');
    },
  },
  {
    name: 'F83: two tenants under one former id: whoever completes late gets no answer of the other’s',
    async run(system) {
      const key = randomUUID();
      const slow = pending();
      const running = new Host(system).send(post(ALICE, key), slow.handler);
      await slow.begun;
      system.pass(LEASE_SECONDS + RETENTION_SECONDS + MARGIN_SECONDS + 2 * ROUNDING_SECONDS);
      const ofBob = new Operation('for Bob');
      assert.equal((await new Host(system).send(post(BOB_OF_ACME, key), ofBob.handler)).body, 'for Bob 1');
      slow.end('for Alice');
      assert.deepEqual({ ...(await running), persisted: undefined }, { status: 201, body: 'for Alice', replayed: false, persisted: undefined });
      assertReplay(await new Host(system).send(post(BOB_OF_ACME, key), never), 'for Bob 1');
    },
  },
  {
    name: 'F84: keys in a header that the former system does not read share no record',
    async run(system) {
      const keys = [randomUUID(), randomUUID()];
      // Without a key the former system has nothing to go by.
      await system.former({ ...post(ALICE, keys[0]!, 'X-Other'), key: undefined }, new Operation('keyless').work);
      for (const caller of [ALICE, BOB_OF_GLOBEX, CAROL]) {
        for (const key of keys) {
          const operation = new Operation(`${caller.account} ${key}`);
          const request = post(caller, key, 'X-Request-ID');
          assert.equal((await new Host(system).send(request, operation.handler)).body, `${caller.account} ${key} 1`);
          assertReplay(await new Host(system).send(request, never), `${caller.account} ${key} 1`);
        }
      }
    },
  },
  {
    name: 'F41: one operation whatever the case of the header',
    async run(system) {
      const key = randomUUID();
      const operation = new Operation('paid');
      await new Host(system).send(postToRestApi(ALICE, key, 'idempotency-key'), operation.handler);
      for (const name of ['Idempotency-Key', 'IDEMPOTENCY-KEY', 'idempotency-key']) {
        assertReplay(await new Host(system).send(postToRestApi(ALICE, key, name), never), 'paid 1');
      }
    },
  },
  {
    name: 'F42: bare and quoted is one operation, and what the former system has under either is honoured',
    async run(system) {
      const sent = (key: string, quoted: boolean) => post(ALICE, quoted ? `"${key}"` : key);
      for (const quotedFirst of [false, true]) {
        const [former, fresh] = [randomUUID(), randomUUID()];
        await system.former(sent(former, quotedFirst), new Operation('former').work);
        assertReplay(await new Host(system).send(sent(former, quotedFirst), never), 'former 1');
        const operation = new Operation('fresh');
        await new Host(system).send(sent(fresh, quotedFirst), operation.handler);
        assertReplay(await new Host(system).send(sent(fresh, !quotedFirst), never), 'fresh 1');
        assertReplay(await new Host(system).send(sent(fresh, quotedFirst), never), 'fresh 1');
        // To the former system they are two, so what it has under the quotes is found by them alone.
        if (!quotedFirst) {
          const bare = randomUUID();
          await system.former(sent(bare, false), new Operation('bare').work);
          assertReplay(await new Host(system).send(sent(bare, true), never), 'bare 1');
        }
        if (system.kind === 'in-place') {
          assert.deepEqual(await system.former(sent(fresh, quotedFirst), neverWork), { status: 201, body: 'fresh 1' });
        }
      }
    },
  },
  {
    name: 'F3: an execution of the former system that died is followed after its time and not before, told so, and nobody meets a 503',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const dead = pending();
      void system.former(request, dead.work);
      await dead.begun;
      const operation = new Operation('paid');
      const statuses: number[] = [];
      for (let seconds = 0; statuses.at(-1) !== 201; seconds += 0.25) {
        const { status } = await new Host(system).send(request, operation.handler);
        if (status === 201) assert.ok(seconds >= system.processingSeconds, `executed after ${seconds} s of ${system.processingSeconds}`);
        else assert.equal(status, 409, `after ${seconds} s`);
        assert.ok(seconds <= system.processingSeconds + MARGIN_SECONDS + 2 * ROUNDING_SECONDS, `no answer after ${seconds} s`);
        statuses.push(status);
        system.pass(0.25);
      }
      assert.deepEqual(operation.told, [true]);
      assertReplay(await new Host(system).send(request, never), 'paid 1');
    },
  },
  {
    name: 'F3: an execution of this package’s that died is followed after its lease, told so',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const dead = pending();
      const running = new Host(system).send(request, dead.handler);
      await dead.begun;
      assert.equal((await new Host(system).send(request, never)).status, 409);
      system.pass(LEASE_SECONDS + MARGIN_SECONDS + ROUNDING_SECONDS);
      const operation = new Operation('paid');
      assert.equal((await new Host(system).send(request, operation.handler)).body, 'paid 1');
      assert.deepEqual(operation.told, [true]);
      dead.end('late');
      assertReplay(await running, 'paid 1');
    },
  },
  {
    name: 'F85: what was released here runs once more, and only once, here or there',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const released = (): Promise<never> => Promise.reject(new RetryableError('nothing has happened'));
      await assert.rejects(new Host(system).send(request, released));
      const slow = pending();
      const running = system.kind === 'in-place' ? system.former(request, slow.work) : new Host(system).send(request, slow.handler);
      await slow.begun;
      assert.equal((await new Host(system).send(request, never)).status, 409);
      if (system.kind === 'in-place') assert.equal((await system.former(request, neverWork)).status, 409);
      slow.end('paid');
      await running;
      assertReplay(await new Host(system).send(request, never), 'paid');

      const again = post(ALICE, randomUUID());
      await assert.rejects(new Host(system).send(again, released));
      const operation = new Operation('paid');
      assert.equal((await new Host(system).send(again, operation.handler)).body, 'paid 1');
      if (system.kind === 'in-place') assert.deepEqual(await system.former(again, neverWork), { status: 201, body: 'paid 1' });
    },
  },
  {
    name: 'F85: a rollback, and forward again: nothing runs twice, and the former system’s own is as it was',
    async run(system) {
      const [former, ours, dying] = [post(ALICE, randomUUID()), post(ALICE, randomUUID()), post(ALICE, randomUUID())];
      await system.former(former, new Operation('former').work);
      await new Host(system).send(former, never);
      await new Host(system).send(ours, new Operation('ours').handler);
      assert.deepEqual(await system.former(former, neverWork), { status: 201, body: 'former 1' });
      if (system.kind === 'in-place') {
        const dead = pending();
        const running = new Host(system).send(dying, dead.handler);
        await dead.begun;
        assert.deepEqual(await system.former(ours, neverWork), { status: 201, body: 'ours 1' });
        assert.equal((await system.former(dying, neverWork)).status, 409);
        system.pass(LEASE_SECONDS + MARGIN_SECONDS + 2 * ROUNDING_SECONDS);
        assert.equal((await system.former(dying, new Operation('followed').work)).body, 'followed 1');
        dead.end('late');
        assertReplay(await running, 'followed 1');
        assertReplay(await new Host(system).send(dying, never), 'followed 1');
      }
      assertReplay(await new Host(system).send(former, never), 'former 1');
      assertReplay(await new Host(system).send(ours, never), 'ours 1');
    },
  },
  {
    name: 'F5, F6, F10: a call that is lost, or whose reply is, makes no second execution, no foreign answer and no dead end',
    async run(system) {
      const faults: readonly StoreFault[] = ['drop', 'lose-reply'];
      const calls: readonly StoreCall[] = ['claim', 'complete', 'release', 'read'];
      for (const fault of faults) {
        for (const at of calls) {
          const key = randomUUID();
          const operation = new Operation('for Alice');
          let met = 0;
          const store = faultyStore(system.store(), (call) => (call === at && ++met === 1 ? fault : 'pass'));
          const first = await new Host(system, { store }).send(post(ALICE, key), operation.handler);
          assert.ok(first.status === 201 || first.status === 503, `${fault} of the ${at}: ${first.status}`);
          system.pass(LEASE_SECONDS + MARGIN_SECONDS + 2 * ROUNDING_SECONDS);
          const retry = await new Host(system).send(post(ALICE, key), operation.handler);
          assert.equal(retry.body, 'for Alice 1', `${fault} of the ${at}`);
          assert.equal(operation.effects, 1, `${fault} of the ${at}`);
          assertRefusedOrOwn(system, await new Host(system).send(post(BOB_OF_ACME, key), new Operation('for Bob').handler), 'for Bob 1');
        }
      }
    },
  },
  {
    name: 'F30: while records are out of reach nothing runs',
    async run(system) {
      const request = post(ALICE, randomUUID());
      const down = faultyStore(system.store(), () => 'drop');
      assert.equal((await new Host(system, { store: down }).send(request, never)).status, 503);
      const operation = new Operation('paid');
      assert.equal((await new Host(system).send(request, operation.handler)).body, 'paid 1');
    },
  },
];
