import { remainingTime, type Call } from '../execution/call';
import { ask, type Answer } from '../protocol/store-call';
import type { CallOptions } from '../stores/call-options';
import { isOf, type OverflowStore } from '../stores/overflow/overflow-store';
import type { Millis } from '../time';

/** Longest wait for a body beside the record, in milliseconds. */
const FETCH_LIMIT = 5_000;

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
