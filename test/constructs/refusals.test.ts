import { Duration, Lazy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Code, DockerImageCode, DockerImageFunction, Function as LambdaFunction, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { environmentOf, newFunction, newStack } from './support';
import { Idempotency } from '../../lib';

const attach = (make: (stack: ReturnType<typeof newStack>) => LambdaFunction | ReturnType<typeof LambdaFunction.fromFunctionArn>) => {
  const stack = newStack();
  new Idempotency(stack, 'Idempotency').attach(make(stack));
  return Template.fromStack(stack);
};

test('throws when the function is imported', () => {
  expect(() => attach((stack) => LambdaFunction.fromFunctionName(stack, 'Fn', 'imported'))).toThrow(
    'Stack/Idempotency: handler Stack/Fn is not a Function of this app, so its settings cannot be changed. '
    + 'Attach where the function is defined, or wrap its handler in code with idempotent(), pass idempotency.environment()',
  );
});

test('throws when the function is a container image', () => {
  expect(() => attach((stack) => new DockerImageFunction(stack, 'Fn', {
    code: DockerImageCode.fromEcr(new Repository(stack, 'Repository')),
  }))).toThrow('Stack/Idempotency: handler Stack/Fn is a container image, which takes no layers. Use a zip function, or wrap its handler');
});

test('throws when the runtime is not Node.js', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.PYTHON_3_13 })))
    .toThrow('Stack/Idempotency: handler Stack/Fn runs on python3.13. Use a Node.js runtime from nodejs20.x on.');
});

test('throws when the runtime is a Node.js that the layer does not run on', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.NODEJS_18_X })))
    .toThrow('handler Stack/Fn runs on nodejs18.x. Use a Node.js runtime from nodejs20.x on.');
});

test('takes a Node.js whose version depends on the region', () => {
  const template = attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.NODEJS_LATEST }));
  expect(environmentOf(template).IDEMPOTENCY_HANDLER).toBe('index.handler');
});

test('throws when the handler is not known at synth', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { handler: Lazy.string({ produce: () => 'index.handler' }) })))
    .toThrow('Stack/Idempotency: handler Stack/Fn has a handler that is not known at synth. Name it literally, as in "index.handler".');
});

test('throws when the function is a durable one', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { durableConfig: { executionTimeout: Duration.hours(1) } })))
    .toThrow('Stack/Idempotency: handler Stack/Fn is a durable function, whose executions are replayed by Lambda. Use a function without');
});

test('throws when the function has as many layers as Lambda allows', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', {
    layers: [1, 2, 3, 4, 5].map((n) => LayerVersion.fromLayerVersionArn(stack, `L${n}`, `arn:aws:lambda:eu-west-1:1:layer:l:${n}`)),
  }))).toThrow('Stack/Fn: layers leave no room for the layer of cdk-idempotent-api (Lambda allows 5). Take one out, or wrap the handler in code');
});

test('names the CDK\'s own error as the cause', () => {
  try {
    attach((stack) => newFunction(stack, 'Fn', {
      layers: [1, 2, 3, 4, 5].map((n) => LayerVersion.fromLayerVersionArn(stack, `L${n}`, `arn:aws:lambda:eu-west-1:1:layer:l:${n}`)),
    }));
    throw new Error('not refused');
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'IDEMPOTENCY_CONFIGURATION', cause: { message: /5 layers/ } });
  }
});

test('throws when the runtime has not been built', () => {
  jest.isolateModules(() => {
    jest.doMock('node:fs', () => ({ ...jest.requireActual('node:fs'), existsSync: () => false }));
    const { addRuntimeLayer } = jest.requireActual<typeof import('../../lib/private/runtime-layer')>('../../lib/private/runtime-layer');
    expect(() => addRuntimeLayer(newFunction(newStack(), 'Fn', { code: Code.fromInline('x') })))
      .toThrow('Stack/Fn: layers cannot be given the runtime, which has not been built. Run "npm run bundle"');
  });
});
