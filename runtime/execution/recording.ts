import { deadlineAfter, remainingTime, type Call } from './call';
import { freshToken } from './fresh-token';
import type { Ownership } from '../protocol/acquire';
import type { StoredResponse } from '../protocol/record';
import { ask, until } from '../protocol/store-call';
import type { HttpResponse } from '../request/fronts/front';
import { reasonOf } from '../response/answer';
import { pack } from '../response/codec';
import { storedHeaders } from '../response/replay-headers';
import { outliving } from '../stores/overflow/overflow-store';
import { plus, seconds, toEpochSeconds, type Millis, type MonotonicMillis } from '../time';

/** Longest that recording a response may take, in milliseconds. */
const RECORDING_LIMIT = 10_000;
/** Kept for handing the response to Lambda. */
const PARTING_TIME = 100;

/** Until when a response may be recorded: never so late that it could not be handed on. */
export const recordingDeadline = (call: Call): MonotonicMillis => {
  const remaining = remainingTime(call.context);
  return deadlineAfter(call, Math.min(RECORDING_LIMIT, Math.max(remaining - PARTING_TIME, remaining / 2)));
};

/**
 * As it fits the store: whole, or with its body beside the record, written first
 * and under a name that nobody else uses, or a tombstone that says it was too
 * large to keep.
 */
export async function packed(response: HttpResponse, call: Call, { claim }: Ownership, deadline: MonotonicMillis): Promise<StoredResponse> {
  const { store, overflow, settings, seal, host, logger } = call;
  const fit = pack({ ...response, headers: storedHeaders(response.headers, settings) }, store.limits, settings.responseEncryption === 'client-key' ? seal : undefined);
  if (fit.kind === 'fits') return fit.stored;
  if (fit.kind === 'too-large') return fit.otherwise;
  const place = overflow ?? (fit.fitsItem ? store.bodies : undefined);
  if (place === undefined) return fit.otherwise;
  const name = `${claim.id}/${freshToken()}`;
  const expiresAt = outliving(toEpochSeconds(plus(host.clock.now(), seconds(settings.ttlSeconds))));
  const half = (until(deadline, host.clock) / 2) as Millis;
  const put = await ask((options) => place.put(name, fit.bytes, { ...options, expiresAt }), half, host.clock);
  if (put.known) return { ...fit.pointer, overflow: name };
  const kept = fit.otherwise.encoding.tooLarge ? 'the response is not kept' : 'the record keeps it';
  logger.warn(`the body could not be put beside the record: ${kept}`, { id: claim.id, reason: reasonOf(put.cause) });
  return fit.otherwise;
}
