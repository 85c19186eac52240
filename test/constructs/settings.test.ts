import { CfnParameter, Duration, Lazy, Stack, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import fc from 'fast-check';
import { environmentOf, newFunction, newStack, OTHER_VERSION_ID, settingsOf, statementsOf, VERSION_ID } from './support';
import { Fingerprint, Idempotency, IdempotencySettings, IdempotentApi, KeyTime, OnConflict, ResponseEncryption, StoreResponse, Takeover, TenantSource } from '../../lib';
import type { WireSettings } from '../../lib/contract';
import { resolveSettings, routeSettings } from '../../runtime/configuration/settings';

const make = (settings: IdempotencySettings) => new Idempotency(newStack(), 'Idempotency', settings);
const warningsOf = (settings: IdempotencySettings): readonly string[] => {
  const stack = newStack();
  new Idempotency(stack, 'Idempotency', settings);
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
};
const wire = (settings: IdempotencySettings) => {
  const stack = newStack();
  new Idempotency(stack, 'Idempotency', settings).attach(newFunction(stack));
  return settingsOf(Template.fromStack(stack)).defaults;
};

test.each([
  ['exempt', { idempotent: false }],
  ['with other settings', { required: true }],
])('F218: a route of one method beside one of any method that is %s has its own settings where the runtime looks for them, also where those are the defaults', (_, any) => {
  const stack = newStack();
  const fn = newFunction(stack);
  const api = new IdempotentApi(stack, 'Api');
  api.addRoutes({ path: '/a', methods: [HttpMethod.ANY], handler: fn, ...any });
  api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: fn });
  api.addRoutes({ path: '/b', methods: [HttpMethod.POST], handler: fn });
  const { routes } = settingsOf(Template.fromStack(stack));
  expect(routeSettings(routes, 'POST', '/a')).toEqual({});
  expect(routeSettings(routes, 'PUT', '/a')).not.toEqual({});
  expect(routeSettings(routes, 'POST', '/b')).toBeUndefined();
});

describe('header names', () => {
  test.each([
    ['headerName', { headerName: 'Idempotency Key' }],
    ['headerName', { headerName: '' }],
    ['headerAliases', { headerAliases: ['X-Key:'] }],
    ['replayMarkerAliases', { replayMarkerAliases: ['Schlüssel'] }],
    ['retryHintHeaders', { retryHintHeaders: ['a,b'] }],
    ['tenant', { tenant: TenantSource.untrustedHeader('x tenant') }],
  ])('throws when %s is no token of RFC 9110: %j', (prop, settings) => {
    expect(() => make(settings)).toThrow(new RegExp(
      `^Stack/Idempotency: ${prop} is ".*", which is no header name\\. Use letters, digits and hyphens`,
    ));
  });

  test.each([
    ['headerAliases', { headerAliases: ['idempotency-key'] }],
    ['headerAliases', { headerName: 'X-Key', headerAliases: ['Other', 'x-key'] }],
    ['replayMarkerAliases', { replayMarkerAliases: ['x-idempotent-replay'] }],
    ['retryHintHeaders', { retryHintHeaders: ['X-A', 'x-a'] }],
  ])('throws when %s names a header a second time: %j', (prop, settings) => {
    expect(() => make(settings)).toThrow(new RegExp(
      `^Stack/Idempotency: ${prop} names ".*" a second time\\. Name each header once; case does not count\\.`,
    ));
  });

  test('of a route are judged together with those of the construct', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency', { headerName: 'X-Key' });
    expect(() => idempotency.attach(newFunction(stack, 'A'), { headerAliases: ['X-Key'] })).toThrow('headerAliases names "X-Key" a second time');
    idempotency.attach(newFunction(stack, 'B'), { headerAliases: ['Idempotency-Key'] });
    expect(settingsOf(Template.fromStack(stack), 'B').defaults).toMatchObject({ headerName: 'X-Key', headerAliases: ['Idempotency-Key'] });
  });
});

