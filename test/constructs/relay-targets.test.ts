import { Annotations as CoreAnnotations, Aspects, Aws, CfnCondition, CfnParameter, Duration, Fn, Lazy, Stack, StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import {
  Alias, CfnAlias, CfnFunction, Code, DockerImageCode, DockerImageFunction, Function as LambdaFunction, FunctionProps, IFunction, LayerVersion,
  Runtime, SingletonFunction, Version,
} from 'aws-cdk-lib/aws-lambda';
import { environmentOf, newFunction, newStack, propertiesOf, statementsOf } from './support';
import { Idempotency, IdempotentApi, RelaySettings } from '../../lib';

const RELAY = 'IdempotencyRelay';
const HERE: StackProps = { env: { account: '111111111111', region: 'eu-west-1' } };
const ARN = 'arn:aws:lambda:eu-west-1:111111111111:function:pay';
const TIMEOUT = { targetTimeout: Duration.seconds(10) };

const python = (scope: Stack, id = 'Pay', props: Partial<FunctionProps> = {}): LambdaFunction =>
  newFunction(scope, id, { runtime: Runtime.PYTHON_3_13, code: Code.fromInline('def handler(event, context): return {}'), ...props });

const durable = (scope: Stack, executionTimeout = Duration.minutes(5)): LambdaFunction => python(scope, 'Pay', { durableConfig: { executionTimeout } });

function relayed(make: (stack: Stack) => IFunction, settings: RelaySettings = {}, props?: StackProps): Template {
  const stack = newStack('Stack', props);
  new Idempotency(stack, 'Idempotency').relay(make(stack), settings);
  return Template.fromStack(stack);
}

/** What the relay was told of its target, which is all it may invoke. */
function targetOf(template: Template): { readonly arn: unknown; readonly timeout: string; readonly durable?: string } {
  const { IDEMPOTENCY_TARGET: arn, IDEMPOTENCY_TARGET_TIMEOUT: timeout, IDEMPOTENCY_TARGET_DURABLE: isDurable } = environmentOf(template, RELAY);
  const invocable = statementsOf(template, RELAY).filter(({ Action }) => Action === 'lambda:InvokeFunction').map(({ Resource }) => Resource);
  expect(invocable).toEqual([arn]);
  return { arn, timeout, ...isDurable !== undefined && { durable: isDurable } };
}

const warningsOf = (stack: Stack): string[] =>
  Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));

