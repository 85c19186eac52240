/**
 * Events as the gateways send them, for tests of handlers. What an option does
 * not say is an example value; nothing is random, so that equal options give
 * equal events.
 */

export type TestBody = string | Uint8Array | Readonly<Record<string, unknown>> | readonly unknown[];

export interface EventOptions {
  /** @default 'POST' */
  readonly method?: string;
  /** Percent-encoded, as in the URL, without stage and query. @default '/payments' */
  readonly path?: string;
  /** A value, or several of one header. A JSON body brings its content type along. @default none */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Without `?`, as in the URL. @default '' */
  readonly query?: string;
  /** Text, bytes (base64 in the event), or a value sent as JSON. @default none */
  readonly body?: TestBody;
}

export interface RoutedEventOptions extends EventOptions {
  /** The template that matched, `/payments/{id}`. @default the path */
  readonly route?: string;
  /** @default '$default' for an HTTP API, 'prod' for a REST API */
  readonly stage?: string;
}

export interface TestIamCaller {
  readonly accountId?: string;
  readonly userArn: string;
  readonly userId: string;
  /** For a user of a Cognito identity pool. */
  readonly cognitoIdentityId?: string;
}

/** One of: verified claims, the fields of a Lambda authorizer, a signed caller. */
export type TestAuthorizer =
  | { readonly jwt: Readonly<Record<string, unknown>> }
  | { readonly lambda: Readonly<Record<string, unknown>> | null }
  | { readonly iam: TestIamCaller };

const ACCOUNT = '123456789012';
const REQUEST_ID = '00000000-0000-4000-8000-000000000000';
const TIME = '01/Jan/2026:00:00:00 +0000';
const TIME_EPOCH = 1767225600000;
const SOURCE_IP = '192.0.2.1';
const USER_AGENT = 'test';

type Values = readonly (readonly [name: string, values: readonly string[]])[];

const isJson = (body: TestBody | undefined): boolean => typeof body === 'object' && !(body instanceof Uint8Array);

const headersOf = ({ headers = {}, body }: EventOptions): Values => {
  const given = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? [value] : value] as const);
  const typed = given.some(([name]) => name.toLowerCase() === 'content-type');
  return typed || !isJson(body) ? given : [...given, ['Content-Type', ['application/json']]];
};

const bodyOf = ({ body }: EventOptions): { body: string | null; isBase64Encoded: boolean } => {
  if (body === undefined) return { body: null, isBase64Encoded: false };
  if (typeof body === 'string') return { body, isBase64Encoded: false };
  if (body instanceof Uint8Array) return { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
  return { body: JSON.stringify(body), isBase64Encoded: false };
};

const single = (values: Values, one: (values: readonly string[]) => string): Record<string, string> =>
  Object.fromEntries(values.filter(([, all]) => all.length > 0).map(([name, all]) => [name, one(all)]));

const last = (values: readonly string[]): string => values[values.length - 1];
const comma = (values: readonly string[]): string => values.join(',');

/** Values by name in the order received, from pairs. */
const grouped = (pairs: Iterable<readonly [string, string]>): Values => {
  const groups = new Map<string, string[]>();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  return [...groups];
};

const decodedQuery = (query = ''): Values => grouped(new URLSearchParams(query));

const rawQuery = (query = ''): Values => grouped(query.split('&').filter((part) => part !== '').map((part) => {
  const equals = part.indexOf('=');
  return equals < 0 ? [part, ''] as const : [part.slice(0, equals), part.slice(equals + 1)] as const;
}));

/** An object as gateways send it: null instead of an empty one. */
const orNull = <T extends object>(object: T): T | null => (Object.keys(object).length > 0 ? object : null);

/** What the template's parameters stand for in the path. */
const pathParameters = (route: string, path: string): Record<string, string> => {
  const segments = path.split('/');
  return Object.fromEntries(route.split('/').flatMap((part, index) => {
    const parameter = /^\{([^+}]+)(\+?)\}$/.exec(part);
    if (parameter === null) return [];
    return [[parameter[1], parameter[2] === '+' ? segments.slice(index).join('/') : segments[index] ?? '']];
  }));
};

const authorizerV2 = (authorizer: TestAuthorizer): Record<string, unknown> => {
  if ('jwt' in authorizer) return { jwt: { claims: authorizer.jwt, scopes: null } };
  if ('lambda' in authorizer) return { lambda: authorizer.lambda };
  const { accountId = ACCOUNT, userArn, userId, cognitoIdentityId } = authorizer.iam;
  return {
    iam: {
      accessKey: 'AKIAEXAMPLE',
      accountId,
      callerId: userId,
      cognitoIdentity: cognitoIdentityId === undefined ? null : { amr: ['authenticated'], identityId: cognitoIdentityId, identityPoolId: 'pool' },
      principalOrgId: null,
      userArn,
      userId,
    },
  };
};

/** Payload format 2.0; what a handler that is typed by `@types/aws-lambda` takes. */
export interface PayloadV2Event {
  version: string;
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  pathParameters?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    authorizer?: Record<string, unknown>;
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: string;
    stage: string;
    time: string;
    timeEpoch: number;
  };
  body?: string;
  isBase64Encoded: boolean;
}

