import { FORMAT_VERSION, type IdempotencyRecord, type StoredResponse } from '../../protocol/record';
import { epochMillis, epochSeconds, type EpochMillis, type EpochSeconds } from '../../time';

/** What another system's record says of an operation. Without an expiry it stands for as long as it is there. */
export type FormerState =
  | { readonly kind: 'completed'; readonly response: StoredResponse; readonly expiresAt?: EpochSeconds; readonly fingerprint?: Uint8Array }
  | {
    readonly kind: 'in-progress';
    /** After it another execution may run; without it that is the expiry. */
    readonly leaseEnd?: EpochMillis;
    readonly expiresAt?: EpochSeconds;
    readonly fingerprint?: Uint8Array;
  };

/** The largest expiry whose milliseconds are exact. */
const NEVER = epochSeconds(Math.floor(Number.MAX_SAFE_INTEGER / 1000));

/** The token of records that have none of ours: no claim has it. */
const TOKEN = 'former';

/**
 * The state as a record of ours. It knows no request, so `fingerprint` is that
 * of who asks, unless the state has one.
 */
export function recordOf(state: FormerState, id: string, fingerprint: Uint8Array): IdempotencyRecord {
  const { expiresAt = NEVER } = state;
  const common = {
    id,
    version: FORMAT_VERSION,
    token: TOKEN,
    attempt: 1,
    // No system keeps the time of its claims.
    claimedAt: epochMillis(0),
    fingerprint: state.fingerprint ?? fingerprint,
    expiresAt,
  };
  return state.kind === 'completed'
    ? { ...common, status: 'C', response: state.response }
    : { ...common, status: 'P', leaseEnd: state.leaseEnd ?? epochMillis(expiresAt * 1000) };
}
