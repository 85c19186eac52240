import { Duration, Token, Tokenization } from 'aws-cdk-lib';
import { HEADERS, WireSettings } from '../contract';
import { documentationOf, linkTo } from './error-documentation';
import { ttlOf } from './lease';
import { RouteIdentity } from './route-identity';

const LONGEST_KEY = 255;
const ERROR_SCHEMA = '#/components/schemas/IdempotencyError';

/**
 * What an API must publish about its keys by section 2 of
 * draft-ietf-httpapi-idempotency-key-header-07 (which requests need one, what a
 * key looks like, when it expires, which errors to expect), as a part of an
 * OpenAPI 3.1 description.
 *
 * @param routes settings by `METHOD template`
 * @param identityOn what is known of the callers of such a route
 */
export function idempotencyPolicy(routes: ReadonlyMap<string, WireSettings>, identityOn: (route: string) => RouteIdentity | undefined): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [route, settings] of routes) {
    const [method, path] = route.split(' ') as [string, string];
    // What takes every other path has an asterisk of its own in API Gateway's descriptions.
    (paths[path.startsWith('/') ? path : `/${path}`] ??= {})[operationName(method)] = operation(settings, identityOn(route));
  }
  return { paths, components: { schemas: { IdempotencyError: errorSchema() } } };
}

/** API Gateway's name for a route with any method; OpenAPI has none. */
function operationName(method: string): string {
  return method === 'ANY' ? 'x-amazon-apigateway-any-method' : method.toLowerCase();
}

function operation(settings: WireSettings, identity: RouteIdentity | undefined): object {
  return {
    'parameters': [keyParameter(settings), ...timeParameter(settings)],
    'responses': responses(settings, mayLackTenant(settings, identity)),
    'x-idempotency': {
      header: settings.headerName ?? HEADERS.KEY,
      aliases: settings.headerAliases ?? [],
      required: settings.required ?? false,
      expiresAfterSeconds: ttlOf(settings),
      ...(settings.rememberSeconds ? { rememberedForSeconds: settings.rememberSeconds } : {}),
      ...(hasKeyTime(settings) ? { keyTime: settings.keyTime, maxKeyAgeSeconds: settings.maxKeyAgeSeconds } : {}),
      bodyCompared: settings.includeRequestHash ?? false,
      replayHeader: HEADERS.REPLAY,
    },
  };
}

const hasKeyTime = ({ keyTime = 'none' }: WireSettings): boolean => keyTime !== 'none';

