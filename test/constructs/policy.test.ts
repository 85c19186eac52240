import { CfnParameter, Duration } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { newFunction, newStack } from './support';
import { ErrorFormat, Idempotency, IdempotencySettings, IdempotentApi, IdempotentRestApi, KeyTime, TenantSource } from '../../lib';
import { errorOf, errorResponse } from '../../runtime/response/outcomes';

test('the policy says which routes take a key, how it looks and when it expires', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api', { required: true, minKeyLength: 16, includeRequestHash: true, ttl: Duration.hours(48) });
  api.addRoutes({ path: '/payments/{id}', methods: [HttpMethod.GET, HttpMethod.POST], handler: newFunction(stack) });
  const { paths } = api.idempotencyPolicy();
  expect(Object.keys(paths)).toEqual(['/payments/{id}']);
  expect(Object.keys(paths['/payments/{id}'])).toEqual(['post']);
  const { parameters: [key], ...operation } = paths['/payments/{id}'].post;
  expect(key).toMatchObject({ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', minLength: 16, maxLength: 255 } });
  expect(key.description).toContain('A key expires 2 days after its request was executed');
  expect(key.description).toContain('the same method, path, query and body');
  expect(operation['x-idempotency']).toEqual({
    header: 'Idempotency-Key', aliases: [], required: true, expiresAfterSeconds: 172800, bodyCompared: true, replayHeader: 'X-Idempotent-Replay',
  });
  expect(Object.keys(operation.responses)).toEqual(['400', '409', '410', '422', '503']);
  expect(operation.responses[400].description).toBe('The key is missing or malformed');
});

test('defaults are spelled out', () => {
  const stack = newStack();
  const api = new IdempotentRestApi(stack, 'Api');
  api.addRoutes({ path: '/payments', handler: newFunction(stack) });
  const operation = api.idempotencyPolicy().paths['/payments']['x-amazon-apigateway-any-method'];
  expect(operation.parameters[0]).toMatchObject({ name: 'Idempotency-Key', required: false, schema: { minLength: 1 } });
  expect(operation.parameters[0].description).toContain('A key expires 1 day after');
  expect(operation.parameters[0].description).toContain('the same method, path and query get');
  expect(operation['x-idempotency']).toMatchObject({ required: false, expiresAfterSeconds: 86400, bodyCompared: false });
  expect(operation.responses[400].description).toBe('The key is malformed');
});

test('each route has its own, in its own error format', () => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api', { errorFormat: ErrorFormat.PROBLEM });
  const handler = newFunction(stack);
  api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler, headerName: 'X-Key', headerAliases: ['Idempotency-Key'] });
  api.addRoutes({ path: '/b', methods: [HttpMethod.PUT], handler, errorFormat: ErrorFormat.JSON });
  api.addRoutes({ path: '/c', methods: [HttpMethod.PUT], handler, idempotent: false });
  const { paths, components } = api.idempotencyPolicy();
  expect(Object.keys(paths)).toEqual(['/a', '/b']);
  expect(paths['/a'].post['x-idempotency']).toMatchObject({ header: 'X-Key', aliases: ['Idempotency-Key'] });
  expect(Object.keys(paths['/a'].post.responses[409].content)).toEqual(['application/problem+json']);
  expect(Object.keys(paths['/b'].put.responses[409].content)).toEqual(['application/json']);
  expect(components.schemas.IdempotencyError.required).toEqual(['code', 'status']);
});

test('a construct without routes has none', () => {
  expect(new Idempotency(newStack(), 'Idempotency').idempotencyPolicy().paths).toEqual({});
});

