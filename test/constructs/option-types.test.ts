import { Aws, CfnCondition, CfnParameter, Duration, Fn, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { newFunction, newStack } from './support';
import { Fingerprint, Idempotency, IdempotencyProps, IdempotencyTable, IdempotentApi, IdempotentHttpRouteOptions, IdempotentRestApi, IdempotentRestRouteOptions, KeyScope, KeyTime, OnConflict, TenantSource } from '../../lib';

const CONTEXT = 'context of the command line is text';

/** As plain JavaScript passes them, and TypeScript what has no type, a context value for one. */
const untyped = (props: Readonly<Record<string, unknown>>): IdempotencyProps => props as IdempotencyProps;
const parameter = (): string[] => new CfnParameter(newStack(), 'List', { type: 'CommaDelimitedList' }).valueAsList;

describe('a value of another type than its option\'s', () => {
  test.each<[string, unknown, string]>([
    ['required', 'true', `is "true". Give true or false; ${CONTEXT}.`],
    ['includeRequestHash', 'false', `is "false". Give true or false; ${CONTEXT}.`],
    ['routeMetrics', 0, `is 0. Give true or false; ${CONTEXT}.`],
    ['minKeyLength', '36', `is "36". Give a number; ${CONTEXT}.`],
    ['ttl', 86400, 'is 86400. Give a Duration, such as Duration.seconds(30).'],
    ['remember', '7d', 'is "7d". Give a Duration'],
    ['maxKeyAge', 86_400, 'is 86400. Give a Duration'],
    ['processingTimeout', { seconds: 30 }, 'is an object. Give a Duration'],
    ['clockMargin', null, 'is null. Give a Duration'],
    ['onConflict', 'wait', 'is "wait". Give OnConflict.reject() or OnConflict.wait(Duration.seconds(8)).'],
    ['onConflict', OnConflict.wait(8 as unknown as Duration), 'is 8. Give a Duration'],
    ['headerName', 5, 'is 5. Give a string.'],
    ['namespace', ['a'], 'is a list ("a"). Give a string.'],
    ['headerAliases', 'X-Key', 'is "X-Key". Give a list of strings, whose length is known at synth.'],
    ['headerAliases', parameter(), 'is a list that is not known at synth. Give a list of strings'],
    ['replayMarkerAliases', [undefined], 'is a list (undefined). Give a list of strings'],
    ['retryHintHeaders', [['X-A']], 'is a list (a list ("X-A")). Give a list of strings'],
    ['fingerprint', 'json', 'is "json". Give Fingerprint.bytes(), Fingerprint.json() or Fingerprint.jsonPointers().'],
    ['tenant', 'account_id', 'is "account_id". Give a TenantSource, such as TenantSource.jwtClaim("account_id").'],
    ['keyTime', 'uuidv7', 'is "uuidv7". Give KeyTime.uuidV7(), KeyTime.header(name) or KeyTime.none().'],
    ['storeResponse', [200], 'is a list (200). Give StoreResponse.all(), StoreResponse.definitive() or StoreResponse.statuses([...]).'],
    ['responseEncryption', Fingerprint.json, 'is a function. Give ResponseEncryption.none() or ResponseEncryption.clientKey().'],
    ['keyScope', 'API', 'is "API". Give KeyScope.ROUTE or KeyScope.API.'],
    ['onStoreError', 'EXECUTE', 'is "EXECUTE". Give OnStoreError.REJECT or OnStoreError.EXECUTE.'],
    ['thrownErrors', 'free', 'is "free". Give ThrownErrors.STORE or ThrownErrors.RELEASE.'],
    ['takeover', false, 'is false. Give Takeover.ALLOW or Takeover.NEVER.'],
    ['errorFormat', 'problem+json', 'is "problem+json". Give ErrorFormat.JSON or ErrorFormat.PROBLEM.'],
    ['unprotectedRoutes', 'ERROR', 'is "ERROR". Give UnprotectedRoutes.WARN or UnprotectedRoutes.ERROR or UnprotectedRoutes.ALLOW.'],
    ['cors', { allowOrigins: '*' }, 'is an object. Give { allowOrigins: ["https://shop.example"] }'],
    ['cors', {}, 'is an object. Give { allowOrigins: ["https://shop.example"] }'],
    ['cors', { allowOrigins: ['*'], allowCredentials: 'no' }, 'is an object. Give { allowOrigins: ["https://shop.example"] }'],
    ['cors', { allowOrigins: parameter() }, 'is an object. Give { allowOrigins: ["https://shop.example"] }, with a list whose length is known at synth'],
    ['table', 'records', 'is "records". Give an IdempotencyTable'],
    ['largeResponses', true, 'is true. Give LargeResponses.newBucket() or LargeResponses.bucket(bucket).'],
    ['keySecretVersionId', 3, 'is 3. Give a string.'],
  ])('F224: is refused by name, value and remedy: %s %j', (prop, value, message) => {
    expect(() => new Idempotency(newStack(), 'Idempotency', untyped({ [prop]: value }))).toThrow(`Stack/Idempotency: ${prop} ${message}`);
  });

  test('F224: is not shown where it may be a secret', () => {
    const make = (): Idempotency => new Idempotency(newStack(), 'Idempotency', untyped({ keySecret: 'hunter2' }));
    expect(make).toThrow('Stack/Idempotency: keySecret is something else (its value is not shown). Give a Secret of Secrets Manager.');
    expect(make).not.toThrow('hunter2');
  });

  test('F224: is refused on a route and in attach() as well', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    expect(() => idempotency.attach(newFunction(stack), untyped({ required: 'true' }))).toThrow('Stack/Idempotency: required is "true"');
    expect(() => idempotency.environment(untyped({ ttl: 60 }))).toThrow('Stack/Idempotency: ttl is 60');
    expect(() => idempotency.relay(newFunction(stack, 'Other'), { targetTimeout: 3 as unknown as Duration })).toThrow('Stack/Idempotency: targetTimeout is 3. Give a Duration');
  });

  test('F224: a value that only the deployment knows is left to it', () => {
    const stack = newStack();
    new CfnCondition(stack, 'Strict', { expression: Fn.conditionEquals(Aws.REGION, 'eu-west-1') });
    const required = Token.asAny(Fn.conditionIf('Strict', true, false));
    new Idempotency(stack, 'Idempotency', untyped({ required, keyScope: KeyScope.API })).attach(newFunction(stack));
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).toContain('{"Fn::If":["Strict",true,false]}');
  });
});

