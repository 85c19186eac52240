import type { Ownership, Ports } from '../../../runtime/protocol/acquire';
import type { IdempotencyRecord, StoredResponse } from '../../../runtime/protocol/record';
import { sameBytes } from '../../../runtime/protocol/transitions';
import type { CallOptions, Claim, IdempotencyStore } from '../../../runtime/stores/store';
import { epochMillis, epochSeconds, millis, type MonotonicMillis } from '../../../runtime/time';
import { leapingClock, type LeapingClock } from '../../support/leaping-clock';

/** What a call of a store comes to; `'hangs'` is never answered. */
type Fate = { readonly takes?: number; readonly is: unknown } | 'hangs' | Error;
type Call = 'claim' | 'complete' | 'release' | 'read' | 'commit';

export interface Asked {
  readonly call: Call;
  /** On the monotonic clock. */
  readonly at: number;
  readonly with: unknown;
  readonly options: CallOptions;
}

export interface Scripted {
  readonly clock: LeapingClock;
  readonly asked: readonly Asked[];
  readonly ports: Ports & { readonly store: Required<Pick<IdempotencyStore, 'commit'>> & IdempotencyStore; readonly random: () => number };
  /** Names and times of what was asked. */
  calls(): readonly string[];
}

export const NOW = 1_800_000_000_000;
export const TERMS = { lease: millis(30_000), ttl: millis(86_400_000), margin: millis(2_000), takeover: true };
export const KEY = { id: 'payment', fingerprint: Uint8Array.of(1, 2, 3) };
export const RESPONSE: StoredResponse = { statusCode: 201, headers: [], encoding: { base64: false, deflated: false, tooLarge: false } };

/** A store that answers each kind of call as listed, in order, and the last one again and again. */
export function scripted(script: Partial<Record<Call, readonly Fate[]>>, random: () => number = () => 0.5): Scripted {
  const clock = leapingClock();
  const asked: Asked[] = [];
  const answering = (call: Call) => async (given: unknown, options: CallOptions = {}): Promise<never> => {
    const number = asked.filter((one) => one.call === call).length;
    asked.push({ call, at: clock.monotonic(), with: given, options });
    const fates = script[call] ?? [];
    const fate = fates[Math.min(number, fates.length - 1)];
    if (fate === undefined) throw new Error(`${call} was not to be called`);
    if (fate instanceof Error) throw fate;
    if (fate === 'hangs') return new Promise<never>(() => {});
    clock.advance(fate.takes ?? 0);
    return fate.is as never;
  };
  let tokens = 0;
  return {
    clock,
    asked,
    calls: () => asked.map(({ call, at }) => `${call} at ${at}`),
    ports: {
      store: {
        limits: { itemBytes: 0, writeUnitBytes: 0 },
        claim: answering('claim'),
        complete: answering('complete'),
        release: answering('release'),
        read: answering('read'),
        commit: answering('commit'),
      },
      clock,
      token: () => `token-${++tokens}`,
      sameRequest: sameBytes,
      random,
    },
  };
}

export const at = (ms: number): MonotonicMillis => ms as MonotonicMillis;

/** Another's execution of the same request, under way at `NOW`. */
export const THEIRS: IdempotencyRecord = {
  id: KEY.id,
  version: 1,
  status: 'P',
  token: 'theirs',
  attempt: 1,
  claimedAt: epochMillis(NOW - 1_000),
  fingerprint: KEY.fingerprint,
  leaseEnd: epochMillis(NOW + 29_000),
  expiresAt: epochSeconds(NOW / 1000 + 86_429),
};
export const DONE: IdempotencyRecord = { ...THEIRS, status: 'C', leaseEnd: undefined, response: RESPONSE };

export const CLAIM: Claim = {
  ...KEY,
  token: 'mine',
  now: epochMillis(NOW),
  leaseEnd: epochMillis(NOW + 30_000),
  expiresAt: epochSeconds(NOW / 1000 + 86_430),
  margin: TERMS.margin,
  takeover: true,
};
export const OWNERSHIP: Ownership = { claim: CLAIM, attempt: 1, takeover: false, mayFollowUnfinished: false, leaseDeadline: at(30_000) };
export const MINE: IdempotencyRecord = { ...THEIRS, token: CLAIM.token };
