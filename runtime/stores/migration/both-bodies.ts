import { RecordUnreadable } from '../../errors';
import type { IdempotencyRecord, StoredResponse } from '../../protocol/record';
import type { CallOptions } from '../call-options';
import { outliving, type OverflowStore } from '../overflow/overflow-store';
import type { IdempotencyStore } from '../store';

/** What a record has beside its body, names and headers included, is less than this in bytes. */
const REST_OF_RECORD = 16_384;

/** Bodies beside the records of two stores: put into both, and got from whichever has it. */
export function bothBodies(one: OverflowStore | undefined, other: OverflowStore | undefined): OverflowStore | undefined {
  const present = [one, other].filter((bodies) => bodies !== undefined);
  const [first, second] = present;
  if (first === undefined) return undefined;
  return {
    async put(key, body, options) {
      if (second === undefined) throw new RecordUnreadable('Only one of the two stores has a place for bodies.');
      await first.put(key, body, options);
      await second.put(key, body, options);
    },
    get: (key, options) => first.get(key, options).catch((cause: unknown) => second?.get(key, options) ?? Promise.reject(cause)),
  };
}

/**
 * The response of a record as the other store takes it: with its body beside, or
 * inside where the other has no such place. A body that is in neither store lies
 * in the overflow bucket, which both share.
 *
 * Rejects where a store gives no answer.
 */
export async function withBody(
  { response, expiresAt, responseExpiresAt }: IdempotencyRecord & { readonly response: StoredResponse },
  from: IdempotencyStore,
  to: IdempotencyStore,
  options?: CallOptions,
): Promise<StoredResponse> {
  const { overflow: name, ...rest } = response;
  if (name === undefined || from.bodies === undefined) return response;
  const body = await from.bodies.get(name, options).catch((error: unknown) => {
    if (error instanceof RecordUnreadable) return undefined;
    throw error;
  });
  if (body === undefined) return response;
  if (to.bodies !== undefined) {
    await to.bodies.put(name, body, { ...options, expiresAt: outliving(responseExpiresAt ?? expiresAt) });
    return response;
  }
  const { itemBytes } = to.limits;
  return itemBytes === 0 || body.length + REST_OF_RECORD <= itemBytes ? { ...rest, body } : response;
}