describe('numbers and times', () => {
  test.each([0, 256, 1.5])('throws when minKeyLength is %d', (minKeyLength) => {
    expect(() => make({ minKeyLength })).toThrow(`Stack/Idempotency: minKeyLength is ${minKeyLength}. Give a whole number from 1 to 255.`);
  });

  test('F224: throws when minKeyLength is longer than the UUIDs that keyTime demands', () => {
    expect(() => make({ minKeyLength: 37, keyTime: KeyTime.uuidV7() })).toThrow(
      'Stack/Idempotency: minKeyLength is 37, and keyTime takes UUIDs alone, which have 36 characters, so that every key would be 400. Give at most 36, or leave it out.',
    );
    expect(wire({ minKeyLength: 36, keyTime: KeyTime.uuidV7() }).minKeyLength).toBe(36);
    expect(wire({ minKeyLength: 37, keyTime: KeyTime.header('First-Sent') }).minKeyLength).toBe(37);
  });

  test.each([1, 255])('minKeyLength may be %d', (minKeyLength) => expect(wire({ minKeyLength }).minKeyLength).toBe(minKeyLength));

  test.each([
    ['ttl', { ttl: Duration.millis(1500) }, '1.5', 1],
    ['ttl', { ttl: Duration.seconds(0) }, '0', 1],
    ['processingTimeout', { processingTimeout: Duration.millis(10) }, '0.01', 1],
    ['clockMargin', { clockMargin: Duration.millis(1) }, '0.001', 0],
    ['onConflict', { onConflict: OnConflict.wait(Duration.seconds(0)) }, '0', 1],
  ])('throws when %s is no whole number of seconds: %j', (prop, settings, value, least) => {
    expect(() => make(settings)).toThrow(`Stack/Idempotency: ${prop} is ${value} seconds. Give whole seconds, at least ${least}.`);
  });

  test('F217: throws when ttl is longer than whole milliseconds can tell', () => {
    expect(() => make({ ttl: Duration.days(1e9) })).toThrow('Stack/Idempotency: ttl is 86400000000000 seconds. Give whole seconds, at most 1e12.');
  });

  test('clockMargin may be 0, where one clock serves all', () => expect(wire({ clockMargin: Duration.seconds(0) }).clockMarginSeconds).toBe(0));

  test('F25: throws when ttl is not longer than the processing timeout', () => {
    expect(() => make({ ttl: Duration.minutes(1), processingTimeout: Duration.minutes(1) }))
      .toThrow('Stack/Idempotency: ttl is 60 seconds, not longer than the processing timeout of 60 seconds');
    expect(wire({ ttl: Duration.seconds(61), processingTimeout: Duration.minutes(1) }).ttlSeconds).toBe(61);
  });
});

describe('the fingerprint', () => {
  test.each([[{}], [{ include: [] }], [{ include: [], exclude: [] }]])('throws when it selects nothing: %j', (selection) => {
    expect(() => make({ fingerprint: Fingerprint.jsonPointers(selection) }))
      .toThrow('Stack/Idempotency: fingerprint selects no JSON Pointer. Give include or exclude with the pointers themselves, or use Fingerprint.json()');
  });

  test.each(['amount', '/a~', '/a~2'])('throws when it has a bad JSON Pointer: %s', (pointer) => {
    expect(() => make({ fingerprint: Fingerprint.jsonPointers({ exclude: [pointer] }) }))
      .toThrow(`Stack/Idempotency: fingerprint has "${pointer}", which is no JSON Pointer. Begin each member with "/"`);
  });

  test('may be bytes, canonical JSON or pointers with escapes', () => {
    expect(wire({ fingerprint: Fingerprint.bytes() }).fingerprint).toBe('bytes');
    expect(wire({ fingerprint: Fingerprint.json() }).fingerprint).toBe('json');
    expect(wire({ fingerprint: Fingerprint.jsonPointers({ include: ['/a~1b/~0', ''] }) }).fingerprint).toEqual({ include: ['/a~1b/~0', ''] });
  });

  test('warns when bodies are not compared at all', () => {
    const idempotency = make({ fingerprint: Fingerprint.json() });
    expect(idempotency.node.metadata.map((entry) => entry.data))
      .toContainEqual(expect.stringMatching(/fingerprint has no effect.*cdk-idempotent-api:fingerprintUnused/));
  });
});