describe('keys that are remembered and say how old they are', () => {
  const operationWith = (settings: IdempotencySettings) => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', settings);
    api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: newFunction(stack) });
    return api.idempotencyPolicy().paths['/payments'].post;
  };

  test('how long, in words and in numbers', () => {
    const { parameters: [key], ...operation } = operationWith({ ttl: Duration.days(1), remember: Duration.days(30), keyTime: KeyTime.uuidV7() });
    expect(key.description).toContain('Its response is kept for 1 day after the request was executed. For 30 days more the key is known, and a retry is answered 410. '
      + 'A key that by its own time is older than that is answered 412: no operation is executed again.');
    expect(operation['x-idempotency']).toMatchObject({ expiresAfterSeconds: 86400, rememberedForSeconds: 2592000, keyTime: 'uuidv7' });
    expect(Object.keys(operation.responses)).toEqual(['400', '409', '410', '412', '422', '503']);
  });

  test('F178: how old a key may be, where that is less than keys are known', () => {
    const longer = { ttl: Duration.days(1), remember: Duration.days(30), maxKeyAge: Duration.days(7) };
    const { parameters: [key], ...operation } = operationWith({ ...longer, keyTime: KeyTime.uuidV7() });
    expect(key.description).toContain('a retry is answered 410. A key that by its own time is older than 7 days is answered 412: no operation is executed again.');
    expect(operation['x-idempotency']).toMatchObject({ rememberedForSeconds: 2592000, keyTime: 'uuidv7', maxKeyAgeSeconds: 604800 });
    const without = operationWith(longer);
    expect(without['x-idempotency']).not.toHaveProperty('maxKeyAgeSeconds');
    expect(without.parameters[0].description).not.toContain('7 days');
  });

  test('a time that only the deployment knows is in the policy once it is deployed', () => {
    const stack = newStack();
    const seconds = new CfnParameter(stack, 'Ttl', { type: 'Number' }).valueAsNumber;
    const api = new IdempotentApi(stack, 'Api', { ttl: Duration.seconds(seconds), remember: Duration.seconds(seconds) });
    api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: newFunction(stack) });
    const [{ description }] = api.idempotencyPolicy().paths['/payments'].post.parameters;
    const { 'Fn::Join': [, parts] } = stack.resolve(description);
    expect(parts).toEqual([
      expect.stringMatching(/Its response is kept for $/), { Ref: 'Ttl' }, ' seconds after the request was executed. For ', { Ref: 'Ttl' }, expect.stringMatching(/^ seconds more/),
    ]);
  });

  test('without a key time a key may be forgotten', () => {
    expect(operationWith({ remember: Duration.days(30) }).parameters[0].description).toContain('a retry is answered 410. From then on the key names a new operation.');
  });

  test('keys are UUIDs of version 7, bare or quoted', () => {
    const [{ schema, example, description }] = operationWith({ remember: Duration.days(1), keyTime: KeyTime.uuidV7() }).parameters;
    expect(description).toContain('a UUID of version 7');
    const pattern = new RegExp(schema.pattern);
    for (const key of [example, '01890a5d-ac96-774b-bcce-b302099a8057']) expect(key).toMatch(pattern);
    for (const key of ['8e03978e-40d5-43e8-bc93-6894a57f9324', 'order-789']) expect(key).not.toMatch(pattern);
  });

  test('the header with the time is a parameter of its own', () => {
    const { parameters } = operationWith({ required: true, keyTime: KeyTime.header('Repeatability-First-Sent') });
    expect(parameters[1]).toMatchObject({ name: 'Repeatability-First-Sent', in: 'header', required: true });
    expect(parameters[0].schema).not.toHaveProperty('pattern');
  });

  test('an error that names the header names that of the API', () => {
    const { content } = operationWith({ errorFormat: ErrorFormat.PROBLEM, required: true, headerName: 'X-Key' }).responses[400];
    expect(content['application/problem+json'].examples.missing.value).toMatchObject({ title: 'Idempotency key is missing', detail: 'The header X-Key is required' });
  });

  test('the headers of errors are those that the runtime answers with, the link of section 2.7 of the draft among them', () => {
    const { responses } = operationWith({
      required: true, remember: Duration.days(1), keyTime: KeyTime.uuidV7(), tenant: TenantSource.apiKeyId(), retryHintHeaders: ['X-Should-Retry', 'Stripe-Should-Retry'],
    });
    const rules = { errorFormat: 'json', headerName: 'Idempotency-Key', retryHintHeaders: ['X-Should-Retry', 'Stripe-Should-Retry'] } as const;
    const refusals = [
      { kind: 'key-missing' }, { kind: 'tenant-missing' }, { kind: 'conflict' }, { kind: 'response-expired' }, { kind: 'key-expired' }, { kind: 'mismatch' },
      { kind: 'store-unavailable' },
    ] as const;
    const answered = refusals.map((refusal) => {
      const { headers } = errorResponse(refusal, { headers: new Map() }, rules, () => {});
      return Object.fromEntries(headers.filter(([name]) => name !== 'Content-Type'));
    });
    expect(examplesOf(responses)).toEqual(answered);
    expect(answered[0]!.Link).toMatch(/rel="describedby"/);
  });

  test('a problem document links by its type, and needs no header for it', () => {
    const { responses } = operationWith({ errorFormat: ErrorFormat.PROBLEM });
    expect(examplesOf(responses).map((headers) => Object.keys(headers))).toEqual([
      ['X-Should-Retry'], ['Retry-After', 'X-Should-Retry'], ['X-Should-Retry'], ['X-Should-Retry'], ['Retry-After', 'X-Should-Retry'],
    ]);
    const types = Object.values(responses as Responses).map(({ content }) => content['application/problem+json']!.example!.type);
    expect(types).toEqual([
      expect.stringMatching(/^https:.*#idempotency_key_invalid$/), expect.stringMatching(/#idempotency_conflict$/), expect.stringMatching(/#idempotency_result_too_large$/),
      expect.stringMatching(/#idempotency_key_reused$/), expect.stringMatching(/#idempotency_store_unavailable$/),
    ]);
  });

  test('where a key is required, both of what 400 may say is shown', () => {
    const { content } = operationWith({ required: true }).responses[400];
    expect(content['application/json'].examples).toEqual({
      missing: { value: errorOf({ kind: 'key-missing' }, 'Idempotency-Key') },
      malformed: { value: errorOf({ kind: 'key-invalid', reason: 'empty' }, 'Idempotency-Key') },
    });
  });
});

type Responses = Record<string, { headers: Record<string, { example: string }>; content: Record<string, { example?: { type: string } }> }>;

const examplesOf = (responses: Responses): readonly Record<string, string>[] =>
  Object.values(responses).map(({ headers }) => Object.fromEntries(Object.entries(headers).map(([name, { example }]) => [name, example])));
