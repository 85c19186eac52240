import type { Problem } from './answer';
import { beside } from './beside-on-demand';
import { unpack } from './codec';
import { exposing } from './cors';
import { replayedHeaders } from './replay-headers';
import { isPassedOn } from './result-size-on-demand';
import { retryHints } from './retry-hints';
import type { Call } from '../execution/call';
import type { IdempotencyRecord } from '../protocol/record';
import type { HttpResponse } from '../request/fronts/front';

export type Replay =
  /** What to return. */
  | { readonly kind: 'response'; readonly result: unknown }
  /** Executed once, and the response was too large to keep, or is too large to be sent as a replay. */
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable'; readonly problem: Problem };

/**
 * The recorded response as a retry gets it: status, headers and body as stored,
 * less what must not be repeated, plus the marker.
 */
export async function replayOf({ id, response: stored }: IdempotencyRecord, call: Call): Promise<Replay> {
  if (stored === undefined) return unreadable('the record is completed and has no response');
  if (stored.encoding.tooLarge) return { kind: 'too-large' };
  let body = stored.body;
  if (stored.overflow !== undefined) {
    const fetched = await beside().fetchBeside(stored.overflow, id, call);
    if (!fetched.known) return unreadable('the recorded body is out of reach beside the record', fetched.cause);
    body = fetched.value;
  }
  try {
    const result = call.front.render(marked(unpack({ ...stored, body }, call.seal), call), call.event);
    return isPassedOn(result as { readonly body: unknown }) ? { kind: 'response', result } : { kind: 'too-large' };
  } catch (cause) {
    // By its code: in the layer the class of a file of its own is another one.
    const sealed = (cause as { code?: unknown }).code === 'IDEMPOTENCY_RESPONSE_SEALED';
    return unreadable(sealed ? 'the recorded response does not open with this key, tenant and secret' : 'the recorded response cannot be read', cause);
  }
}

const unreadable = (reason: string, cause?: unknown): Replay => ({ kind: 'unreadable', problem: { reason, cause } });

/** What client SDKs send again by themselves. */
const isRetriedBySdks = (status: number): boolean => [408, 409, 425, 429].includes(status) || status >= 500;

function marked(response: HttpResponse, { request, settings }: Call): HttpResponse {
  const { statusCode } = response;
  const markers = [settings.replayMarker, ...settings.replayMarkerAliases].map((name) => [name, 'true'] as const);
  const hints = isRetriedBySdks(statusCode) ? retryHints(settings.retryHintHeaders, false) : [];
  const own = [...markers, ...hints];
  const replaced = [...own.map(([name]) => name), ...(statusCode >= 400 ? [...settings.retryHintHeaders, RETRY_AFTER] : [])];
  const names = new Set(replaced.map((name) => name.toLowerCase()));
  const recorded = replayedHeaders(response.headers, request, settings).filter(([name]) => !names.has(name.toLowerCase()));
  const headers = exposing(recorded, own.map(([name]) => name));
  return { ...response, cookies: [], headers: [...headers, ...own] };
}

/** Of an error it invites to a retry, which a recorded error answers in the same way until it expires. Elsewhere it says when to ask for a result. */
const RETRY_AFTER = 'Retry-After';