describe('the tenant', () => {
  test.each([
    [TenantSource.auto(), 'auto'],
    [TenantSource.none(), 'none'],
    [TenantSource.jwtClaim('account_id'), { source: 'jwtClaim', name: 'account_id' }],
    [TenantSource.lambdaContext('tenantId'), { source: 'lambdaContext', name: 'tenantId' }],
    [TenantSource.untrustedHeader('X-Tenant'), { source: 'untrustedHeader', name: 'X-Tenant' }],
    [TenantSource.iamPrincipal(), { source: 'iamPrincipal' }],
    [TenantSource.apiKeyId(), { source: 'apiKeyId' }],
  ])('F46: is one of the sources: %#', (tenant, expected) => expect(wire({ tenant }).tenant).toEqual(expected));

  test('F48: may be several together', () => {
    expect(wire({ tenant: TenantSource.all(TenantSource.jwtClaim('account_id'), TenantSource.apiKeyId()) }).tenant)
      .toEqual({ source: 'all', of: [{ source: 'jwtClaim', name: 'account_id' }, { source: 'apiKeyId' }] });
  });

  test('throws when a name is empty, also within others', () => {
    expect(() => make({ tenant: TenantSource.all(TenantSource.jwtClaim('')) }))
      .toThrow('Stack/Idempotency: tenant has an empty name for jwtClaim. Name the claim, field or header.');
  });

  test('throws when several are none', () => {
    expect(() => make({ tenant: TenantSource.all() })).toThrow('Stack/Idempotency: tenant combines no source. Give TenantSource.all()');
    expect(() => make({ tenant: TenantSource.all(TenantSource.apiKeyId(), TenantSource.none()) }))
      .toThrow('Stack/Idempotency: tenant combines TenantSource.none() with others');
  });
});

describe('what is recorded', () => {
  test('may be everything', () => expect(wire({ storeResponse: StoreResponse.all() }).storeResponse).toBe('all'));

  test.each([[[99]], [[600]], [[200, 204.5]]])('throws when a status code is none: %j', (codes) => {
    expect(() => make({ storeResponse: StoreResponse.statuses(codes) }))
      .toThrow(`Stack/Idempotency: storeResponse lists ${codes.at(-1)}, which no response ends with. List codes from 200 to 599`);
  });

  test('throws when no status code is listed', () => {
    expect(() => make({ storeResponse: StoreResponse.statuses([]) })).toThrow('Stack/Idempotency: storeResponse lists no status code.');
  });
});

test('throws when the namespace is empty', () => {
  expect(() => make({ namespace: '' })).toThrow('Stack/Idempotency: namespace is empty. Name it, or leave it out');
});

describe('key secrets', () => {
  test('F78: may be pinned to a version, also one secret to two', () => {
    const stack = newStack();
    const secret = new Secret(stack, 'Secret');
    new Idempotency(stack, 'Idempotency', {
      keySecret: secret, keySecretVersionId: VERSION_ID, previousKeySecret: secret, previousKeySecretVersionId: OTHER_VERSION_ID,
    }).attach(newFunction(stack));
    const template = Template.fromStack(stack);
    const pinned = (versionId: string) => ({ 'Fn::Join': ['', [{ Ref: expect.stringMatching(/^Secret/) }, `:::${versionId}`]] });
    expect(environmentOf(template)).toMatchObject({
      IDEMPOTENCY_KEY_SECRET: pinned(VERSION_ID), IDEMPOTENCY_PREVIOUS_KEY_SECRET: pinned(OTHER_VERSION_ID),
    });
    expect(statementsOf(template).map((statement) => statement.Action)).toEqual([
      ['dynamodb:UpdateItem', 'dynamodb:GetItem'], 'secretsmanager:GetSecretValue',
    ]);
  });

  test.each([
    'AWSCURRENT', 'v1', 'b7a6e0f2 9a3c 4f0e 8f53 0d8f1c3a2b11', 'x'.repeat(65),
  ])('F225: throws when a version is %j, which no version of a secret is called', (id) => {
    const stack = newStack();
    const keySecret = new Secret(stack, 'Secret');
    expect(() => new Idempotency(stack, 'Idempotency', { keySecret, keySecretVersionId: id })).toThrow(
      `Stack/Idempotency: keySecretVersionId is ${JSON.stringify(id)}, which is no version's id. Give the VersionId that`,
    );
  });

  test('F225: a version may be a parameter\'s', () => {
    const stack = newStack();
    const keySecretVersionId = new CfnParameter(stack, 'Version').valueAsString;
    new Idempotency(stack, 'Idempotency', { keySecret: new Secret(stack, 'Secret'), keySecretVersionId }).attach(newFunction(stack));
    expect(JSON.stringify(environmentOf(Template.fromStack(stack)).IDEMPOTENCY_KEY_SECRET)).toContain('{"Ref":"Version"}');
  });

  test('throws when a version is given without its secret', () => {
    expect(() => make({ keySecretVersionId: VERSION_ID }))
      .toThrow('Stack/Idempotency: keySecretVersionId is given without keySecret. Give keySecret too, or neither.');
    expect(() => make({ previousKeySecretVersionId: OTHER_VERSION_ID })).toThrow('previousKeySecretVersionId is given without previousKeySecret');
  });
});

