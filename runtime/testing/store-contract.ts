import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { acquire, type Ports } from '../protocol/acquire';
import { complete } from '../protocol/conclude';
import { isReadable, type IdempotencyRecord, type StoredRecord, type StoredResponse } from '../protocol/record';
import { sameBytes } from '../protocol/transitions';
import type { Claim, IdempotencyStore } from '../stores/store';
import { epochMillis, epochSeconds, millis, plus, systemClock, toEpochSeconds, type EpochMillis, type MonotonicMillis } from '../time';

/** One promise that every store keeps; run it with the test framework of your choice. */
export interface StoreContractCase {
  /** Reads as a sentence about the store. */
  readonly name: string;
  /** Rejects with an `AssertionError` where the store breaks the promise. */
  run(store: IdempotencyStore): Promise<void>;
}

const LEASE = millis(30_000);
const TTL = millis(86_400_000);
const MARGIN = millis(2_000);
const T0 = epochMillis(1_800_000_000_000);
const REQUEST = Uint8Array.from({ length: 65 }, (_, index) => index);
const OTHER_REQUEST = REQUEST.map((byte) => byte ^ 1);

const later = (time: EpochMillis, ms: number): EpochMillis => plus(time, millis(ms));

function claimAt(now: EpochMillis, overrides: Partial<Claim> = {}): Claim {
  const leaseEnd = plus(now, LEASE);
  return {
    id: randomUUID(),
    token: randomUUID(),
    fingerprint: REQUEST,
    now,
    leaseEnd,
    expiresAt: toEpochSeconds(plus(leaseEnd, TTL)),
    margin: MARGIN,
    takeover: true,
    ...overrides,
  };
}

const again = (claim: Claim, now: EpochMillis, overrides: Partial<Claim> = {}): Claim =>
  claimAt(now, { id: claim.id, fingerprint: claim.fingerprint, ...overrides });

const response = (text: string): StoredResponse => ({
  statusCode: 201,
  headers: [['content-type', 'text/plain'], ['x-part', 'one'], ['x-part', 'two']],
  body: new TextEncoder().encode(text),
  encoding: { base64: false, deflated: false, tooLarge: false },
});

const completionOf = (claim: Claim, text: string, now: EpochMillis = claim.now) => ({
  id: claim.id,
  token: claim.token,
  expiresAt: toEpochSeconds(plus(now, TTL)),
  response: response(text),
});

/** A response for each combination of the flags, one a bit. */
const FLAGGED: readonly StoredResponse[] = Array.from({ length: 32 }, (_, bits) => {
  const has = (flag: number): boolean => (bits & flag) !== 0;
  const [base64, deflated, tooLarge, sealed, verbatim] = [has(1), has(2), has(4), has(8), has(16)];
  return {
    statusCode: 200,
    headers: sealed ? [] : [['x-part', 'one']],
    ...(sealed ? { sealedHeaders: 'c2VhbGVk' } : {}),
    ...(tooLarge ? {} : { body: Uint8Array.of(0, 1, 128, 255) }),
    encoding: { base64, deflated, tooLarge, ...(verbatim ? { verbatim } : {}), ...(sealed ? { sealed } : {}) },
  };
});

const bytesIn = (stored: StoredResponse | undefined): readonly number[] | undefined => stored?.body && [...stored.body];

function readable(record: StoredRecord | undefined): IdempotencyRecord {
  assert.ok(record !== undefined, 'the record is there');
  assert.ok(isReadable(record), 'the record can be read');
  return record;
}

const bodyOf = (record: StoredRecord | undefined): string => new TextDecoder().decode(readable(record).response?.body);

const portsOver = (store: IdempotencyStore): Ports => ({ store, clock: systemClock, token: randomUUID, sameRequest: sameBytes });
const soon = (): MonotonicMillis => (systemClock.monotonic() + 30_000) as MonotonicMillis;
const terms = { lease: LEASE, ttl: TTL, margin: MARGIN, takeover: true };

async function expectRefusal(store: IdempotencyStore, claim: Claim, status: IdempotencyRecord['status']): Promise<IdempotencyRecord> {
  const reply = await store.claim(claim);
  assert.equal(reply.applied, false, 'the claim is refused');
  const record = readable(reply.applied ? undefined : reply.current ?? (await store.read(claim.id)));
  assert.equal(record.status, status);
  return record;
}

