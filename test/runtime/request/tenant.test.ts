import fc from 'fast-check';
import type { WireTenant } from '../../../lib/contract';
import { detectFront } from '../../../runtime/request/fronts/detect';
import type { HttpRequest, Identity } from '../../../runtime/request/fronts/front';
import { isTenantMissing, tenantOf } from '../../../runtime/request/tenant';
import { golden, type GoldenEvent } from '../golden';

const requestOf = (event: GoldenEvent): HttpRequest => detectFront(event)!.request(event);
const of = (event: GoldenEvent, source: WireTenant = 'auto') => tenantOf(requestOf(event), source);
const claim = (name: string): WireTenant => ({ source: 'jwtClaim', name });
const context = (name: string): WireTenant => ({ source: 'lambdaContext', name });
const header = (name: string): WireTenant => ({ source: 'untrustedHeader', name });

/** The documented event with other claims, context or authorizer. */
const withAuthorizer = (name: string, authorizer: unknown): GoldenEvent => {
  const event = golden(name);
  return { ...event, requestContext: { ...event.requestContext, authorizer } };
};
const withClaims = (claims: unknown) => withAuthorizer('http-api-v2-jwt', { jwt: { claims, scopes: null } });
const withContext = (fields: unknown) => withAuthorizer('http-api-v2-lambda', { lambda: fields });
const withCaller = (name: string, caller: object): GoldenEvent => {
  const event = golden(name);
  return { ...event, requestContext: { ...event.requestContext, identity: { ...event.requestContext.identity, ...caller } } };
};
const signedBy = (iam: object) => withAuthorizer('http-api-v2-iam', { iam });