describe.each([['HTTP', IdempotentApi], ['REST', IdempotentRestApi]])('addRoutes of an %s API', (_, Api) => {
  const add = (options: Readonly<Record<string, unknown>>): void => {
    const stack = newStack();
    new Api(stack, 'Api').addRoutes({ path: '/payments', handler: newFunction(stack), ...options } as IdempotentHttpRouteOptions & IdempotentRestRouteOptions);
  };

  test.each<[string, unknown, string]>([
    ['methods', [], 'is an empty list. Give a list of at least one method, such as HttpMethod.POST, or leave it out for every method.'],
    ['methods', 'POST', 'is "POST". Give a list of at least one method'],
    ['methods', ['post'], 'is a list ("post"). Give a list of at least one method'],
    ['methods', ['get', HttpMethod.POST], 'is a list ("get", "POST"). Give a list of at least one method'],
    ['path', undefined, 'is undefined. Give a string.'],
    ['handler', undefined, 'is undefined. Give a Function, or a version or an alias of one'],
    ['handler', 'arn:aws:lambda:eu-west-1:1:function:pay', 'is "arn:aws:lambda:eu-west-1:1:function:pay". Give a Function, or a version or an alias of one; for an ARN Function.fromFunctionArn(), behind a relay.'],
    ['idempotent', 'false', `is "false". Give true or false; ${CONTEXT}.`],
    ['relay', 'false', `is "false". Give true or false; ${CONTEXT}.`],
    ['integrationTimeout', 10, 'is 10. Give a Duration'],
    ['targetTimeout', 10, 'is 10. Give a Duration'],
    ['keySecret', 'hunter2', 'is something else (its value is not shown).'],
  ])('F224: refuses %s %j by name, value and remedy', (prop, value, message) => {
    expect(() => add({ [prop]: value })).toThrow(`Stack/Api: ${prop} ${message}`);
  });
});

