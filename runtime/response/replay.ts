import type { Problem } from './answer';
import { unpack } from './codec';
import { exposing } from './cors';
import { retryHints } from './outcomes';
import { replayedHeaders } from './replay-headers';
import { remainingTime, type Call } from '../execution/call';
import type { IdempotencyRecord } from '../protocol/record';
import { ask } from '../protocol/store-call';
import type { HttpResponse } from '../request/fronts/front';
import type { Millis } from '../time';

export type Replay =
  | { readonly kind: 'response'; readonly response: HttpResponse }
  /** Executed once, and the response was too large to keep. */
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable'; readonly problem: Problem };

/** Longest wait for the overflow bucket, in milliseconds. */
const OVERFLOW_LIMIT = 5_000;

/**
 * The recorded response as a retry gets it: status, headers and body as stored,
 * less what must not be repeated, plus the marker.
 */
export async function replayOf({ id, response: stored }: IdempotencyRecord, call: Call): Promise<Replay> {
  if (stored === undefined) return unreadable('the record is completed and has no response');
  if (stored.encoding.tooLarge) return { kind: 'too-large' };
  let body = stored.body;
  if (stored.overflow !== undefined) {
    // Whoever may write to the table must not reach another record's object by it.
    if (!String(stored.overflow).startsWith(`${id}/`)) return unreadable('the recorded response points to an object of another record');
    const fetched = await fetchBody(stored.overflow, call);
    if (!fetched.known) return unreadable('the response is out of reach in the overflow bucket', fetched.cause);
    body = fetched.value;
  }
  try {
    return { kind: 'response', response: marked(unpack({ ...stored, body }), call) };
  } catch (cause) {
    return unreadable('the recorded response cannot be read', cause);
  }
}

const unreadable = (reason: string, cause?: unknown): Replay => ({ kind: 'unreadable', problem: { reason, cause } });

const fetchBody = (objectKey: string, { overflow, host, context }: Call) =>
  ask(
    async (options) => {
      if (overflow === undefined) throw new Error('No overflow bucket is configured.');
      return overflow.get(objectKey, options);
    },
    Math.min(OVERFLOW_LIMIT, remainingTime(context) / 2) as Millis,
    host.clock,
  );

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