describe('the automatic tenant', () => {
  test.each([
    ['http-api-v2-jwt', 'account_id', ['acct-9']],
    ['http-api-v2-lambda', 'account_id', ['acct-9']],
    ['http-api-v2-iam', 'iam', ['111122223333', 'assumed-role/orders-task']],
    ['http-api-v1-jwt', 'jwt', ['https://issuer.example.com/', 'user-1']],
    ['rest-api-lambda', 'lambda', ['user|a1b2c3d4']],
    ['rest-api-cognito', 'jwt', ['https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example', 'a-uuid']],
    ['rest-api-iam', 'iam', ['123456789012', 'AIDAEXAMPLE']],
    ['rest-api-identity-pool', 'iam', ['123456789012', 'assumed-role/pool-users', 'us-east-1:identity-1']],
    ['rest-api-key', 'apiKey', ['k3yid']],
    ['function-url-iam', 'iam', ['111122223333', 'AIDAEXAMPLE']],
    ['http-api-v2-public', 'public', []],
    ['http-api-v1-public', 'public', []],
    ['rest-api-public', 'public', []],
    ['function-url-public', 'public', []],
    ['alb', 'public', []],
    ['alb-multi-value', 'public', []],
  ])('of %s is %s %j', (name, kind, parts) => {
    expect(of(golden(name))).toMatchObject({ kind, parts });
  });

  test.each([
    ['a Lambda authorizer that left no context', golden('http-api-v2-lambda-no-context')],
    ['a Lambda authorizer without account_id and principalId', withContext({ role: 'admin' })],
    ['an authorizer of payload 2.0 that is empty', withAuthorizer('http-api-v2-public', {})],
    ['an authorizer of an HTTP API\'s payload 1.0 that is empty', withAuthorizer('http-api-v1-public', {})],
    ['a JWT without sub', withClaims({ iss: 'https://issuer.example.com/' })],
    ['a JWT without iss', withClaims({ sub: 'user-1' })],
    ['a JWT with an empty sub', withClaims({ iss: 'https://issuer.example.com/', sub: '' })],
    ['a JWT whose sub is an object', withClaims({ iss: 'https://issuer.example.com/', sub: { id: 1 } })],
    ['a JWT without claims', withAuthorizer('http-api-v2-jwt', { jwt: {} })],
    ['a Lambda authorizer with an empty principalId', withAuthorizer('rest-api-lambda', { principalId: '' })],
    ['an IAM caller without account', signedBy({ userId: 'AIDA' })],
    ['an IAM caller without user id', signedBy({ accountId: '1', userArn: 'arn:aws:iam::1:user/a' })],
    ['a caller whom a load balancer signed in', { ...golden('alb'), headers: { 'x-amzn-oidc-identity': 'user-1' } }],
    ['a REST caller authenticated without identity, beside an API key', {
      ...withCaller('rest-api-key', {}),
      requestContext: { ...golden('rest-api-key').requestContext, authorizer: { claims: { email: 'a@example.com' } } },
    }],
  ])('F46: is missing for %s', (_, event) => {
    expect(isTenantMissing(of(event))).toBe(true);
  });

  test('a REST API without authorizer is public, whether it sends none, null or {}', () => {
    for (const authorizer of [undefined, null, {}]) expect(of(withAuthorizer('rest-api-public', authorizer))).toMatchObject({ kind: 'public' });
  });

  test.each([
    ['empty', ''], ['blank', '  '], ['null', null], ['an object', { id: 'acct-9' }], ['a list', ['acct-9']],
  ])('F46: an account_id that is %s counts as absent: the principal is next', (_, account_id) => {
    expect(of(withClaims({ account_id, iss: 'i', sub: 's' }))).toMatchObject({ kind: 'jwt', parts: ['i', 's'] });
  });

  test('an account_id that is a number or a boolean is its text', () => {
    expect(of(withClaims({ account_id: 42 }))).toMatchObject({ kind: 'account_id', parts: ['42'], value: '42' });
    expect(of(withContext({ account_id: true }))).toMatchObject({ kind: 'account_id', parts: ['true'] });
  });

  test('an IAM session\'s name is no part of it, a role is', () => {
    const role = (name: string, session: string) => signedBy({
      accountId: '1', userArn: `arn:aws-us-gov:sts::1:assumed-role/${name}/${session}`, userId: `AROA:${session}`,
    });
    expect(of(role('orders', 'task-1'))).toEqual(of(role('orders', 'task-2')));
    expect(of(role('orders', 'task-1'))).not.toEqual(of(role('refunds', 'task-1')));
  });

  test('two users of one Cognito identity pool are two tenants, though they share a role', () => {
    const other = withCaller('rest-api-identity-pool', { cognitoIdentityId: 'us-east-1:identity-2' });
    expect(of(golden('rest-api-identity-pool'))).not.toEqual(of(other));
    const pooled = (identityId: string) => {
      const { iam } = golden('http-api-v2-iam').requestContext.authorizer;
      return signedBy({ ...iam, cognitoIdentity: { amr: [], identityId, identityPoolId: 'p' } });
    };
    expect(of(pooled('a'))).not.toEqual(of(pooled('b')));
  });

  test('F66: a polluted prototype makes nobody a tenant', () => {
    Object.defineProperty(Object.prototype, 'account_id', { value: 'forged', configurable: true });
    try {
      expect(of(withClaims({ iss: 'i', sub: 's' }))).toMatchObject({ kind: 'jwt' });
    } finally {
      delete (Object.prototype as { account_id?: string }).account_id;
    }
  });

  test('an API key\'s value never is a tenant', () => {
    expect(JSON.stringify(of(golden('rest-api-key')))).not.toContain('not-for-anyone');
  });
});

