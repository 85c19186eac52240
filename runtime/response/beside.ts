import { reasonOf } from './answer';
import type { Packed } from './codec';
import { remainingTime, type Call } from '../execution/call';
import { freshToken } from '../execution/fresh-token';
import type { StoredResponse } from '../protocol/record';
import { ask, until, type Answer } from '../protocol/store-call';
import type { CallOptions } from '../stores/call-options';
import { isOf, outliving, type OverflowStore } from '../stores/overflow/overflow-store';
import { plus, seconds, toEpochSeconds, type Millis, type MonotonicMillis } from '../time';

/** Longest wait for a body beside the record, in milliseconds. */
const FETCH_LIMIT = 5_000;

/**
 * What goes on record of a response whose body lies beside it: the body is written
 * first, under a name that nobody else uses. Where that cannot be, the record takes
 * the body if it can.
 */
export async function putBeside(fit: Extract<Packed, { kind: 'beside' }>, id: string, call: Call, deadline: MonotonicMillis): Promise<StoredResponse> {
  const { store, overflow, settings, host, logger } = call;
  const place = overflow ?? (fit.fitsItem ? store.bodies : undefined);
  if (place === undefined) return fit.otherwise;
  const name = `${id}/${freshToken()}`;
  const expiresAt = outliving(toEpochSeconds(plus(host.clock.now(), seconds(settings.ttlSeconds))));
  const half = (until(deadline, host.clock) / 2) as Millis;
  const put = await ask((options) => place.put(name, fit.bytes, { ...options, expiresAt }), half, host.clock);
  if (put.known) return { ...fit.pointer, overflow: name };
  const kept = fit.otherwise.encoding.tooLarge ? 'the response is not kept' : 'the record keeps it';
  logger.warn(`the body could not be put beside the record: ${kept}`, { id, reason: reasonOf(put.cause) });
  return fit.otherwise;
}

/** The body beside the record, by the name in the record. */
export async function fetchBeside(name: string, id: string, { store, overflow, host, context }: Call): Promise<Answer<Uint8Array>> {
  if (!isOf(name, id)) return { known: false, cause: new Error('The record names the body of another record.') };
  const places = [overflow, store.bodies].filter((place) => place !== undefined);
  const limit = Math.min(FETCH_LIMIT, remainingTime(context) / 2) as Millis;
  return ask((options) => firstOf(places, name, options), limit, host.clock);
}

/** In the bucket, or in the table from a time when there was no bucket. Where both fail, the first one's reason is told. */
async function firstOf(places: readonly OverflowStore[], name: string, options: CallOptions): Promise<Uint8Array> {
  const [place, ...others] = places;
  if (place === undefined) throw new Error('There is no place for bodies beside the record: no overflow bucket is configured.');
  try {
    return await place.get(name, options);
  } catch (cause) {
    if (others.length === 0) throw cause;
    return firstOf(others, name, options).catch(() => Promise.reject(cause));
  }
}
