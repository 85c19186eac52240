import type { WireCors } from '../../lib/contract';

type Headers = readonly (readonly [name: string, value: string])[];

const ALLOW_ORIGIN = 'access-control-allow-origin';
const ALLOW_CREDENTIALS = 'access-control-allow-credentials';
const EXPOSE_HEADERS = 'access-control-expose-headers';

/**
 * CORS headers for a response of the wrapper's own, by the settings of the API:
 * without them a browser shows its page a network error in place of a 409.
 *
 * @param exposed header names that the page may read
 */
export function corsHeaders(cors: WireCors | undefined, origin: string | undefined, exposed: readonly string[]): Headers {
  if (cors === undefined || cors.allowOrigins.length === 0) return [];
  const any = cors.allowOrigins.includes('*');
  const vary: Headers = any ? [] : [['Vary', 'Origin']];
  if (origin === undefined || !(any || cors.allowOrigins.includes(origin))) return vary;
  return [
    ['Access-Control-Allow-Origin', any ? '*' : origin],
    ...(cors.allowCredentials === true ? ([['Access-Control-Allow-Credentials', 'true']] as const) : []),
    ...(exposed.length > 0 ? ([['Access-Control-Expose-Headers', exposed.join(', ')]] as const) : []),
    ...vary,
  ];
}

/**
 * Recorded headers for a page of `origin`. A recorded `*` holds for everybody;
 * a recorded origin is the one that first asked, so that it is repeated to that
 * origin alone and caches are told that the response depends on who asks.
 */
export function corsOnReplay(headers: Headers, origin: string | undefined): Headers {
  const recorded = headers.filter(([name]) => name.toLowerCase() === ALLOW_ORIGIN).map(([, value]) => value.trim());
  if (recorded.every((value) => value === '*')) return headers;
  const allowed = origin !== undefined && recorded.every((value) => value === origin);
  const kept = allowed ? headers : headers.filter(([name]) => ![ALLOW_ORIGIN, ALLOW_CREDENTIALS].includes(name.toLowerCase()));
  return variesByOrigin(kept) ? kept : [...kept, ['Vary', 'Origin']];
}

/**
 * Headers that a page may read are listed in the response (Fetch standard): a
 * replay that a page may read at all lets it read the names of the wrapper's own
 * as well. A REST API leaves this to the function.
 */
export function exposing(headers: Headers, names: readonly string[]): Headers {
  const values = (header: string): readonly string[] => headers
    .filter(([name]) => name.toLowerCase() === header)
    .flatMap(([, value]) => value.split(',').map((one) => one.trim()));
  if (values(ALLOW_ORIGIN).length === 0) return headers;
  const listed = values(EXPOSE_HEADERS).filter((name) => name !== '');
  // With credentials a `*` is a header of that name and no wildcard.
  if (listed.includes('*') && !values(ALLOW_CREDENTIALS).includes('true')) return headers;
  const known = new Set(listed.map((name) => name.toLowerCase()));
  const missing = names.filter((name) => !known.has(name.toLowerCase()));
  if (missing.length === 0) return headers;
  return [
    ...headers.filter(([name]) => name.toLowerCase() !== EXPOSE_HEADERS),
    ['Access-Control-Expose-Headers', [...listed, ...missing].join(', ')],
  ];
}

const variesByOrigin = (headers: Headers): boolean =>
  headers.some(
    ([name, value]) => name.toLowerCase() === 'vary' && value.split(',').some((field) => ['*', 'origin'].includes(field.trim().toLowerCase())),
  );