describe('a named source', () => {
  test.each<[string, GoldenEvent, WireTenant, string, readonly string[]]>([
    ['a JWT claim', golden('http-api-v2-jwt'), claim('sub'), 'jwtClaim:sub', ['user-1']],
    ['a Cognito claim', golden('rest-api-cognito'), claim('cognito:username'), 'jwtClaim:cognito:username', ['alice']],
    ['a claim in payload 1.0', golden('http-api-v1-jwt'), claim('sub'), 'jwtClaim:sub', ['user-1']],
    ['a Lambda authorizer\'s number', golden('http-api-v2-lambda'), context('numberKey'), 'lambdaContext:numberKey', ['1']],
    ['a Lambda authorizer\'s boolean', golden('http-api-v2-lambda'), context('booleanKey'), 'lambdaContext:booleanKey', ['true']],
    ['a REST authorizer\'s principal', golden('rest-api-lambda'), context('principalId'), 'lambdaContext:principalId', ['user|a1b2c3d4']],
    ['the IAM principal', golden('http-api-v2-iam'), { source: 'iamPrincipal' }, 'iam', ['111122223333', 'assumed-role/orders-task']],
    ['the API key\'s id', golden('rest-api-key'), { source: 'apiKeyId' }, 'apiKey', ['k3yid']],
    ['none', golden('http-api-v2-jwt'), 'none', 'none', []],
  ])('%s', (_, event, source, kind, parts) => {
    expect(of(event, source)).toMatchObject({ kind, parts });
  });

  test.each<[string, GoldenEvent, WireTenant]>([
    ['a claim on a public route', golden('http-api-v2-public'), claim('sub')],
    ['a claim that the token lacks', golden('http-api-v2-jwt'), claim('tenant')],
    ['a claim that is empty', withClaims({ tenant: '' }), claim('tenant')],
    ['a claim that is an object', withClaims({ tenant: { a: 1 } }), claim('tenant')],
    ['a claim that only every object has', golden('http-api-v2-jwt'), claim('constructor')],
    ['the prototype for a claim', golden('http-api-v2-jwt'), claim('__proto__')],
    ['a list of a Lambda authorizer', golden('http-api-v2-lambda'), context('arrayKey')],
    ['a map of a Lambda authorizer', golden('http-api-v2-lambda'), context('mapKey')],
    ['a context field from a JWT', golden('http-api-v2-jwt'), context('sub')],
    ['a claim from a Lambda authorizer', golden('http-api-v2-lambda'), claim('account_id')],
    ['an IAM principal on a JWT route', golden('http-api-v2-jwt'), { source: 'iamPrincipal' }],
    ['an API key where none is used', golden('rest-api-public'), { source: 'apiKeyId' }],
    ['a header that was not sent', golden('rest-api-public'), header('X-Tenant')],
    ['no sources at all', golden('http-api-v2-jwt'), { source: 'all', of: [] }],
    ['one of several', golden('http-api-v2-jwt'), { source: 'all', of: [claim('sub'), claim('tenant')] }],
  ])('F46: %s is missing, and the reason holds no value', (_, event, source) => {
    const tenant = of(event, source);
    expect(isTenantMissing(tenant)).toBe(true);
    expect(JSON.stringify(tenant)).not.toMatch(/user-1|acct-9/);
  });
});

describe('a tenant from a header', () => {
  const sent = (...values: string[]) => ({
    ...golden('rest-api-lambda'), multiValueHeaders: { 'X-Tenant': values }, headers: { 'X-Tenant': values.at(-1) },
  });

  test('F47: comes only from the header that is named', () => {
    expect(of(sent('acme'), header('x-tenant'))).toMatchObject({ kind: 'header:x-tenant', parts: ['acme'] });
    expect(of(sent('acme'), header('X-Other'))).toHaveProperty('missing');
  });

  test.each([
    ['two values', sent('acme', 'other')], ['the same value twice', sent('acme', 'acme')], ['two joined by a comma', sent('acme,other')],
    ['no value', sent('')], ['a blank value', sent('  ')],
  ])('F47: %s is missing', (_, event) => {
    expect(of(event, header('X-Tenant'))).toHaveProperty('missing');
  });

  const forgeable = fc.constantFrom(
    'account_id', 'x-tenant', 'authorization', 'x-api-key', 'sub', 'iss', 'principalid', 'x-amzn-oidc-data', 'x-amz-security-token',
  );
  const names = [
    'http-api-v2-jwt', 'http-api-v2-lambda', 'http-api-v2-iam', 'http-api-v2-public', 'http-api-v1-jwt', 'rest-api-lambda',
    'rest-api-cognito', 'rest-api-iam', 'rest-api-key', 'rest-api-public', 'function-url-iam', 'function-url-public',
  ];

  test('F47: no forged header changes what an authorizer says', () => {
    const sources: WireTenant[] = ['auto', 'none', claim('account_id'), context('principalId'), { source: 'iamPrincipal' }, { source: 'apiKeyId' }];
    const headers = fc.dictionary(forgeable, fc.string());
    fc.assert(fc.property(headers, fc.constantFrom(...names), fc.constantFrom(...sources), (forged, name, source) => {
      const event = golden(name);
      const multi = Object.fromEntries(Object.entries(forged).map(([key, value]) => [key, [value]]));
      expect(of({ ...event, headers: forged, multiValueHeaders: multi, cookies: Object.values(forged) }, source)).toEqual(of(event, source));
    }));
  });

  test('F47: a forged sign-in on a load balancer gains nobody a tenant', () => {
    const event = { ...golden('alb'), headers: { 'x-amzn-oidc-identity': 'admin', 'x-amzn-oidc-data': 'e.y.J' } };
    expect(of(event)).toHaveProperty('missing');
    expect(of(event, claim('sub'))).toHaveProperty('missing');
  });
});

