import { Duration } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { newFunction, newStack } from './support';
import { ErrorFormat, Idempotency, IdempotentApi, IdempotentRestApi } from '../../lib';

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
  expect(Object.keys(operation.responses)).toEqual(['400', '409', '422', '503']);
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