function keyParameter(settings: WireSettings): object {
  const uuidV7 = settings.keyTime === 'uuidv7';
  return {
    name: settings.headerName ?? HEADERS.KEY,
    in: 'header',
    required: settings.required ?? false,
    description: expiryPolicy(settings),
    schema: {
      type: 'string',
      minLength: settings.minKeyLength ?? 1,
      maxLength: LONGEST_KEY,
      ...(uuidV7 ? { pattern: UUID_V7 } : {}),
    },
    example: uuidV7 ? '"01890a5d-ac96-774b-bcce-b302099a8057"' : '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  };
}

/** RFC 9562, section 5.7, bare or quoted. */
const UUID_V7 = '^"?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"?$';

/** The header that says when the operation was first sent, where there is one. */
function timeParameter({ keyTime, required = false }: WireSettings): object[] {
  if (typeof keyTime !== 'object') return [];
  return [{
    name: keyTime.header,
    in: 'header',
    required,
    description: 'When the operation was first sent, the same on each retry; with every key.',
    schema: { type: 'string' },
    example: 'Sun, 06 Nov 1994 08:49:37 GMT',
  }];
}

function expiryPolicy(settings: WireSettings): string {
  const compared = settings.includeRequestHash ? 'method, path, query and body' : 'method, path and query';
  const { rememberSeconds = 0, maxKeyAgeSeconds } = settings;
  const kept = lengthOf(ttlOf(settings));
  const expiry = rememberSeconds === 0 && !hasKeyTime(settings)
    ? `A key expires ${kept} after its request was executed; from then on it names a new operation.`
    : `Its response is kept for ${kept} after the request was executed. ${rememberSeconds === 0 ? '' : `For ${lengthOf(rememberSeconds)} more the key is known, and a retry is answered 410. `}`
      + (hasKeyTime(settings)
        ? `A key that by its own time is older than ${maxKeyAgeSeconds ? lengthOf(maxKeyAgeSeconds) : 'that'} is answered 412: no operation is executed again.`
        : 'From then on the key names a new operation.');
  const made = settings.keyTime === 'uuidv7' ? 'a UUID of version 7, made anew' : 'a UUID, for one, made anew';
  return `Names the operation, so that it can be retried safely: ${made} for each operation and kept for its retries. `
    + `Retries with the same ${compared} get the first response again, marked ${HEADERS.REPLAY}: true. ${expiry}`;
}

/** In words; of a time that only the deployment knows, its number of seconds. */
const lengthOf = (seconds: number): string =>
  Token.isUnresolved(seconds) ? `${Tokenization.stringifyNumber(seconds)} seconds` : Duration.seconds(seconds).toHumanString();

/** As the runtime words them; one of the messages that a status may have. */
const ERRORS = {
  IDEMPOTENCY_KEY_MISSING: { title: 'Idempotency key is missing', message: 'The header {} is required' },
  IDEMPOTENCY_KEY_INVALID: { title: 'Idempotency key is invalid', message: 'The idempotency key is empty' },
  IDEMPOTENCY_TENANT_MISSING: { title: 'Tenant is missing', message: 'The tenant of the caller could not be determined' },
  IDEMPOTENCY_CONFLICT: {
    title: 'A request is outstanding for this idempotency key',
    message: 'A request with this idempotency key is already being processed',
  },
  IDEMPOTENCY_RESULT_TOO_LARGE: { title: 'Result is not kept', message: 'The request was executed, and its response was too large to keep' },
  IDEMPOTENCY_RESPONSE_EXPIRED: { title: 'Response is kept no longer', message: 'The request was executed, and its response is kept no longer' },
  IDEMPOTENCY_KEY_EXPIRED: {
    title: 'Idempotency key is too old',
    message: 'The idempotency key is older than this API remembers, so the request was not executed',
  },
  IDEMPOTENCY_KEY_REUSED: { title: 'Idempotency key is already used', message: 'Idempotency key already used for different request' },
  IDEMPOTENCY_STORE_UNAVAILABLE: {
    title: 'Idempotency store is unavailable',
    message: 'The idempotency record is out of reach, so the request was not executed',
  },
} as const;

/** Without an authorizer everybody is `public` where no source is demanded. */
function mayLackTenant({ tenant = 'auto' }: WireSettings, identity: RouteIdentity | undefined): boolean {
  if (tenant !== 'auto') return tenant !== 'none';
  return identity === undefined || identity.authorizer !== undefined;
}

function responses(settings: WireSettings, lacksTenant: boolean): object {
  return {
    400: response(settings, 400, settings.required ? 'The key is missing or malformed' : 'The key is malformed', settings.required
      ? { missing: 'IDEMPOTENCY_KEY_MISSING', malformed: 'IDEMPOTENCY_KEY_INVALID' }
      : 'IDEMPOTENCY_KEY_INVALID'),
    ...(lacksTenant
      ? { 403: response(settings, 403, 'Nobody can tell whose key it is; the request was not executed', 'IDEMPOTENCY_TENANT_MISSING') }
      : {}),
    409: response(settings, 409, 'A request with this key is still being executed; retry later', 'IDEMPOTENCY_CONFLICT'),
    410: settings.rememberSeconds
      ? response(settings, 410, 'The request was executed, and its response is kept no longer, or was too large to keep', {
        expired: 'IDEMPOTENCY_RESPONSE_EXPIRED', tooLarge: 'IDEMPOTENCY_RESULT_TOO_LARGE',
      })
      : response(settings, 410, 'The request was executed, and its response was too large to keep', 'IDEMPOTENCY_RESULT_TOO_LARGE'),
    ...(hasKeyTime(settings)
      ? { 412: response(settings, 412, 'The key is older than keys are remembered; the request was not executed', 'IDEMPOTENCY_KEY_EXPIRED') }
      : {}),
    422: response(settings, 422, 'The key was used for a different request', 'IDEMPOTENCY_KEY_REUSED'),
    503: response(settings, 503, 'The record of the key is out of reach; send the request again, with the same key', 'IDEMPOTENCY_STORE_UNAVAILABLE'),
  };
}

type ErrorCode = keyof typeof ERRORS;

/** @param said the one error of the status, or those that it may have, by name */
function response(settings: WireSettings, status: number, description: string, said: ErrorCode | Readonly<Record<string, ErrorCode>>): object {
  const problem = settings.errorFormat === 'problem';
  const bodyOf = (code: ErrorCode): object => {
    const { title } = ERRORS[code];
    const message = ERRORS[code].message.replace('{}', settings.headerName ?? HEADERS.KEY);
    return problem ? { type: documentationOf(code), title, status, detail: message, code } : { code, message, status };
  };
  const shown = typeof said === 'string'
    ? { example: bodyOf(said) }
    : { examples: Object.fromEntries(Object.entries(said).map(([name, code]) => [name, { value: bodyOf(code) }])) };
  return {
    description,
    headers: headersOf(settings, status, typeof said === 'string' ? said : Object.values(said)[0]),
    content: { [problem ? 'application/problem+json' : 'application/json']: { schema: { $ref: ERROR_SCHEMA }, ...shown } },
  };
}

/** Of statuses that the very same request may yet get past. */
const RETRIED: readonly number[] = [409, 503];

function headersOf({ errorFormat, retryHintHeaders = [HEADERS.SHOULD_RETRY] }: WireSettings, status: number, code: ErrorCode): object {
  const header = (description: string, example: string) => ({ description, schema: { type: 'string' }, example });
  const retried = RETRIED.includes(status);
  return {
    ...(errorFormat === 'problem' ? {} : { Link: header('Where the error is explained', linkTo(code)) }),
    ...(retried ? { 'Retry-After': header('Seconds', '1') } : {}),
    ...Object.fromEntries(retryHintHeaders.map((name) => [name, header('Whether the very same request may succeed later', String(retried))])),
  };
}

/** What both formats have in common; RFC 9457 adds `type`, `title` and `detail`. */
function errorSchema(): object {
  return {
    type: 'object',
    required: ['code', 'status'],
    properties: {
      code: { type: 'string', pattern: '^IDEMPOTENCY_' },
      message: { type: 'string' },
      status: { type: 'integer' },
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      detail: { type: 'string' },
    },
  };
}