describe('a tenant of several parts', () => {
  const both: WireTenant = { source: 'all', of: [claim('account_id'), claim('sub')] };

  test('has kind and number of parts before each part: it enters record ids, so that another form would forget them', () => {
    expect(of(golden('http-api-v2-jwt'), { source: 'all', of: [both, { source: 'jwtClaim', name: 'iss' }] })).toMatchObject({
      kind: 'all',
      parts: [
        'all', '6', 'jwtClaim:account_id', '1', 'acct-9', 'jwtClaim:sub', '1', 'user-1',
        'jwtClaim:iss', '1', 'https://issuer.example.com/',
      ],
    });
  });

  test('F48: users of one account are apart where account and user are combined', () => {
    const user = (sub: string) => withClaims({ account_id: 'acct-9', sub });
    expect(of(user('a'), both)).not.toEqual(of(user('b'), both));
    expect(of(user('a'), 'auto')).toEqual(of(user('b'), 'auto'));
  });

  const delimiters = fc.string({ unit: fc.constantFrom('a', '|', ':', '/', '#', ',', '"', '[', ']', '1', '\u0000') }).filter((text) => text.trim() !== '');

  test('F45: no values of two parts can pose as two others', () => {
    fc.assert(fc.property(fc.tuple(delimiters, delimiters), fc.tuple(delimiters, delimiters), (one, other) => {
      const tuple = ([account_id, sub]: [string, string]) => of(withClaims({ account_id, sub }), both);
      const same = one[0] === other[0] && one[1] === other[1];
      expect(JSON.stringify(tuple(one)) === JSON.stringify(tuple(other))).toBe(same);
    }));
  });

  test('F45: a part with a delimiter is not two parts, nor another kind', () => {
    const plain = (identity: Partial<Identity>) => ({ ...requestOf(golden('rest-api-public')), identity: { authenticated: true, ...identity } });
    const nested: WireTenant = { source: 'all', of: [{ source: 'all', of: [claim('a'), claim('b')] }, claim('c')] };
    const flat: WireTenant = { source: 'all', of: [claim('a'), { source: 'all', of: [claim('b'), claim('c')] }] };
    const request = plain({ jwt: { claims: { a: '1', b: '1', c: '1' } } });
    expect(tenantOf(request, nested)).not.toEqual(tenantOf(request, flat));
    const jwt = tenantOf(plain({ jwt: { claims: { iss: 'x', sub: 'y' } } }), 'auto');
    const lambda = tenantOf(plain({ lambda: { principalId: '["x","y"]', context: {} } }), 'auto');
    expect(jwt).toMatchObject({ parts: ['x', 'y'], value: '["x","y"]' });
    expect(lambda).toMatchObject({ parts: ['["x","y"]'], value: '["x","y"]' });
    expect([jwt, lambda].map((tenant) => 'kind' in tenant && tenant.kind)).toEqual(['jwt', 'lambda']);
  });
});
