import { albEvent, functionUrlEvent, httpApiEvent, restApiEvent } from '../../runtime/testing/events';

export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | Readonly<Record<string, unknown>>;
}

/** Every front that an HTTP request can come through, the multi-value kinds apart. */
export const FRONTS: Readonly<Record<string, (request: Request) => unknown>> = {
  'HTTP API': (request) => httpApiEvent(request),
  'REST API': (request) => restApiEvent(request),
  'Function URL': (request) => functionUrlEvent(request),
  'ALB': (request) => albEvent(request),
  'ALB with multi-value headers': (request) => albEvent({ ...request, multiValueHeaders: true }),
};

/** What a client would see of a result, whatever front renders it. */
export interface Seen {
  readonly statusCode: number;
  /** Names in lower case; values of one name joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function seen(result: unknown): Seen {
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = result as {
    statusCode: number;
    headers?: Record<string, string>;
    multiValueHeaders?: Record<string, string[]>;
    body?: string;
    isBase64Encoded?: boolean;
  };
  const all = [
    ...Object.entries(headers ?? {}),
    ...Object.entries(multiValueHeaders ?? {}).map(([name, values]) => [name, values.join(', ')] as const),
  ];
  return {
    statusCode,
    headers: Object.fromEntries(all.map(([name, value]) => [name.toLowerCase(), String(value)])),
    body: isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString('latin1') : body ?? '',
  };
}