describe('CORS of the wrapper\'s own responses', () => {
  test('may be given where the handler itself does CORS, to all or to one function', () => {
    expect(wire({ cors: { allowOrigins: ['https://shop.example', 'http://localhost:3000'], allowCredentials: true } }).cors)
      .toEqual({ allowOrigins: ['https://shop.example', 'http://localhost:3000'], allowCredentials: true });
    const stack = newStack();
    new Idempotency(stack, 'Idempotency', { cors: { allowOrigins: ['*'] } }).attach(newFunction(stack), { cors: { allowOrigins: ['https://a.example'] } });
    expect(settingsOf(Template.fromStack(stack)).defaults.cors).toEqual({ allowOrigins: ['https://a.example'] });
  });

  test('wins over what the API says', () => {
    const stack = newStack();
    new IdempotentApi(stack, 'Api', { corsPreflight: { allowOrigins: ['*'] }, cors: { allowOrigins: ['https://a.example'] } })
      .addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(stack) });
    expect(settingsOf(Template.fromStack(stack)).defaults.cors).toEqual({ allowOrigins: ['https://a.example'] });
  });

  test.each([
    [[], 'allows no origin'],
    [['shop.example'], 'allows "shop.example", which is no origin'],
    [['https://*.shop.example'], 'allows "https://*.shop.example", which is no origin'],
    [['https://shop.example/'], 'allows "https://shop.example/", which is no origin'],
    [['*', 'https://shop.example/pay'], 'allows "https://shop.example/pay", which is no origin'],
  ])('throws when %j are the origins', (allowOrigins, problem) => {
    expect(() => make({ cors: { allowOrigins } })).toThrow(`Stack/Idempotency: cors ${problem}. Give scheme, host and port as browsers send them`);
  });

  test('throws when credentials are to come from anywhere', () => {
    expect(() => make({ cors: { allowOrigins: ['*'], allowCredentials: true } }))
      .toThrow('Stack/Idempotency: cors allows credentials from the origin "*", which browsers refuse. Name the origins, or leave allowCredentials out.');
  });
});

describe('tokens', () => {
  test('are left to the runtime, wherever they stand', () => {
    const stack = newStack();
    const text = new CfnParameter(stack, 'Text').valueAsString;
    const number = new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
    new Idempotency(stack, 'Idempotency', {
      headerName: text,
      minKeyLength: number,
      ttl: Duration.seconds(number),
      processingTimeout: Duration.seconds(number),
      tenant: TenantSource.jwtClaim(text),
      fingerprint: Fingerprint.jsonPointers({ include: [text] }),
      includeRequestHash: true,
      storeResponse: StoreResponse.statuses([number]),
      namespace: text,
    }).attach(newFunction(stack));
    const settings = environmentOf(Template.fromStack(stack)).IDEMPOTENCY_SETTINGS;
    expect(settings['Fn::Join'][1]).toEqual([
      '{"defaults":{"headerName":"', { Ref: 'Text' }, '","minKeyLength":', { Ref: 'Number' }, ',"ttlSeconds":', { Ref: 'Number' },
      ',"processingTimeoutSeconds":', { Ref: 'Number' }, ',"includeRequestHash":true,"fingerprint":{"include":["', { Ref: 'Text' },
      '"]},"tenant":{"source":"jwtClaim","name":"', { Ref: 'Text' }, '"},"storeResponse":[', { Ref: 'Number' },
      '],"namespace":"', { Ref: 'Text' }, '"}}',
    ]);
  });

  test('a function timeout that is one leaves the lease to the runtime', () => {
    const stack = newStack();
    const timeout = Duration.seconds(Lazy.number({ produce: () => 20 }));
    new Idempotency(stack, 'Idempotency').attach(newFunction(stack, 'Fn', { timeout }));
    expect(settingsOf(Template.fromStack(stack)).defaults).toEqual({ namespace: 'Stack/Idempotency' });
  });

  test('throws when a time is one in a unit that cannot be converted', () => {
    expect(() => make({ ttl: Duration.hours(Token.asNumber({ Ref: 'Hours' })) }))
      .toThrow('Stack/Idempotency: ttl is a token in hours, which cannot be converted at synth. Give it with Duration.seconds().');
  });
});

