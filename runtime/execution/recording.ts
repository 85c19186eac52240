import { deadlineAfter, remainingTime, type Call } from './call';
import type { Ownership } from '../protocol/acquire';
import type { StoredResponse } from '../protocol/record';
import type { HttpResponse } from '../request/fronts/front';
import { beside } from '../response/beside-on-demand';
import { pack } from '../response/codec';
import { storedHeaders } from '../response/replay-headers';
import type { MonotonicMillis } from '../time';

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
  const { store, settings, seal } = call;
  const fit = pack({ ...response, headers: storedHeaders(response.headers, settings) }, store.limits, settings.responseEncryption === 'client-key' ? seal : undefined);
  if (fit.kind === 'fits') return fit.stored;
  if (fit.kind === 'too-large') return fit.otherwise;
  return beside().putBeside(fit, claim.id, call, deadline);
}
