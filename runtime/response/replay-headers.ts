import { corsOnReplay } from './cors';
import { isHeaderName, isHeaderValue } from './http-header';
import { HEADERS } from '../../lib/contract';
import type { ReplayHeaders } from '../configuration/options';
import type { HttpRequest } from '../request/fronts/front';

type Headers = readonly (readonly [name: string, value: string])[];

/** Holds for one connection (RFC 9110, section 7.6.1), together with what `Connection` names and all of `Proxy-`. */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/** Belongs to the first caller's session: a replay may go to another one of the same tenant. */
const CREDENTIALS = ['set-cookie', 'set-cookie2', 'authorization', 'www-authenticate', 'authentication-info'];

/** Speaks of the one exchange that it was part of. */
const ONE_EXCHANGE = [
  'date', 'age', 'x-request-id', 'x-correlation-id', 'request-id', 'correlation-id',
  'traceparent', 'tracestate', 'traceresponse', 'b3', 'x-amzn-trace-id', 'x-amzn-requestid', 'x-amz-request-id', 'x-amz-apigw-id', 'x-amz-cf-id',
];

const NEVER = new Set([...HOP_BY_HOP, ...CREDENTIALS, ...ONE_EXCHANGE]);
const NEVER_PREFIXES = ['proxy-', 'x-b3-'];

/** Without these nobody can read the body that is replayed. */
const BODY_HEADERS = ['content-type', 'content-encoding'];

/** The headers of a response that go on record. */
export function storedHeaders(headers: Headers, { replayHeaders }: { readonly replayHeaders: ReplayHeaders }): Headers {
  const perConnection = namedByConnection(headers);
  return headers.filter(([name, value]) => {
    const header = name.toLowerCase();
    const transient = NEVER.has(header) || NEVER_PREFIXES.some((prefix) => header.startsWith(prefix)) || perConnection.includes(header);
    return !transient && isHeaderName(name) && isHeaderValue(value) && isWanted(header, replayHeaders);
  });
}

const namedByConnection = (headers: Headers): readonly string[] =>
  headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((token) => token.trim().toLowerCase()));

/**
 * The headers of a recorded response for the caller of a replay. The rules are
 * applied once more: they may have become stricter since the response was
 * recorded. The wrapper's own headers are its own to set.
 */
export function replayedHeaders(
  recorded: Headers,
  request: Pick<HttpRequest, 'headers'>,
  settings: {
    readonly replayHeaders: ReplayHeaders;
    readonly replayMarker: string;
    readonly replayMarkerAliases: readonly string[];
  },
): Headers {
  const own = [settings.replayMarker, ...settings.replayMarkerAliases, HEADERS.PERSISTED].map((name) => name.toLowerCase());
  const kept = storedHeaders(recorded, settings).filter(([name]) => !own.includes(name.toLowerCase()));
  return corsOnReplay(kept, request.headers.get('origin')?.[0]);
}

function isWanted(header: string, rule: ReplayHeaders): boolean {
  if (BODY_HEADERS.includes(header)) return true;
  const listed = (names: readonly string[]): boolean => names.some((name) => name.toLowerCase() === header);
  // Only one of the two is there; a list that is undefined counts as absent.
  const { allow, deny } = rule as { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  return allow === undefined ? !listed(deny ?? []) : listed(allow);
}