describe('key secrets', () => {
  test('F78: warns of one whose version is not pinned, and of a pinned one not', () => {
    for (const keySecretVersionId of [undefined, VERSION_ID]) {
      const stack = newStack();
      new Idempotency(stack, 'Idempotency', { keySecret: new Secret(stack, 'Secret'), keySecretVersionId });
      const warnings = Annotations.fromStack(stack).findWarning('/Stack/Idempotency', Match.stringLikeRegexp('keySecretUnpinned'));
      expect(warnings).toHaveLength(keySecretVersionId === undefined ? 1 : 0);
    }
  });

  test('F73: grantUse covers the key secret that only environment() was given', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const settings = { keySecret: new Secret(stack, 'Secret'), keySecretVersionId: VERSION_ID };
    const fn = newFunction(stack);
    idempotency.environment(settings);
    idempotency.grantUse(fn, settings);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'secretsmanager:GetSecretValue' })]) },
    });
  });
});

describe('how long keys are known', () => {
  test('is in the environment, each way of telling a time', () => {
    expect(wire({ remember: Duration.days(30), keyTime: KeyTime.uuidV7() })).toMatchObject({ rememberSeconds: 2592000, keyTime: 'uuidv7' });
    expect(wire({ keyTime: KeyTime.header('Repeatability-First-Sent') }).keyTime).toEqual({ header: 'Repeatability-First-Sent' });
    expect(wire({ keyTime: KeyTime.none() }).keyTime).toBe('none');
    expect(wire({})).not.toHaveProperty('keyTime');
  });

  test('throws when the header with the time is none, or remember is no number of seconds', () => {
    expect(() => make({ keyTime: KeyTime.header('first sent') })).toThrow('Stack/Idempotency: keyTime is "first sent", which is no header name');
    expect(() => make({ remember: Duration.millis(1500) })).toThrow('Stack/Idempotency: remember is 1.5 seconds');
  });

  test.each([
    ['a ttl of ten minutes', { ttl: Duration.seconds(604) }, 604, 604],
    ['a ttl and a remember of ten minutes', { ttl: Duration.minutes(9), remember: Duration.minutes(1) }, 600, 604],
    ['a wider margin', { ttl: Duration.seconds(610), clockMargin: Duration.seconds(5) }, 610, 610],
  ])('F111: throws when no retry would be let through: %s', (_, settings, got, least) => {
    expect(() => make({ ...settings, keyTime: KeyTime.uuidV7() })).toThrow(
      `Stack/Idempotency: keyTime stands beside a ttl and remember of ${got} seconds together, with which clocks that are 5 minutes apart would let no retry through. `
      + `Give a longer remember, so that they are more than ${least} seconds, or leave keyTime out`,
    );
    expect(() => make(settings)).not.toThrow();
  });

  test.each([
    ['longer than keys are known', Duration.days(32), 'maxKeyAge is 2764800 seconds, longer than the 2678400 seconds of ttl and remember together for which keys are known. '
      + 'Leave it out, or give a longer remember'],
    ['shorter than clocks may be apart', Duration.minutes(10), 'keyTime stands beside a maxKeyAge of 600 seconds, with which clocks that are 5 minutes apart would let no retry through. '
      + 'Give a longer maxKeyAge, more than 604 seconds, or leave keyTime out'],
    ['none', Duration.seconds(0), 'maxKeyAge is 0 seconds. Give whole seconds, at least 1'],
  ])('F174: throws when the age of a key is limited to one that is %s', (_, maxKeyAge, message) => {
    expect(() => make({ remember: Duration.days(30), keyTime: KeyTime.uuidV7(), maxKeyAge })).toThrow(`Stack/Idempotency: ${message}`);
  });

  test('F174: an age within them is in the environment, and without a key time it is warned of', () => {
    expect(wire({ remember: Duration.days(30), keyTime: KeyTime.uuidV7(), maxKeyAge: Duration.days(1) }).maxKeyAgeSeconds).toBe(86_400);
    expect(warningsOf({ maxKeyAge: Duration.days(1) })).toContainEqual(expect.stringMatching(/maxKeyAge has no effect without keyTime.*cdk-idempotent-api:maxKeyAgeUnused/));
    expect(warningsOf({ maxKeyAge: Duration.days(1), keyTime: KeyTime.uuidV7() }).join()).not.toContain('maxKeyAge');
  });

  test('F111: a token is left to the runtime, and each route is judged by its own', () => {
    const stack = newStack();
    const ttl = Duration.seconds(new CfnParameter(stack, 'Ttl', { type: 'Number' }).valueAsNumber);
    expect(() => new Idempotency(stack, 'Token', { ttl, keyTime: KeyTime.uuidV7() })).not.toThrow();
    const api = new IdempotentApi(stack, 'Api', { keyTime: KeyTime.uuidV7() });
    const route = { path: '/payments', methods: [HttpMethod.POST], handler: newFunction(stack) };
    expect(() => api.addRoutes({ ...route, ttl: Duration.minutes(5) })).toThrow('keyTime stands beside a ttl and remember of 300 seconds');
  });

  test('a page may send the header with the time', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', { corsPreflight: { allowOrigins: ['https://shop.example'] }, keyTime: KeyTime.header('Repeatability-First-Sent') });
    api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: newFunction(stack) });
    Template.fromStack(stack).hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowHeaders: ['Idempotency-Key', 'Repeatability-First-Sent'] },
    });
  });
});