async function expectClaim(store: IdempotencyStore, claim: Claim): Promise<StoredRecord | undefined> {
  const reply = await store.claim(claim);
  assert.equal(reply.applied, true, 'the claim applies');
  return reply.applied ? reply.previous : undefined;
}

/**
 * The promises of a store, one by one. Give each run a store of its own or a
 * shared one: ids are random. No case waits or depends on the wall clock.
 *
 * @example
 * for (const { name, run } of storeContract) {
 *   test(name, () => run(new MyStore()));
 * }
 */
export const storeContract: readonly StoreContractCase[] = [
  {
    name: 'a claim on a new key applies and is read back whole',
    async run(store) {
      const claim = claimAt(T0);
      assert.equal(await expectClaim(store, claim), undefined, 'there was nothing before');
      const record = readable(await store.read(claim.id));
      assert.deepEqual(
        { ...record, fingerprint: [...record.fingerprint] },
        {
          id: claim.id,
          version: 1,
          status: 'P',
          token: claim.token,
          attempt: 1,
          claimedAt: claim.now,
          fingerprint: [...claim.fingerprint],
          leaseEnd: claim.leaseEnd,
          expiresAt: claim.expiresAt,
        },
      );
    },
  },
  {
    name: 'a key that nobody claimed reads as absent',
    async run(store) {
      assert.equal(await store.read(randomUUID()), undefined);
    },
  },
  {
    name: 'a second claim within the lease is refused and shown what stands in its way',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const standing = await expectRefusal(store, again(claim, later(T0, 1)), 'P');
      assert.equal(standing.token, claim.token);
      assert.equal(standing.attempt, 1);
    },
  },
  {
    name: 'a completed response is shown to every later claim, byte for byte and header by header',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      assert.deepEqual(await store.complete(completionOf(claim, 'grüße ✓')), { applied: true });
      const standing = await expectRefusal(store, again(claim, later(T0, 1000)), 'C');
      assert.equal(bodyOf(standing), 'grüße ✓');
      assert.deepEqual(standing.response?.headers, response('').headers);
      assert.equal(standing.response?.statusCode, 201);
      assert.equal(standing.leaseEnd, undefined, 'a completed record has no lease');
      assert.equal(standing.expiresAt, toEpochSeconds(plus(T0, TTL)));
    },
  },
  {
    name: 'every kind of stored response survives: empty, absent, binary, as it was written, flagged, in the overflow bucket, sealed',
    async run(store) {
      const kinds: StoredResponse[] = [
        { statusCode: 204, headers: [], body: new Uint8Array(0), encoding: { base64: false, deflated: false, tooLarge: false } },
        { statusCode: 200, headers: [], encoding: { base64: false, deflated: false, tooLarge: true } },
        {
          statusCode: 200,
          headers: [['__proto__', 'x'], ['constructor', 'y']],
          body: Uint8Array.from({ length: 256 }, (_, index) => index),
          encoding: { base64: true, deflated: true, tooLarge: false },
        },
        { statusCode: 500, headers: [], encoding: { base64: true, deflated: false, tooLarge: false }, overflow: 'a/b c' },
        {
          statusCode: 200,
          headers: [],
          body: Uint8Array.of(45, 95, 45),
          encoding: { base64: true, verbatim: true, deflated: false, tooLarge: false },
        },
        { statusCode: 201, headers: [], sealedHeaders: 'c2VhbGVk', body: Uint8Array.of(1, 2), encoding: { base64: false, deflated: true, tooLarge: false, sealed: true } },
      ];
      for (const stored of kinds) {
        const claim = claimAt(T0);
        await expectClaim(store, claim);
        await store.complete({ ...completionOf(claim, ''), response: stored });
        const read = readable(await store.read(claim.id)).response;
        const listed = { body: undefined, ...stored, ...(stored.body && { body: [...stored.body] }) };
        assert.deepEqual({ ...read, body: read?.body && [...read.body] }, listed);
      }
    },
  },
  {
    name: 'F113: every combination of a response’s flags, with an end of its own and without, is the same to who reads it and to who is refused',
    async run(store) {
      await Promise.all(FLAGGED.flatMap((stored) => [undefined, epochSeconds(T0 / 1000 + 300)].map(async (responseExpiresAt) => {
        const claim = claimAt(T0);
        await expectClaim(store, claim);
        await store.complete({ ...completionOf(claim, ''), response: stored, ...(responseExpiresAt === undefined ? {} : { responseExpiresAt }) });
        for (const seen of [readable(await store.read(claim.id)), await expectRefusal(store, again(claim, later(T0, 1000)), 'C')]) {
          assert.equal(seen.responseExpiresAt, responseExpiresAt);
          assert.deepEqual({ ...seen.response, body: bytesIn(seen.response) }, { ...stored, body: bytesIn(stored) });
        }
      })));
    },
  },
  {
    name: 'F110: a response that ends before its record says so, until another claim removes both',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const ends = { expiresAt: epochSeconds(T0 / 1000 + 900), responseExpiresAt: epochSeconds(T0 / 1000 + 300) };
      assert.deepEqual(await store.complete({ ...completionOf(claim, 'remembered'), ...ends }), { applied: true });
      const standing = await expectRefusal(store, again(claim, later(T0, 899_000)), 'C');
      assert.equal(standing.responseExpiresAt, ends.responseExpiresAt);
      assert.equal(standing.expiresAt, ends.expiresAt);
      assert.equal(bodyOf(standing), 'remembered');
      const next = again(claim, later(T0, 903_000));
      await expectClaim(store, next);
      assert.equal(readable(await store.read(claim.id)).responseExpiresAt, undefined, 'nothing of the former response is left');
      await store.complete(completionOf(next, 'without an end of its own'));
      assert.equal(readable(await store.read(claim.id)).responseExpiresAt, undefined);
    },
  },
  {
    name: 'F81: a body that is kept out of the record comes back byte for byte, and only under its own name',
    async run(store) {
      const { bodies, limits } = store;
      assert.ok(limits.inlineBytes === undefined || bodies !== undefined, 'a store that keeps bodies out of its records has a place for them');
      if (limits.inlineBytes === undefined || bodies === undefined) return;
      const claim = claimAt(T0);
      const name = `${claim.id}/${randomUUID()}`;
      const body = randomBytes(300_000);
      for (const attempt of ['sent', 'sent again']) {
        await bodies.put(name, body, { expiresAt: claim.expiresAt });
        assert.deepEqual(Buffer.from(await bodies.get(name)), body, attempt);
      }
      assert.equal(await store.read(claim.id), undefined, 'it is not the record');
      await expectClaim(store, claim);
      await assert.rejects(bodies.get(`${claim.id}/${randomUUID()}`), 'another name is another body');
      await assert.rejects(bodies.get(claim.id), 'a record is no body');
    },
  },
  {
    name: 'F24: expiry is judged in the condition, without any sweep: completed, in progress and released',
    async run(store) {
      for (const prepare of ['P', 'C', 'R'] as const) {
        const claim = claimAt(T0, { expiresAt: epochSeconds(T0 / 1000 + 10), takeover: false });
        await expectClaim(store, claim);
        if (prepare === 'C') await store.complete({ ...completionOf(claim, 'old'), expiresAt: claim.expiresAt });
        if (prepare === 'R') await store.release(claim);
        const next = again(claim, later(T0, 13_000), { fingerprint: OTHER_REQUEST, takeover: false });
        const previous = readable(await expectClaim(store, next));
        assert.equal(previous.status, prepare);
        const record = readable(await store.read(claim.id));
        assert.equal(record.response, undefined, 'nothing of the old response is left');
        assert.equal(record.attempt, 2);
      }
    },
  },
  {
    name: 'F14: a record is not expired before the margin has passed as well',
    async run(store) {
      const claim = claimAt(T0, { expiresAt: epochSeconds(T0 / 1000 + 10) });
      await expectClaim(store, claim);
      await store.complete({ ...completionOf(claim, 'kept'), expiresAt: claim.expiresAt });
      await expectRefusal(store, again(claim, later(T0, 12_999)), 'C');
      await expectClaim(store, again(claim, later(T0, 13_000)));
    },
  },
  {
    name: 'F3: after lease and margin the same request takes over, and is told what it replaced',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const end = later(T0, LEASE + MARGIN);
      await expectRefusal(store, again(claim, end), 'P');
      const previous = readable(await expectClaim(store, again(claim, later(end, 1))));
      assert.equal(previous.status, 'P');
      assert.equal(previous.token, claim.token);
      assert.equal(readable(await store.read(claim.id)).attempt, 2);
    },
  },
  {
    name: 'F40: another request never takes over',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const other = again(claim, later(T0, LEASE + MARGIN + 1), { fingerprint: OTHER_REQUEST });
      const standing = await expectRefusal(store, other, 'P');
      assert.equal(standing.token, claim.token);
    },
  },
  {
    name: 'F213: a request that agrees in a part is another one, and never takes over: other in its first or last byte, cut short, longer',
    async run(store) {
      const changed = (at: number): Uint8Array => REQUEST.map((byte, index) => (index === at ? byte ^ 1 : byte));
      for (const fingerprint of [changed(0), changed(REQUEST.length - 1), REQUEST.slice(0, 33), Uint8Array.from([...REQUEST, 0])]) {
        const claim = claimAt(T0);
        await expectClaim(store, claim);
        const standing = await expectRefusal(store, again(claim, later(T0, LEASE + MARGIN + 1), { fingerprint }), 'P');
        assert.equal(standing.token, claim.token);
        assert.deepEqual([...standing.fingerprint], [...REQUEST]);
      }
    },
  },
  {
    name: 'a claim that asks for no takeover gets none',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      await expectRefusal(store, again(claim, later(T0, LEASE + MARGIN + 1), { takeover: false }), 'P');
    },
  },
  {
    name: 'F1: a completion after a takeover changes nothing and is shown the new owner',
    async run(store) {
      const first = claimAt(T0);
      await expectClaim(store, first);
      const second = again(first, later(T0, LEASE + MARGIN + 1));
      await expectClaim(store, second);
      const refused = await store.complete(completionOf(first, 'late'));
      assert.equal(refused.applied, false);
      assert.equal(readable(await store.read(first.id)).token, second.token);
      assert.deepEqual(await store.complete(completionOf(second, 'winner')), { applied: true });
      assert.equal((await store.complete(completionOf(first, 'later still'))).applied, false);
      assert.equal(bodyOf(await store.read(first.id)), 'winner');
    },
  },
  {
    name: 'F2: a release after a takeover changes nothing',
    async run(store) {
      const first = claimAt(T0);
      await expectClaim(store, first);
      const second = again(first, later(T0, LEASE + MARGIN + 1));
      await expectClaim(store, second);
      assert.equal((await store.release(first)).applied, false);
      const record = readable(await store.read(first.id));
      assert.equal(record.status, 'P');
      assert.equal(record.token, second.token);
    },
  },
  {
    name: 'a completion is applied whatever the time says, as long as the token stands',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const late = completionOf(claim, 'late but mine', later(T0, 10 * LEASE));
      assert.deepEqual(await store.complete(late), { applied: true });
    },
  },
  {
    name: 'F10: a completion sent twice is refused the second time and finds its own token completed',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      await store.complete(completionOf(claim, 'once'));
      assert.equal((await store.complete(completionOf(claim, 'twice'))).applied, false);
      const record = readable(await store.read(claim.id));
      assert.equal(record.token, claim.token);
      assert.equal(bodyOf(record), 'once');
    },
  },
  {
    name: 'F5: a claim whose reply was lost is refused on the resend and finds its own token in progress',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const standing = await expectRefusal(store, claim, 'P');
      assert.equal(standing.token, claim.token);
      assert.equal(standing.attempt, 1);
    },
  },
  {
    name: 'F5: a claim resent after its lease does not take itself over',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      const resent = { ...claim, now: later(T0, LEASE + MARGIN + 1) };
      assert.equal((await expectRefusal(store, resent, 'P')).attempt, 1);
    },
  },
  {
    name: 'F8: a released key is claimed by another token at once, and never by the released one',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      assert.deepEqual(await store.release(claim), { applied: true });
      const standing = await expectRefusal(store, claim, 'R');
      assert.equal(standing.token, claim.token);
      assert.equal(standing.leaseEnd, undefined, 'a released record has no lease');
      const previous = readable(await expectClaim(store, again(claim, later(T0, 1), { fingerprint: OTHER_REQUEST })));
      assert.equal(previous.status, 'R');
      assert.equal(readable(await store.read(claim.id)).attempt, 2);
    },
  },
  {
    name: 'F12: neither completion nor release makes a record of nothing',
    async run(store) {
      const claim = claimAt(T0);
      assert.equal((await store.complete(completionOf(claim, 'ghost'))).applied, false);
      assert.equal((await store.release(claim)).applied, false);
      assert.equal(await store.read(claim.id), undefined);
    },
  },
  {
    name: 'a completed record can be neither completed by others nor released, even by its owner',
    async run(store) {
      const claim = claimAt(T0);
      await expectClaim(store, claim);
      await store.complete(completionOf(claim, 'kept'));
      assert.equal((await store.release(claim)).applied, false);
      assert.equal((await store.complete({ ...completionOf(claim, 'x'), token: randomUUID() })).applied, false);
      assert.equal(bodyOf(await store.read(claim.id)), 'kept');
    },
  },
  {
    name: 'F13: the tokens decide, not the attempt number: an old owner stays fenced after release and new claim',
    async run(store) {
      const first = claimAt(T0);
      await expectClaim(store, first);
      await store.release(first);
      const second = again(first, later(T0, 1));
      await expectClaim(store, second);
      assert.equal((await store.complete(completionOf(first, 'late'))).applied, false);
      assert.equal((await store.release(first)).applied, false);
      assert.equal(readable(await store.read(first.id)).token, second.token);
    },
  },
  {
    name: 'a thousand parallel claims on one key have one winner',
    async run(store) {
      const id = randomUUID();
      const claims = Array.from({ length: 1000 }, () => claimAt(T0, { id }));
      const replies = await Promise.all(claims.map((claim) => store.claim(claim)));
      const winners = claims.filter((_, index) => replies[index]!.applied);
      assert.equal(winners.length, 1);
      assert.equal(readable(await store.read(id)).token, winners[0]!.token);
    },
  },
  {
    name: 'parallel takeovers of one key have one winner',
    async run(store) {
      const first = claimAt(T0);
      await expectClaim(store, first);
      const takers = Array.from({ length: 50 }, () => again(first, later(T0, LEASE + MARGIN + 1)));
      const replies = await Promise.all(takers.map((claim) => store.claim(claim)));
      assert.equal(replies.filter((reply) => reply.applied).length, 1);
      assert.equal(readable(await store.read(first.id)).attempt, 2);
    },
  },
  {
    name: 'keys do not disturb each other',
    async run(store) {
      const claims = Array.from({ length: 20 }, () => claimAt(T0));
      await Promise.all(claims.map((claim) => expectClaim(store, claim)));
      await Promise.all(claims.map((claim, index) => store.complete(completionOf(claim, `body ${index}`))));
      const bodies = await Promise.all(claims.map(async ({ id }) => bodyOf(await store.read(id))));
      assert.deepEqual(bodies, claims.map((_, index) => `body ${index}`));
    },
  },
  {
    name: 'the protocol runs on it: own, conflict, mismatch, complete, replay',
    async run(store) {
      const ports = portsOver(store);
      const key = { id: randomUUID(), fingerprint: REQUEST };
      const owner = await acquire(key, terms, ports, soon());
      assert.equal(owner.kind, 'owner');
      assert.equal((await acquire(key, terms, ports, soon())).kind, 'conflict');
      assert.equal((await acquire({ ...key, fingerprint: OTHER_REQUEST }, terms, ports, soon())).kind, 'mismatch');
      const { ownership } = owner as Extract<typeof owner, { kind: 'owner' }>;
      assert.deepEqual(await complete(ownership, response('done'), terms, ports, soon()), { kind: 'recorded' });
      const replay = await acquire(key, terms, ports, soon());
      assert.equal(replay.kind, 'replay');
      assert.equal(bodyOf((replay as Extract<typeof replay, { kind: 'replay' }>).record), 'done');
      assert.equal((await acquire({ ...key, fingerprint: OTHER_REQUEST }, terms, ports, soon())).kind, 'mismatch');
    },
  },
];