describe('a relay stands before', () => {
  const attribute = (id: RegExp) => ({ 'Fn::GetAtt': [expect.stringMatching(id), 'Arn'] });

  test.each([
    ['a function in Python', (stack: Stack) => python(stack, 'Pay', { timeout: Duration.seconds(7) })],
    ['one of a custom runtime', (stack: Stack) => newFunction(stack, 'Pay', {
      runtime: Runtime.PROVIDED_AL2023, code: Code.fromAsset(`${__dirname}/fixtures/handler`), timeout: Duration.seconds(7),
    })],
    ['a container image', (stack: Stack) => new DockerImageFunction(stack, 'Pay', {
      code: DockerImageCode.fromEcr(new Repository(stack, 'Repository')), timeout: Duration.seconds(7),
    })],
    ['one whose handler is not known at synth', (stack: Stack) => newFunction(stack, 'Pay', {
      handler: Lazy.string({ produce: () => 'index.handler' }), timeout: Duration.seconds(7),
    })],
  ])('%s, by its ARN and with its timeout', (_, make) => {
    expect(targetOf(relayed(make))).toEqual({ arn: attribute(/^Pay/), timeout: '7' });
  });

  test('a function whose timeout is Lambda\'s own', () => {
    expect(targetOf(relayed(python)).timeout).toBe('3');
  });

  test('a SingletonFunction, whose function is asked for its timeout', () => {
    const template = relayed((stack) => new SingletonFunction(stack, 'Pay', {
      uuid: '6f5c0b2e', runtime: Runtime.PYTHON_3_13, handler: 'index.handler', code: Code.fromInline('pass'), timeout: Duration.seconds(9),
    }));
    expect(targetOf(template)).toEqual({ arn: attribute(/^SingletonLambda6f5c0b2e/), timeout: '9' });
  });

  test('F187: an alias and the current version, by their own ARNs alone', () => {
    expect(targetOf(relayed((stack) => python(stack).addAlias('live'))).arn).toEqual({ Ref: expect.stringMatching(/^PayAliaslive/) });
    expect(targetOf(relayed((stack) => python(stack).currentVersion)).arn).toEqual({ Ref: expect.stringMatching(/^PayCurrentVersion/) });
  });

  const pythonOf = (make: (stack: Stack) => IFunction, settings?: RelaySettings): unknown =>
    environmentOf(relayed(make, settings, HERE), RELAY).IDEMPOTENCY_TARGET_PYTHON;

  test.each<[string, (stack: Stack) => IFunction]>([
    ['a function', (stack) => python(stack)],
    ['an alias of its current version', (stack) => python(stack).addAlias('live')],
  ])('F222: %s that is known to run on Lambda\'s own Python, which the relay is told', (_, make) => {
    expect(pythonOf(make)).toBe('true');
  });

  test.each<[string, (stack: Stack) => IFunction, RelaySettings]>([
    ['a custom runtime', (stack) => newFunction(stack, 'Pay', { runtime: Runtime.PROVIDED_AL2023, code: Code.fromAsset(`${__dirname}/fixtures/handler`) }), {}],
    ['a container image', (stack) => new DockerImageFunction(stack, 'Pay', { code: DockerImageCode.fromEcr(new Repository(stack, 'Repository')) }), {}],
    ['an imported function', (stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', ARN), TIMEOUT],
    ['a version of another time', (stack) => new Version(stack, 'V1', { lambda: python(stack) }), TIMEOUT],
  ])('F222: %s, of which the relay is told nothing of the kind', (_, make, settings) => {
    expect(pythonOf(make, settings)).toBeUndefined();
  });

  describe('what was changed after the relay was made, by an aspect or an escape hatch', () => {
    type Changes = (fn: CfnFunction, alias: CfnAlias, stack: Stack) => void;
    const changed = (make: (stack: Stack) => LambdaFunction, change: Changes): Stack => {
      const stack = newStack('Stack', HERE);
      new CfnCondition(stack, 'IsNew', { expression: Fn.conditionEquals(Aws.REGION, 'eu-west-1') });
      const alias = make(stack).addAlias('live');
      new Idempotency(stack, 'Idempotency').relay(alias);
      change(stack.node.findChild('Pay').node.defaultChild as CfnFunction, alias.node.defaultChild as CfnAlias, stack);
      return stack;
    };
    const isPython = (stack: Stack): boolean => environmentOf(Template.fromStack(stack), RELAY).IDEMPOTENCY_TARGET_PYTHON === 'true';
    const visiting = (visit: (fn: CfnFunction) => void): Changes => (_fn, _alias, stack) => Aspects.of(stack).add({
      visit: (node) => {
        if (node instanceof CfnFunction && node.node.path.startsWith('Stack/Pay')) visit(node);
      },
    });

    test.each<[string, Changes]>([
      ['another runtime', (fn) => { fn.runtime = 'provided.al2023'; }],
      ['another runtime, by an override', (fn) => fn.addPropertyOverride('Runtime', 'provided.al2023')],
      ['another runtime, by an aspect', visiting((fn) => fn.addPropertyOverride('Runtime', 'provided.al2023'))],
      ['a runtime that the deployment chooses', (fn) => fn.addPropertyOverride('Runtime', { 'Fn::If': ['IsNew', 'python3.13', 'provided.al2023'] })],
      ['a container image', (fn) => { fn.addPropertyOverride('PackageType', 'Image'); fn.addPropertyDeletionOverride('Runtime'); }],
      ['a script that starts it', (fn) => fn.addPropertyOverride('Environment.Variables.AWS_LAMBDA_EXEC_WRAPPER', '/opt/bootstrap')],
      ['a script that starts it, by an aspect', visiting((fn) => { fn.environment = { variables: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/bootstrap' } }; })],
      ['a script that may start it', (fn) => fn.addPropertyOverride('Environment', { 'Fn::If': ['IsNew', { Variables: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/bootstrap' } }, { Ref: 'AWS::NoValue' }] })],
    ])('F222: %s is no longer known to be Lambda\'s own Python', (_what, change) => {
      expect(isPython(changed(python, change))).toBe(false);
    });

    test('F222: nor is Python that a script starts from the first', () => {
      expect(isPython(changed((stack) => python(stack, 'Pay', { environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/bootstrap' } }), () => {}))).toBe(false);
    });

    test.each<[string, Changes]>([
      ['nothing', () => {}],
      ['another Python', (fn) => { fn.runtime = 'python3.14'; }],
      ['variables of its own', (fn) => fn.addPropertyOverride('Environment.Variables.STAGE', 'prod')],
      ['a shorter timeout', (fn) => { fn.timeout = 2; }],
    ])('F222: %s leaves it known', (_what, change) => {
      expect(isPython(changed(python, change))).toBe(true);
    });

    test('F222: a function that became one of Python is known as one', () => {
      expect(isPython(changed((stack) => newFunction(stack, 'Pay'), (fn) => { fn.runtime = 'python3.13'; }))).toBe(true);
    });

    const longer = (seconds: number) => `Stack/Idempotency: handler Stack/Pay/Aliaslive has a timeout of ${seconds} seconds, and had one of 3 when its relay was made, whose `
      + 'lease rests on it: two executions could overlap. Set the timeout of Stack/Pay where it is made, before its relay.';
    const unknown = 'Stack/Idempotency: handler Stack/Pay/Aliaslive was changed after its relay was made, and for how long it may run now is not known here: two executions '
      + 'could overlap. Change it before its relay is made, and give its timeout as targetTimeout, with Duration.seconds(n).';

    test.each<[string, Changes, string]>([
      ['a longer timeout', (fn) => { fn.timeout = 60; }, longer(60)],
      ['a longer timeout, by an override', (fn) => fn.addPropertyOverride('Timeout', 60), longer(60)],
      ['a longer timeout, by an aspect', visiting((fn) => { fn.timeout = 4; }), longer(4)],
      ['a timeout that only the deployment knows', (fn) => fn.addPropertyOverride('Timeout', { Ref: 'Seconds' }), unknown],
      ['another version besides', (_fn, alias) => { alias.routingConfig = { additionalVersionWeights: [{ functionVersion: '1', functionWeight: 0.1 }] }; }, unknown],
      ['another version besides, by an override', (_fn, alias) => alias.addPropertyOverride('RoutingConfig', { AdditionalVersionWeights: [{ FunctionVersion: '1', FunctionWeight: 0.1 }] }), unknown],
      ['another version instead', (_fn, alias) => alias.addPropertyOverride('FunctionVersion', '1'), unknown],
    ])('F186: %s is refused', (_what, change, message) => {
      expect(() => Template.fromStack(changed(python, change))).toThrow(message);
    });

    test('F186: a durable function that may run for longer is refused, and one that may not is served', () => {
      const executionFor = (seconds: number): Changes => (fn) => fn.addPropertyOverride('DurableConfig.ExecutionTimeout', seconds);
      expect(() => Template.fromStack(changed(durable, executionFor(301)))).toThrow('has a timeout of 301 seconds, and had one of 300 when its relay was made');
      expect(() => Template.fromStack(changed(durable, executionFor(299)))).not.toThrow();
    });

    test('F186: of what was told its timeout nothing more is asked', () => {
      const stack = newStack('Stack', HERE);
      const pay = python(stack);
      new Idempotency(stack, 'Idempotency').relay(new Version(stack, 'V1', { lambda: pay }), TIMEOUT);
      (pay.node.defaultChild as CfnFunction).timeout = 60;
      expect(targetOf(Template.fromStack(stack)).timeout).toBe('10');
    });
  });

  test('$LATEST by its name', () => {
    expect(targetOf(relayed((stack) => python(stack).latestVersion)).arn).toEqual({ 'Fn::Join': ['', [attribute(/^Pay/), ':$LATEST']] });
  });

  test.each([
    ['by ARN', (stack: Stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', ARN), ARN],
    ['by the ARN of an alias', (stack: Stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', `${ARN}:live`), `${ARN}:live`],
    ['by attributes', (stack: Stack) => LambdaFunction.fromFunctionAttributes(stack, 'Pay', { functionArn: ARN, sameEnvironment: true }), ARN],
    ['as a version', (stack: Stack) => Version.fromVersionArn(stack, 'Pay', `${ARN}:7`), `${ARN}:7`],
    ['as an alias', (stack: Stack) => Alias.fromAliasAttributes(stack, 'Pay', {
      aliasName: 'live', aliasVersion: Version.fromVersionArn(stack, 'Version', `${ARN}:7`),
    }), `${ARN}:live`],
  ])('a function imported %s, with the timeout that it is told', (_, make, arn) => {
    expect(targetOf(relayed(make, TIMEOUT, HERE))).toEqual({ arn, timeout: '10' });
  });

  test('an imported function in addRoutes, with the timeout that it is told', () => {
    const stack = newStack('Stack', HERE);
    const handler = LambdaFunction.fromFunctionArn(stack, 'Pay', ARN);
    new IdempotentApi(stack, 'Idempotency').addRoutes({ path: '/a', methods: [HttpMethod.POST], handler, relay: true, ...TIMEOUT });
    expect(targetOf(Template.fromStack(stack))).toEqual({ arn: ARN, timeout: '10' });
  });

  test('a version that is published once, with the timeout of that time', () => {
    const template = relayed((stack) => new Version(stack, 'V1', { lambda: python(stack, 'Pay', { timeout: Duration.seconds(4) }) }), TIMEOUT);
    expect(targetOf(template)).toEqual({ arn: { Ref: expect.stringMatching(/^V1/) }, timeout: '10' });
  });

  test('a durable function, by a version, for the time that its execution may take in all', () => {
    const template = relayed((stack) => durable(stack).currentVersion);
    expect(targetOf(template)).toEqual({ arn: { Ref: expect.stringMatching(/^PayCurrentVersion/) }, timeout: '300', durable: 'true' });
    expect(propertiesOf(template, 'AWS::Lambda::Function', RELAY).Timeout).toBe(303);
  });

  test('a function that may run as long as Lambda allows, though it cannot outlive it', () => {
    const template = relayed((stack) => python(stack, 'Pay', { timeout: Duration.minutes(15) }));
    expect(propertiesOf(template, 'AWS::Lambda::Function', RELAY).Timeout).toBe(900);
    expect(JSON.parse(environmentOf(template, RELAY).IDEMPOTENCY_SETTINGS).defaults.processingTimeoutSeconds).toBe(913);
  });

  test('F187: a function of another account, and warns that its owner must allow it', () => {
    const stack = newStack('Stack', HERE);
    new Idempotency(stack, 'Idempotency').relay(LambdaFunction.fromFunctionArn(stack, 'Pay', ARN.replace('111111111111', '222222222222')), TIMEOUT);
    expect(targetOf(Template.fromStack(stack)).arn).toBe('arn:aws:lambda:eu-west-1:222222222222:function:pay');
    expect(warningsOf(stack)).toEqual([
      'Stack/Idempotency: Stack/Pay belongs to account 222222222222: until its policy allows the role of the relay lambda:InvokeFunction, every request '
      + 'is answered 503. Ask the owner of the function for it, or give a function of this account. [ack: cdk-idempotent-api:targetOfAnotherAccount]',
    ]);
  });
});

describe('a relay throws', () => {
  const refused = (make: (stack: Stack) => IFunction, settings?: RelaySettings, props?: StackProps) => expect(() => relayed(make, settings, props));

  test('F186: when the timeout of its target is not known', () => {
    refused((stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', ARN)).toThrow(
      'Stack/Idempotency: targetTimeout is missing, and the timeout of Stack/Pay is not known here. '
      + 'Give the timeout of that function as targetTimeout, with Duration.seconds(n).',
    );
    refused((stack) => new Version(stack, 'V1', { lambda: python(stack) })).toThrow(
      'Stack/Idempotency: targetTimeout is missing, and the timeout of Stack/V1 is not known here: Stack/V1 keeps that of the time when it was published.',
    );
    refused((stack) => python(stack, 'Pay', { timeout: Duration.seconds(new CfnParameter(stack, 'T', { type: 'Number' }).valueAsNumber) }))
      .toThrow('targetTimeout is missing, and the timeout of Stack/Pay is not known here.');
    refused((stack) => durable(stack, Duration.seconds(new CfnParameter(stack, 'T', { type: 'Number' }).valueAsNumber)).currentVersion)
      .toThrow('targetTimeout is missing, and the timeout of Stack/Pay/CurrentVersion is not known here.');
  });

  test.each<[string, (stack: Stack, fn: IFunction) => IFunction]>([
    ['an imported version', (stack, lambda) => Version.fromVersionAttributes(stack, 'V', { lambda, version: '3' })],
    ['an alias of an imported version', (stack, lambda) => new Alias(stack, 'A', { aliasName: 'live', version: Version.fromVersionAttributes(stack, 'V', { lambda, version: '3' }) })],
    ['an imported alias', (stack, lambda) => Alias.fromAliasAttributes(stack, 'A', { aliasName: 'live', aliasVersion: Version.fromVersionAttributes(stack, 'V', { lambda, version: '3' }) })],
    ['an alias that shares its requests with a version of another time', (stack, lambda) => new Alias(stack, 'A', {
      aliasName: 'live', version: (lambda as LambdaFunction).currentVersion, additionalVersions: [{ version: new Version(stack, 'Old', { lambda }), weight: 0.1 }],
    })],
  ])('F186, F222: when it is not known as of what time %s is', (_what, handlerOf) => {
    refused((stack) => handlerOf(stack, python(stack))).toThrow(/targetTimeout is missing, and the timeout of .* is not known here/);
    const stack = newStack();
    const relay = new Idempotency(stack, 'Idempotency').relay(handlerOf(stack, python(stack)), TIMEOUT);
    expect(stack.resolve((relay.node.defaultChild as CfnFunction).environment)).not.toHaveProperty('variables.IDEMPOTENCY_TARGET_PYTHON');
  });

  test('F186: when targetTimeout is a token', () => {
    refused((stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', ARN), { targetTimeout: Duration.seconds(Lazy.number({ produce: () => 3 })) })
      .toThrow('Stack/Idempotency: targetTimeout of Stack/Pay is a token, and a lease rests on its value. Give the timeout');
  });

  test.each([[0.5], [0], [901]])('when targetTimeout is %p seconds', (seconds) => {
    refused((stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', ARN), { targetTimeout: Duration.millis(seconds * 1000) }).toThrow(
      `Stack/Idempotency: targetTimeout of Stack/Pay is ${seconds} seconds. Give whole seconds, from 1 to 900: Lambda answers no caller later than that.`,
    );
  });

  test('F186: when targetTimeout differs from the one that is known, before or after the relay was made', () => {
    const message = 'Stack/Idempotency: targetTimeout is 10 seconds, but Stack/Pay has a timeout of 3. Leave it out.';
    refused(python, TIMEOUT).toThrow(message);
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const pay = python(stack);
    idempotency.relay(pay);
    expect(() => idempotency.relay(pay, TIMEOUT)).toThrow(message);
  });

  test('when a durable function may run longer than Lambda lets anybody wait', () => {
    refused((stack) => durable(stack, Duration.hours(1)).currentVersion)
      .toThrow('Stack/Idempotency: targetTimeout of Stack/Pay/CurrentVersion is 3600 seconds. Give whole seconds, from 1 to 900');
  });

  test('F187: when a durable function is given without a version', () => {
    refused(durable).toThrow('Stack/Idempotency: handler Stack/Pay is a durable function, which Lambda invokes by a version or an alias only. '
      + 'Give its currentVersion, or an alias.');
    refused((stack) => new SingletonFunction(stack, 'Pay', {
      uuid: '6f5c0b2e',
      runtime: Runtime.PYTHON_3_13,
      handler: 'index.handler',
      code: Code.fromInline('pass'),
      durableConfig: { executionTimeout: Duration.minutes(1) },
    })).toThrow('handler Stack/Pay is a durable function, which Lambda invokes by a version or an alias only.');
  });

  test('F187: when its target is in another region', () => {
    const message = 'is in us-east-1, and its relay would be in eu-west-1, from where it is not invoked. '
      + 'Make the relay in a stack of us-east-1, or give a function of eu-west-1.';
    const far = ARN.replace('eu-west-1', 'us-east-1');
    refused((stack) => LambdaFunction.fromFunctionArn(stack, 'Pay', far), TIMEOUT, HERE).toThrow(`Stack/Idempotency: handler Stack/Pay ${message}`);
    refused((stack) => Version.fromVersionArn(stack, 'Pay', `${far}:7`), TIMEOUT, HERE).toThrow(message);
  });

  test('when its target is a relay', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const relay = idempotency.relay(python(stack)) as LambdaFunction;
    const message = 'handler Stack/Idempotency/Relay.Pay/Function is a relay itself, to Stack/Pay. Use it as the handler without another relay before it.';
    expect(() => idempotency.relay(relay)).toThrow(`Stack/Idempotency: ${message}`);
    expect(() => idempotency.relay(relay.addAlias('live'))).toThrow(message);
    const api = new IdempotentApi(stack, 'Api');
    expect(() => api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: relay, relay: true })).toThrow(`Stack/Api: ${message}`);
  });

  test('when its target is an L1', () => {
    refused((stack) => new CfnFunction(stack, 'Pay', { role: 'r', code: { zipFile: 'x' } }) as never).toThrow(
      'Stack/Idempotency: handler Stack/Pay is a CfnFunction, the resource alone. '
      + 'Give Function.fromFunctionArn(this, id, cfnFunction.attrArn), and its timeout as targetTimeout.',
    );
  });

  test('F186: when processingTimeout is shorter than an execution may take', () => {
    refused((stack) => python(stack, 'Pay', { timeout: Duration.seconds(20) }), { processingTimeout: Duration.seconds(32) }).toThrow(
      'Stack/Idempotency: processingTimeout is 32 seconds, shorter than the 33 seconds of Stack/Pay behind its relay, so two executions could overlap. '
      + 'Give at least 33 seconds, leave it out, or shorten the function\'s timeout.',
    );
  });

  test('when a route of its settings is one that no method honours', () => {
    refused(python, { routes: { 'GET /payments': {} } })
      .toThrow('Stack/Idempotency: routes has "GET /payments", but a key means nothing on GET. Leave it out: such requests go straight to the handler.');
  });

  test('when it is asked for again with another memory', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    const pay = python(stack);
    api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: pay, relay: true });
    expect(() => api.relay(pay, { memorySize: 512 })).toThrow(
      'Stack/Api: memorySize is another one than the relay before Stack/Pay was made with. '
      + 'Give it where the relay is made first, by relay() or addRoutes(), and leave it out elsewhere.',
    );
  });

  test('when it has not been built', () => {
    jest.isolateModules(() => {
      jest.doMock('node:fs', () => ({ ...jest.requireActual('node:fs'), existsSync: () => false }));
      const { RelayFunction } = jest.requireActual<typeof import('../../lib/private/relay-function')>('../../lib/private/relay-function');
      expect(() => RelayFunction.before({} as never, newStack(), 'Relay', {}))
        .toThrow('Stack/Relay: relay cannot be deployed, since it has not been built. Run "npm run bundle"');
    });
  });
});

describe('F185: a function that is attached and has a relay before it', () => {
  const message = 'Stack/Idempotency: handler Stack/Pay is idempotent by itself, and has a relay before it: both would claim each key, and one refuse what the '
    + 'other claimed. Leave out the relay, or what attached the function: another route of it, attach() or environment().';

  test.each([
    ['attached before', 'Stack/Pay', (idempotency: Idempotency, pay: LambdaFunction) => { idempotency.attach(pay); idempotency.relay(pay); }],
    ['attached after', 'Stack/Pay/Aliaslive', (idempotency: Idempotency, pay: LambdaFunction) => { idempotency.relay(pay.addAlias('live')); idempotency.attach(pay); }],
    ['wrapped in code', 'Stack/Pay', (idempotency: Idempotency, pay: LambdaFunction) => {
      Object.entries(idempotency.environment()).forEach(([name, value]) => pay.addEnvironment(name, value));
      idempotency.relay(pay);
    }],
  ])('is refused: %s', (_, target, both) => {
    const stack = newStack();
    const pay = newFunction(stack, 'Pay');
    both(new Idempotency(stack, 'Idempotency'), pay);
    expect(() => Template.fromStack(stack)).toThrow(message.replace('Stack/Pay', target));
  });

  test('may opt out of some routes that call it directly', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    const handler = python(stack);
    api.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler, relay: true });
    api.addRoutes({ path: '/b', methods: [HttpMethod.POST], handler, idempotent: false });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

describe('a relay before a function that could be redirected', () => {
  const WARNING = 'Stack/Idempotency: Stack/Pay has a relay before it and runs on nodejs24.x, where the runtime can be put in front of its handler: a relay is '
    + 'a second function for each request. Leave the relay out, or say '
    + 'Annotations.of(construct).acknowledgeWarning("cdk-idempotent-api:relayNotNeeded"). [ack: cdk-idempotent-api:relayNotNeeded]';
  const warned = (make: (stack: Stack) => IFunction, settings: RelaySettings = {}): string[] => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').relay(make(stack), settings);
    return warningsOf(stack);
  };

  test('is warned of', () => {
    expect(warned((stack) => newFunction(stack, 'Pay'))).toEqual([WARNING]);
    expect(warned((stack) => newFunction(stack, 'Pay').addAlias('live'))).toEqual([WARNING.replace('Stack/Pay', 'Stack/Pay/Aliaslive')]);
  });

  test('is silent once it is acknowledged', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    idempotency.relay(newFunction(stack, 'Pay'));
    CoreAnnotations.of(idempotency).acknowledgeWarning('cdk-idempotent-api:relayNotNeeded', 'It is of an old version soon.');
    expect(warningsOf(stack)).toEqual([]);
  });

  test.each([
    ['a wrapper script', (stack: Stack) => newFunction(stack, 'Pay', { environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/bootstrap' } }), {}],
    ['as many layers as Lambda allows', (stack: Stack) => newFunction(stack, 'Pay', {
      layers: [1, 2, 3, 4, 5].map((n) => LayerVersion.fromLayerVersionArn(stack, `L${n}`, `arn:aws:lambda:eu-west-1:1:layer:l:${n}`)),
    }), {}],
    ['a version that is published once', (stack: Stack) => new Version(stack, 'V1', { lambda: newFunction(stack, 'Pay') }), TIMEOUT],
  ])('is what serves %s', (_, make, settings) => {
    expect(warned(make, settings)).toEqual([]);
  });
});

describe('the mixin', () => {
  test('leaves relays and what stands behind them alone', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const pay = python(stack);
    const relay = idempotency.relay(pay);
    pay.with(idempotency);
    expect([idempotency.supports(relay), idempotency.supports(pay)]).toEqual([false, true]);
    expect(warningsOf(stack)).toEqual([]);
  });
});
