import type { RecordIds } from './identify';
import { isReadable, type StoredRecord } from '../protocol/record';
import { ask, until, type Answer } from '../protocol/store-call';
import { isExpired } from '../protocol/transitions';
import type { IdempotencyStore } from '../stores/store';
import { millis, type Clock, type MonotonicMillis } from '../time';

/** The id that a request works under, and the secret that keys it. */
export interface StandingId {
  readonly id: string;
  readonly secret?: string;
}

/**
 * Where the record of a request is. After the key secret was rotated that is
 * the former id for as long as a record stands there, so that the operation
 * keeps its one record, whatever its state: attempts go on counting, a takeover
 * is told, `derivedKey` stays, and a late completion is fenced. Costs one read,
 * for as long as a previous secret is configured.
 */
export async function standingId(
  { id, secret, previousId, previousSecret }: RecordIds,
  store: IdempotencyStore,
  clock: Clock,
  deadline: MonotonicMillis,
): Promise<Answer<StandingId>> {
  if (previousId === undefined || previousId === id) return { known: true, value: { id, secret } };
  const previous = await ask((options) => store.read(previousId, options), until(deadline, clock), clock);
  if (!previous.known) return previous;
  return { known: true, value: stands(previous.value, previousId, clock) ? { id: previousId, secret: previousSecret } : { id, secret } };
}

/**
 * Without the clock margin: for as long as requests may still disagree about
 * that, the record is too young to be claimed anew under either id.
 */
const stands = (record: StoredRecord | undefined, id: string, clock: Clock): boolean =>
  record !== undefined && !(isReadable(record) && (record.id !== id || isExpired(record, clock.now(), millis(0))));
