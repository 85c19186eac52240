import { FORMAT_VERSION, type IdempotencyRecord, type StoredResponse } from '../../protocol/record';
import { epochMillis, epochSeconds, type EpochMillis, type EpochSeconds } from '../../time';

interface Common {
  /** When the record was made, where it says. */
  readonly claimedAt?: EpochMillis;
  /** Without one it stands for as long as it is there. */
  readonly expiresAt?: EpochSeconds;
  readonly fingerprint?: Uint8Array;
}

/** What another system's record says of an operation. */
export type FormerState =
  | (Common & { readonly kind: 'completed'; readonly response: StoredResponse })
  | (Common & {
    readonly kind: 'in-progress';
    /** After it another execution may run; without it that is the expiry. */
    readonly leaseEnd?: EpochMillis;
  });

/** The last millisecond that a condition in seconds counts to a second: a lease that ends by it ends for both at once. */
export const endOf = (second: EpochSeconds): EpochMillis => epochMillis(second * 1000 + 999);

/** The largest expiry whose milliseconds are exact. */
const NEVER = epochSeconds(Math.floor(Number.MAX_SAFE_INTEGER / 1000) - 1);

/**
 * How the token of records begins that have none of ours: no claim's does. Their
 * expiry tells two of them apart that followed each other under one key.
 */
const TOKEN = 'former ';

/** Written by another system: without a fence, and possibly over a record of ours. */
export const isFormer = ({ token }: IdempotencyRecord): boolean => token.startsWith(TOKEN);

/**
 * The state as a record of ours. It knows no request, so `fingerprint` is that
 * of who asks, unless the state has one.
 */
export function recordOf(state: FormerState, id: string, fingerprint: Uint8Array): IdempotencyRecord {
  const { expiresAt = NEVER } = state;
  const common = {
    id,
    version: FORMAT_VERSION,
    token: `${TOKEN}${expiresAt}`,
    attempt: 1,
    claimedAt: state.claimedAt ?? epochMillis(0),
    fingerprint: state.fingerprint ?? fingerprint,
    expiresAt,
  };
  return state.kind === 'completed'
    ? { ...common, status: 'C', response: state.response }
    : { ...common, status: 'P', leaseEnd: state.leaseEnd ?? endOf(expiresAt) };
}