describe('F113: responses that only the client’s key opens', () => {
  const secretIn = (stack: Stack) => Secret.fromSecretNameV2(stack, 'Secret', 'pepper');

  test('F113: is in the environment, beside the secret', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency', { responseEncryption: ResponseEncryption.clientKey(), keySecret: secretIn(stack), keySecretVersionId: VERSION_ID }).attach(newFunction(stack));
    expect(settingsOf(Template.fromStack(stack)).defaults.responseEncryption).toBe('client-key');
    expect(wire({ responseEncryption: ResponseEncryption.none() }).responseEncryption).toBe('none');
  });

  test('F113: throws without a key secret, wherever it is asked for', () => {
    const message = 'responseEncryption is clientKey() without a keySecret, so that whoever reads the table could try keys against it. Give keySecret too';
    expect(() => make({ responseEncryption: ResponseEncryption.clientKey() })).toThrow(message);
    const stack = newStack();
    expect(() => new Idempotency(stack, 'Idempotency').attach(newFunction(stack), { responseEncryption: ResponseEncryption.clientKey() })).toThrow(message);
    const keyed = new Idempotency(stack, 'Keyed', { keySecret: secretIn(stack), keySecretVersionId: VERSION_ID });
    expect(() => keyed.attach(newFunction(stack, 'Other'), { responseEncryption: ResponseEncryption.clientKey() })).not.toThrow();
  });
});

test('F218: whatever routes of one function are given, and in which order, the runtime finds on each what was asked for it', () => {
  const methods = fc.constantFrom('ANY', 'POST', 'PUT');
  const settings = fc.record({
    required: fc.boolean(),
    minKeyLength: fc.constantFrom(1, 16),
    takeover: fc.constantFrom(Takeover.ALLOW, Takeover.NEVER),
    headerAliases: fc.constantFrom<string[]>([], ['X-Key']),
  }, { requiredKeys: [] });
  const routes = fc.dictionary(fc.tuple(methods, fc.constantFrom('/a', '/b')).map((name) => name.join(' ')), settings, { maxKeys: 6 });
  fc.assert(fc.property(settings, settings, routes, (ofConstruct, ofFunction, ofRoutes) => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency', ofConstruct).attach(newFunction(stack), { ...ofFunction, routes: ofRoutes });
    const environment = settingsOf(Template.fromStack(stack));
    for (const [method, route] of ['POST', 'PUT', 'PATCH'].flatMap((name) => ['/a', '/b', '/c'].map((at) => [name, at] as const))) {
      const asked = { ...ofConstruct, ...ofFunction, ...ofRoutes[`${method} ${route}`] ?? ofRoutes[`ANY ${route}`] };
      const found = resolveSettings({ code: {}, environment, method, route });
      const wanted = resolveSettings({ code: {}, environment: { defaults: asked }, method, route });
      expect({ method, route, ...pick(found) }).toEqual({ method, route, ...pick(wanted) });
    }
  }), { numRuns: 25 });
});

const pick = ({ required, minKeyLength, takeover, headerAliases }: Pick<WireSettings, 'required' | 'minKeyLength' | 'takeover' | 'headerAliases'>) =>
  ({ required, minKeyLength, takeover, headerAliases });
