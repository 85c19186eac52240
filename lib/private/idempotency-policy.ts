import { Duration } from 'aws-cdk-lib';
import { HEADERS, WireSettings } from '../contract';
import { ttlOf } from './lease';

const LONGEST_KEY = 255;
const ERROR_SCHEMA = '#/components/schemas/IdempotencyError';

/**
 * What an API must publish about its keys by section 2 of
 * draft-ietf-httpapi-idempotency-key-header-07 (which requests need one, what a
 * key looks like, when it expires, which errors to expect), as a part of an
 * OpenAPI 3.1 description.
 *
 * @param routes settings by `METHOD template`
 */
export function idempotencyPolicy(routes: ReadonlyMap<string, WireSettings>): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [route, settings] of routes) {
    const [method, path] = route.split(' ') as [string, string];
    // What takes every other path has an asterisk of its own in API Gateway's descriptions.
    (paths[path.startsWith('/') ? path : `/${path}`] ??= {})[operationName(method)] = operation(settings);
  }
  return { paths, components: { schemas: { IdempotencyError: errorSchema() } } };
}

/** API Gateway's name for a route with any method; OpenAPI has none. */
function operationName(method: string): string {
  return method === 'ANY' ? 'x-amazon-apigateway-any-method' : method.toLowerCase();
}

function operation(settings: WireSettings): object {
  return {
    'parameters': [keyParameter(settings)],
    'responses': responses(settings),
    'x-idempotency': {
      header: settings.headerName ?? HEADERS.KEY,
      aliases: settings.headerAliases ?? [],
      required: settings.required ?? false,
      expiresAfterSeconds: ttlOf(settings),
      bodyCompared: settings.includeRequestHash ?? false,
      replayHeader: HEADERS.REPLAY,
    },
  };
}

function keyParameter(settings: WireSettings): object {
  return {
    name: settings.headerName ?? HEADERS.KEY,
    in: 'header',
    required: settings.required ?? false,
    description: expiryPolicy(settings),
    schema: { type: 'string', minLength: settings.minKeyLength ?? 1, maxLength: LONGEST_KEY },
    example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  };
}

function expiryPolicy(settings: WireSettings): string {
  const compared = settings.includeRequestHash ? 'method, path, query and body' : 'method, path and query';
  return 'Names the operation, so that it can be retried safely: a UUID, for one, made anew for each operation and kept for its retries. '
    + `Retries with the same ${compared} get the first response again, marked ${HEADERS.REPLAY}: true. `
    + `A key expires ${Duration.seconds(ttlOf(settings)).toHumanString()} after its request was executed; from then on it names a new operation.`;
}

function responses(settings: WireSettings): object {
  const type = settings.errorFormat === 'problem' ? 'application/problem+json' : 'application/json';
  const error = (description: string) => ({ description, content: { [type]: { schema: { $ref: ERROR_SCHEMA } } } });
  return {
    400: error(settings.required ? 'The key is missing or malformed' : 'The key is malformed'),
    409: error('A request with this key is still being executed; retry later'),
    422: error('The key was used for a different request'),
    503: error('The request was not executed; retry later'),
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