const payloadV2 = (
  options: RoutedEventOptions,
  authorizer: TestAuthorizer | undefined,
  routeKey: string,
  domain: string,
  stage: string,
): PayloadV2Event => {
  const { method = 'POST', path = '/payments', query = '' } = options;
  const lower = grouped(headersOf(options).flatMap(([name, values]) => values.map((value) => [name.toLowerCase(), value] as const)));
  const cookies = lower.filter(([name]) => name === 'cookie').flatMap(([, values]) => values.flatMap((value) => value.split('; ')));
  const parameters = single(decodedQuery(query), comma);
  const rawPath = stage === '$default' ? path : `/${stage}${path}`;
  const { body, isBase64Encoded } = bodyOf(options);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers: single(lower.filter(([name]) => name !== 'cookie'), comma),
    ...(Object.keys(parameters).length > 0 ? { queryStringParameters: parameters } : {}),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'test-id',
      ...(authorizer === undefined ? {} : { authorizer: authorizerV2(authorizer) }),
      domainName: domain,
      domainPrefix: domain.split('.')[0]!,
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: SOURCE_IP, userAgent: USER_AGENT },
      requestId: REQUEST_ID,
      routeKey,
      stage,
      time: TIME,
      timeEpoch: TIME_EPOCH,
    },
    ...(body === null ? {} : { body }),
    isBase64Encoded,
  };
};

/** An HTTP API's event, payload format 2.0. */
export function httpApiEvent(options: RoutedEventOptions & { readonly authorizer?: TestAuthorizer } = {}): PayloadV2Event {
  const { method = 'POST', path = '/payments', route = path, stage = '$default' } = options;
  const routeKey = route === '$default' ? route : `${method} ${route}`;
  const parameters = pathParameters(route, path);
  return {
    ...payloadV2(options, options.authorizer, routeKey, 'test-id.execute-api.us-east-1.amazonaws.com', stage),
    ...(Object.keys(parameters).length > 0 ? { pathParameters: parameters } : {}),
  };
}

/** A function URL's event. */
export function functionUrlEvent(options: EventOptions & { readonly iam?: TestIamCaller } = {}): PayloadV2Event {
  const authorizer = options.iam === undefined ? undefined : { iam: options.iam };
  return payloadV2(options, authorizer, '$default', 'test-id.lambda-url.us-east-1.on.aws', '$default');
}

const NOBODY = {
  accessKey: null,
  accountId: null,
  caller: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  sourceIp: SOURCE_IP,
  user: null,
  userAgent: USER_AGENT,
  userArn: null,
};

const callerV1 = ({ accountId = ACCOUNT, userArn, userId, cognitoIdentityId }: TestIamCaller) => ({
  accessKey: 'AKIAEXAMPLE',
  accountId,
  caller: userId,
  user: userId,
  userArn,
  ...(cognitoIdentityId === undefined ? {} : { cognitoIdentityId, cognitoIdentityPoolId: 'pool' }),
});

const authorizerV1 = (authorizer: TestAuthorizer | undefined): Record<string, unknown> => {
  if (authorizer === undefined || 'iam' in authorizer) return {};
  return { authorizer: 'jwt' in authorizer ? { claims: authorizer.jwt } : authorizer.lambda };
};

/**
 * A REST API's event. The fields of a Lambda authorizer include its
 * `principalId`; `apiKeyId` is the id of a usage plan's key.
 */
export function restApiEvent(options: RoutedEventOptions & { readonly authorizer?: TestAuthorizer; readonly apiKeyId?: string } = {}) {
  const { method = 'POST', path = '/payments', route = path, stage = 'prod', authorizer, apiKeyId } = options;
  const headers = headersOf(options);
  const query = decodedQuery(options.query);
  return {
    resource: route,
    path,
    httpMethod: method,
    headers: orNull(single(headers, last)),
    multiValueHeaders: orNull(Object.fromEntries(headers)),
    queryStringParameters: orNull(single(query, last)),
    multiValueQueryStringParameters: orNull(Object.fromEntries(query)),
    pathParameters: orNull(pathParameters(route, path)),
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'test-id',
      ...authorizerV1(authorizer),
      domainName: 'test-id.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'test-id',
      httpMethod: method,
      identity: {
        ...NOBODY,
        ...(authorizer !== undefined && 'iam' in authorizer ? callerV1(authorizer.iam) : {}),
        ...(apiKeyId === undefined ? {} : { apiKey: 'test-api-key', apiKeyId }),
      },
      path: `/${stage}${path}`,
      protocol: 'HTTP/1.1',
      requestId: REQUEST_ID,
      requestTime: TIME,
      requestTimeEpoch: TIME_EPOCH,
      resourceId: 'test',
      resourcePath: route,
      stage,
    },
    ...bodyOf(options),
  };
}

/** An Application Load Balancer's event. `multiValueHeaders`: as the target group's attribute of that name. @default false */
export function albEvent(options: EventOptions & { readonly multiValueHeaders?: boolean } = {}) {
  const { method = 'POST', path = '/payments', multiValueHeaders = false } = options;
  const headers = grouped(headersOf(options).flatMap(([name, values]) => values.map((value) => [name.toLowerCase(), value] as const)));
  const query = rawQuery(options.query);
  const { body, isBase64Encoded } = bodyOf(options);
  return {
    requestContext: { elb: { targetGroupArn: `arn:aws:elasticloadbalancing:us-east-1:${ACCOUNT}:targetgroup/test/0123456789abcdef` } },
    httpMethod: method,
    path,
    ...(multiValueHeaders
      ? { multiValueQueryStringParameters: Object.fromEntries(query), multiValueHeaders: Object.fromEntries(headers) }
      : { queryStringParameters: single(query, last), headers: single(headers, last) }),
    body: body ?? '',
    isBase64Encoded,
  };
}
