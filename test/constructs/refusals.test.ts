import { Duration, Lazy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import {
  CfnFunction, Code, DockerImageCode, DockerImageFunction, Function as LambdaFunction, IFunction, LayerVersion, Runtime, SingletonFunction, Version,
} from 'aws-cdk-lib/aws-lambda';
import { environmentOf, newFunction, newStack } from './support';
import { Idempotency } from '../../lib';
import { handleOf } from '../../lib/private/function-handle';

const attach = (make: (stack: ReturnType<typeof newStack>) => IFunction) => {
  const stack = newStack();
  new Idempotency(stack, 'Idempotency').attach(make(stack));
  return Template.fromStack(stack);
};

test('throws when the function is imported', () => {
  expect(() => attach((stack) => LambdaFunction.fromFunctionName(stack, 'Fn', 'imported'))).toThrow(
    'Stack/Idempotency: handler Stack/Fn is not a Function of this app, so its settings cannot be changed. '
    + 'Attach where the function is defined, wrap its handler in code with idempotent(), pass idempotency.environment() and call idempotency.grantUse(fn), '
    + 'or put a relay before it, with relay: true in addRoutes or with idempotency.relay(fn).',
  );
});

test('throws when the function is a container image', () => {
  expect(() => attach((stack) => new DockerImageFunction(stack, 'Fn', {
    code: DockerImageCode.fromEcr(new Repository(stack, 'Repository')),
  }))).toThrow('Stack/Idempotency: handler Stack/Fn is a container image, which takes no layers. Use a zip function, wrap its handler in code with '
    + 'idempotent(), pass idempotency.environment() and call idempotency.grantUse(fn), or put a relay before it');
});

test('throws when the runtime is not Node.js', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.PYTHON_3_13 })))
    .toThrow('Stack/Idempotency: handler Stack/Fn runs on python3.13, and only Node.js from nodejs20.x on can be redirected. Use such a runtime, '
      + 'or put a relay before it, with relay: true in addRoutes or with idempotency.relay(fn).');
});

test('throws when the runtime is a Node.js that the layer does not run on', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.NODEJS_18_X })))
    .toThrow('handler Stack/Fn runs on nodejs18.x, and only Node.js from nodejs20.x on can be redirected. Use such a runtime');
});

test('takes a Node.js whose version depends on the region', () => {
  const template = attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.NODEJS_LATEST }));
  expect(environmentOf(template).IDEMPOTENCY_HANDLER).toBe('index.handler');
});

test('takes a Node.js that the CDK does not know yet', () => {
  const template = attach((stack) => newFunction(stack, 'Fn', { runtime: new Runtime('nodejs26.x'), code: Code.fromAsset(`${__dirname}/fixtures/handler`) }));
  expect(environmentOf(template).IDEMPOTENCY_HANDLER).toBe('index.handler');
});

test('throws when the runtime is a custom one', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { runtime: Runtime.PROVIDED_AL2023, code: Code.fromAsset(`${__dirname}/fixtures/handler`) })))
    .toThrow('handler Stack/Fn runs on provided.al2023, and only Node.js from nodejs20.x on can be redirected.');
});

test('takes $LATEST for the function itself', () => {
  const template = attach((stack) => newFunction(stack).latestVersion);
  expect(environmentOf(template).IDEMPOTENCY_HANDLER).toBe('index.handler');
});

test('throws when the function is a SingletonFunction, which keeps its function to itself', () => {
  expect(() => attach((stack) => new SingletonFunction(stack, 'Fn', {
    uuid: '6f5c0b2e', runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('x'),
  }))).toThrow('Stack/Idempotency: handler Stack/Fn is a SingletonFunction, which keeps its function to itself. Make a Function once and share it, or put a relay before it');
});

test('throws when the function is an L1', () => {
  expect(() => attach((stack) => new CfnFunction(stack, 'Fn', { role: 'r', code: { zipFile: 'x' } }) as never)).toThrow(
    'Stack/Idempotency: handler Stack/Fn is a CfnFunction, the resource alone. Use attachCfn(cfnFunction), or a Function',
  );
});

test('throws when the handler is a version that is imported', () => {
  expect(() => attach((stack) => Version.fromVersionArn(stack, 'V', 'arn:aws:lambda:eu-west-1:111111111111:function:f:7')))
    .toThrow('Stack/Idempotency: handler Stack/V is not a Function of this app, so its settings cannot be changed');
});

describe('a function that another program starts', () => {
  test('throws when its handler is a script, as that of Lambda Web Adapter', () => {
    expect(() => attach((stack) => newFunction(stack, 'Fn', { handler: 'run.sh' }))).toThrow(
      'Stack/Idempotency: handler Stack/Fn has the handler "run.sh", a script that starts a server (Lambda Web Adapter), which a redirection would never run. '
      + 'Leave it as it is and put a relay before it, with relay: true in addRoutes or with idempotency.relay(fn).',
    );
  });

  test('throws when it has a wrapper script, set before or after', () => {
    const message = /Stack\/Fn: environment has AWS_LAMBDA_EXEC_WRAPPER \("\/opt\/bootstrap"\), a script that starts the function in another way than Lambda's own: .* or leave the function as it is and put a relay before it, with /;
    const environment = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/bootstrap' };
    expect(() => attach((stack) => newFunction(stack, 'Fn', { environment }))).toThrow(message);
    const stack = newStack();
    const fn = newFunction(stack);
    new Idempotency(stack, 'Idempotency').attach(fn);
    fn.addEnvironment('AWS_LAMBDA_EXEC_WRAPPER', '/opt/bootstrap');
    expect(() => Template.fromStack(stack)).toThrow(message);
  });
});

describe('children of the names that this package once used', () => {
  test('a construct "Idempotency" below the function is the user\'s own, and stays so', () => {
    const stack = newStack();
    const fn = newFunction(stack);
    const idempotency = new Idempotency(fn, 'Idempotency');
    idempotency.attach(fn);
    expect(environmentOf(Template.fromStack(stack)).IDEMPOTENCY_HANDLER).toBe('index.handler');
  });

  test('a layer "IdempotencyLayer" of the stack is the user\'s own, and stays so', () => {
    const stack = newStack();
    const own = new LayerVersion(stack, 'IdempotencyLayer', { code: Code.fromAsset(`${__dirname}/fixtures/handler`) });
    new Idempotency(stack, 'Idempotency').attach(newFunction(stack, 'A'));
    new Idempotency(stack, 'Other').attach(newFunction(stack, 'B'));
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::LayerVersion', 2);
    const { Layers } = Object.values(template.findResources('AWS::Lambda::Function'))[0]!.Properties;
    expect(Layers).not.toEqual([stack.resolve(own.layerVersionArn)]);
  });
});

test('throws when the handler is not known at synth', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { handler: Lazy.string({ produce: () => 'index.handler' }) })))
    .toThrow('Stack/Idempotency: handler Stack/Fn has a handler that is not known at synth. Name it literally, as in "index.handler".');
});

test('throws when the function is a durable one', () => {
  expect(() => attach((stack) => newFunction(stack, 'Fn', { durableConfig: { executionTimeout: Duration.hours(1) } })))
    .toThrow('Stack/Idempotency: handler Stack/Fn is a durable function, whose executions are replayed by Lambda. Use a function without durableConfig for the API, or put a relay before it');
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
    expect(() => addRuntimeLayer(handleOf(newFunction(newStack(), 'Fn', { code: Code.fromInline('x') }))!))
      .toThrow('Stack/Fn: layers cannot be given the runtime, which has not been built. Run "npm run bundle"');
  });
});