test.each([undefined, 'fn'])('F224: attach() and relay() refuse %j in the place of a function', (handler) => {
  const idempotency = new Idempotency(newStack(), 'Idempotency');
  const message = 'Stack/Idempotency: handler is ';
  expect(() => idempotency.attach(handler as never)).toThrow(message);
  expect(() => idempotency.relay(handler as never)).toThrow(message);
});

describe('a name that is not there, of a variable that nobody has set, say', () => {
  const NONE = undefined as unknown as string;

  test('F224: is no tenant', () => {
    expect(() => new Idempotency(newStack(), 'Idempotency', { tenant: TenantSource.jwtClaim(NONE) }))
      .toThrow('Stack/Idempotency: tenant has no name for jwtClaim. Name the claim, field or header.');
  });

  test('F224: is no header', () => {
    expect(() => new Idempotency(newStack(), 'Idempotency', { keyTime: KeyTime.header(NONE) }))
      .toThrow('Stack/Idempotency: keyTime is undefined, which is no header name.');
  });
});

test('F224: the header of the key is none for its time', () => {
  const make = (settings: IdempotencyProps) => () => new Idempotency(newStack(), 'Idempotency', settings);
  expect(make({ keyTime: KeyTime.header('idempotency-key') })).toThrow('Stack/Idempotency: keyTime names "idempotency-key" a second time.');
  expect(make({ headerName: 'X-Key', keyTime: KeyTime.header('X-Key') })).toThrow('Stack/Idempotency: keyTime names "X-Key" a second time.');
});

test('F224: JSON Pointers of a parameter\'s list cannot be looked at', () => {
  expect(() => new Idempotency(newStack(), 'Idempotency', { includeRequestHash: true, fingerprint: Fingerprint.jsonPointers({ include: parameter() }) }))
    .toThrow('Stack/Idempotency: fingerprint has a list of JSON Pointers that is not known at synth. Give include or exclude with the pointers themselves');
});

test.each(['allowHeaders', 'exposeHeaders'])('F224: the header of a key cannot be added to %s of a parameter', (list) => {
  const cors = { allowOrigins: ['https://shop.example'], [list]: parameter() };
  const message = 'has a list of headers that is not known at synth, which those of idempotency cannot be added to. Name each header';
  expect(() => new IdempotentApi(newStack(), 'Api', { corsPreflight: cors })).toThrow(`Stack/Api: corsPreflight ${message}`);
  expect(() => new IdempotentRestApi(newStack(), 'Api', { defaultCorsPreflightOptions: cors })).toThrow(`Stack/Api: defaultCorsPreflightOptions ${message}`);
});

test('a method that is given twice makes one route, as in the CDK', () => {
  const stack = newStack();
  const options = { path: '/payments', methods: [HttpMethod.POST, HttpMethod.POST], handler: newFunction(stack) };
  expect(new IdempotentApi(stack, 'Http').addRoutes(options)).toHaveLength(1);
  expect(new IdempotentRestApi(stack, 'Rest', { table: IdempotencyTable.fromTableName(stack, 'Table', 'keys'), namespace: 'Shop' }).addRoutes({
    ...options, handler: newFunction(stack, 'Other'),
  })).toHaveLength(1);
});
