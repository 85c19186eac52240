import { App, Aspects, CfnResource, Lazy, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import {
  AwsIntegration, HttpIntegration, LambdaIntegration, LambdaRestApi, MockIntegration,
} from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpRoute, HttpRouteKey, WebSocketApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration, HttpUrlIntegration, WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Alias, CfnFunction, CfnVersion, Code, Function as LambdaFunction, IFunction, LayerVersion, Version } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';
import { newApp, newFunction, newStack } from './support';
import {
  Idempotency, IdempotencyTable, IdempotentApi, IdempotentApiProps, IdempotentRestApi, Protection, RouteProtection, UnprotectedRoutes,
} from '../../lib';

const POST = [HttpMethod.POST];
const brief = (routes: RouteProtection[]) => routes.map(({ method, path, handler, protection, reason }) =>
  `${method} ${path} ${handler ?? '-'}: ${protection}, ${reason}`);
const warningsOf = (stack: Stack): unknown[] => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data);

/** What is found on one route of an HTTP API whose handler was made idempotent by the construct, after something else was done. */
const after = (
  act: (fn: LambdaFunction, stack: Stack, api: IdempotentApi) => void, handler: (fn: LambdaFunction, stack: Stack) => IFunction = (fn) => fn,
) => {
  const stack = newStack();
  const api = new IdempotentApi(stack, 'Api');
  const fn = newFunction(stack);
  api.addRoutes({ path: '/a', methods: POST, handler: handler(fn, stack) });
  act(fn, stack, api);
  return { stack, found: brief(api.protection) };
};
const nothing = () => undefined;

describe('F125: each route of an API has a verdict', () => {
  test('those of the construct: protected, or exempt where somebody or the method says so', () => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api');
    api.addRoutes({ path: '/a/{id}', methods: [HttpMethod.GET, HttpMethod.POST], handler: newFunction(stack, 'A') });
    api.addRoutes({ path: '/b', handler: newFunction(stack, 'B'), required: true });
    api.addRoutes({ path: '/c', methods: POST, handler: newFunction(stack, 'C'), idempotent: false });
    api.addRoutes({ path: '$default', handler: newFunction(stack, 'D') });
    expect(brief(api.protection)).toEqual([
      'GET /a/{id} Stack/A: exempt, a key means nothing on GET',
      'POST /a/{id} Stack/A: protected, redirected',
      'ANY /b Stack/B: protected, redirected',
      'POST /c Stack/C: exempt, idempotent: false',
      'ANY $default Stack/D: protected, redirected',
    ]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('those of a REST API, whose paths are made of resources', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api', { defaultCorsPreflightOptions: { allowOrigins: ['*'] } });
    api.addRoutes({ path: '/a/{id}', methods: POST, handler: newFunction(stack, 'A') });
    api.addRoutes({ path: '/', methods: POST, handler: newFunction(stack, 'B'), idempotent: false });
    api.restApi.root.addMethod('PUT', new MockIntegration());
    api.restApi.root.addMethod('PATCH');
    expect(api.protection.filter(({ method }) => method !== 'OPTIONS').map(({ method, path, protection }) => [method, path, protection])).toEqual([
      ['POST', '/a/{id}', Protection.PROTECTED], ['POST', '/', Protection.EXEMPT], ['PUT', '/', Protection.EXEMPT], ['PATCH', '/', Protection.EXEMPT],
    ]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('those that were added beside the construct, wherever', () => {
    const app = newApp();
    const stack = new Stack(app, 'Stack');
    const other = new Stack(app, 'Other');
    const api = new IdempotentApi(stack, 'Api');
    const integration = new HttpLambdaIntegration('Integration', newFunction(stack));
    api.httpApi.addRoutes({ path: '/beside', methods: POST, integration });
    api.httpApi.addRoutes({ path: '/away', methods: POST, integration: new HttpUrlIntegration('Url', 'https://other.example') });
    new HttpRoute(other, 'Route', { httpApi: api.httpApi, routeKey: HttpRouteKey.with('/other', HttpMethod.PUT), integration: new HttpLambdaIntegration('I', newFunction(other)) });
    const expected = [
      'POST /beside Stack/Fn: unprotected, Stack/Fn is not attached',
      'POST /away -: unprotected, calls no function but https://other.example',
      'PUT /other Other/Fn: unprotected, Other/Fn is not attached',
    ];
    expect(brief(api.protection)).toEqual(expected);
    app.synth();
    expect(brief(api.protection)).toEqual(expected);
  });

  test('those of a REST API that were added beside the construct', () => {
    const stack = newStack();
    const api = new IdempotentRestApi(stack, 'Api');
    const root = api.restApi.root;
    root.addMethod('POST', new LambdaIntegration(newFunction(stack)));
    root.addMethod('PUT', new HttpIntegration('https://other.example'));
    root.addMethod('PATCH', new AwsIntegration({ service: 'sqs', path: 'queue' }));
    root.addMethod('DELETE', new LambdaIntegration(LambdaFunction.fromFunctionArn(stack, 'Imported', 'arn:aws:lambda:eu-west-1:111111111111:function:far')));
    expect(brief(api.protection)).toEqual([
      'POST / Stack/Fn: unprotected, Stack/Fn is not attached',
      'PUT / -: unprotected, calls no function but https://other.example',
      expect.stringMatching(/^PATCH \/ -: unprotected, calls no function but arn:.*sqs:path\/queue$/),
      'DELETE / -: unprotected, far is a function that is not in this app',
    ]);
  });

  test('none is that of another API', () => {
    const stack = newStack();
    new HttpApi(stack, 'Theirs').addRoutes({ path: '/x', methods: POST, integration: new HttpLambdaIntegration('I', newFunction(stack)) });
    new LambdaRestApi(stack, 'LambdaRest', { handler: newFunction(stack, 'Other') });
    new WebSocketApi(stack, 'Socket').addRoute('pay', { integration: new WebSocketLambdaIntegration('I', newFunction(stack, 'Third')) });
    expect(new IdempotentApi(stack, 'Api').protection).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('a function that is attached by itself protects the routes that were added beside the construct', () => {
    const { found } = after((_, stack, api) => {
      const other = newFunction(stack, 'Other');
      new Idempotency(stack, 'Idempotency', { table: api.table }).attach(other);
      api.httpApi.addRoutes({ path: '/b', methods: POST, integration: new HttpLambdaIntegration('I', other) });
    });
    expect(found).toEqual(['POST /a Stack/Fn: protected, redirected', 'POST /b Stack/Other: protected, redirected']);
  });

  test('a function that wraps in code is taken at its word', () => {
    const { found } = after((_, stack, api) => {
      const environment = new Idempotency(stack, 'Idempotency', { table: api.table }).environment();
      api.httpApi.addRoutes({ path: '/b', methods: POST, integration: new HttpLambdaIntegration('I', newFunction(stack, 'Other', { environment })) });
    });
    expect(found[1]).toBe('POST /b Stack/Other: protected, wraps its handler in code, as its environment says');
  });
});

describe('F125: what is done to a function after it was attached is found,', () => {
  const resourceOf = (fn: LambdaFunction) => fn.node.defaultChild as CfnFunction;
  const handlerChanged = 'POST /a Stack/Fn: unprotected, the handler of Stack/Fn was changed to other.handler after it was attached';
  const layersChanged = 'POST /a Stack/Fn: unprotected, the layers of Stack/Fn were changed after it was attached, and leave out the runtime: every request fails';

  test('its handler set', () => {
    expect(after((fn) => { resourceOf(fn).handler = 'other.handler'; }).found).toEqual([handlerChanged]);
  });

  test('its handler overridden by an escape hatch', () => {
    expect(after((fn) => resourceOf(fn).addPropertyOverride('Handler', 'other.handler')).found).toEqual([handlerChanged]);
  });

  test('its layers overridden, also with a layer of the user\'s', () => {
    expect(after((fn) => resourceOf(fn).addPropertyDeletionOverride('Layers')).found).toEqual([layersChanged]);
    expect(after((fn, stack) => {
      const own = new LayerVersion(stack, 'Own', { code: Code.fromAsset(`${__dirname}/fixtures/handler`), description: 'mine' });
      resourceOf(fn).addPropertyOverride('Layers', [stack.resolve(own.layerVersionArn)]);
    }).found).toEqual([layersChanged]);
  });

  test('its kill switch', () => {
    expect(after((fn) => fn.addEnvironment('IDEMPOTENCY_DISABLED', 'true')).found)
      .toEqual(['POST /a Stack/Fn: unprotected, Stack/Fn is switched off by IDEMPOTENCY_DISABLED']);
  });

  test('and an aspect that comes later, at synth', () => {
    const { stack } = after((_, scope) => Aspects.of(scope).add({
      visit: (node: IConstruct) => {
        if (node instanceof CfnFunction) node.handler = 'other.handler';
      },
    }));
    expect(warningsOf(stack)).toEqual([expect.stringContaining('POST /a (the handler of Stack/Fn was changed')]);
  });

  test('but not a layer that redirects handlers after ours, and calls it', () => {
    expect(after((fn) => {
      resourceOf(fn).handler = '/opt/other/handler.handler';
      fn.addEnvironment('OTHER_HANDLER', '/opt/cdk-idempotent-api/handler.handler');
    }).found).toEqual(['POST /a Stack/Fn: protected, redirected']);
  });
});

describe('F122: what points to a function is followed', () => {
  test('through an alias of the current version', () => {
    expect(after(nothing, (fn) => fn.addAlias('live')).found).toEqual(['POST /a Stack/Fn/Aliaslive: protected, redirected']);
  });

  test('through $LATEST', () => {
    expect(after(nothing, (fn) => fn.latestVersion).found).toEqual(['POST /a Stack/Fn: protected, redirected']);
    expect(after(nothing, (fn, stack) => new Alias(stack, 'Live', { aliasName: 'live', version: fn.latestVersion })).found)
      .toEqual(['POST /a Stack/Live: protected, redirected']);
  });

  test('to a version that is published once', () => {
    expect(after(nothing, (lambda, stack) => new Version(stack, 'V1', { lambda })).found)
      .toEqual(['POST /a Stack/V1: unprotected, version Stack/V1 is published once, and goes on running the code of that time']);
  });

  test('to one of the versions that an alias shares its traffic between', () => {
    const { found } = after(nothing, (lambda, stack) => new Alias(stack, 'Live', {
      aliasName: 'live', version: lambda.currentVersion, additionalVersions: [{ version: new Version(stack, 'V1', { lambda }), weight: 0.1 }],
    }));
    expect(found).toEqual([expect.stringContaining('unprotected, version Stack/V1 is published once')]);
  });

  test('to a version by its number, and to one of another app\'s function', () => {
    const { found } = after((fn, stack, api) => {
      const byNumber = new Alias(stack, 'ByNumber', { aliasName: 'n', version: Version.fromVersionArn(stack, 'V7', `${fn.functionArn}:7`) });
      const ofOthers = new CfnVersion(stack, 'V', { functionName: 'far' });
      api.httpApi.addRoutes({ path: '/b', methods: POST, integration: new HttpLambdaIntegration('I', byNumber) });
      const route = api.httpApi.addRoutes({ path: '/c', methods: POST, integration: new HttpLambdaIntegration('J', newFunction(stack, 'Gone')) })[0]!;
      (route.node.tryFindChild('J')!.node.defaultChild as CfnResource).addPropertyOverride('IntegrationUri', { Ref: stack.resolve(ofOthers.logicalId) });
    });
    expect(found.slice(1)).toEqual([
      'POST /b Stack/ByNumber: unprotected, alias Stack/ByNumber points to version {}, whose code nobody can see from here',
      'POST /c Stack/V: unprotected, version Stack/V is of a function that is not in this app',
    ]);
  });
});

test('F122: a qualifier behind a function\'s ARN is followed to the alias of that name, and to no version', () => {
  const { found } = after((_, stack, api) => {
    const fn = newFunction(stack, 'Other');
    new Idempotency(stack, 'Idempotency', { table: api.table }).attach(fn);
    fn.addAlias('live');
    for (const qualifier of ['live', '7', '$LATEST']) {
      const [route] = api.httpApi.addRoutes({ path: `/${qualifier}`, methods: POST, integration: new HttpLambdaIntegration('I', fn) });
      (route!.node.tryFindChild('I')!.node.defaultChild as CfnResource).addPropertyOverride('IntegrationUri', { 'Fn::Sub': `\${${stack.resolve((fn.node.defaultChild as CfnFunction).logicalId)}.Arn}:${qualifier}` });
    }
  });
  expect(found.slice(1)).toEqual([
    'POST /live Stack/Other/Aliaslive: protected, redirected',
    'POST /7 Stack/Other: unprotected, calls version 7 of Stack/Other, whose code nobody can see from here',
    'POST /$LATEST Stack/Other: protected, redirected',
  ]);
});

describe('F125: unprotected routes are told at synth', () => {
  const make = (props: IdempotentApiProps = {}) => {
    const stack = newStack();
    const api = new IdempotentApi(stack, 'Api', props);
    api.httpApi.addRoutes({ path: '/a', methods: POST, integration: new HttpLambdaIntegration('I', newFunction(stack)) });
    api.httpApi.addRoutes({ path: '/b', methods: [HttpMethod.GET], integration: new HttpLambdaIntegration('J', newFunction(stack, 'Reader')) });
    return stack;
  };
  const message = 'Stack/Api: requests pass by the runtime, so that a retry runs its operation again: POST /a (Stack/Fn is not attached). '
    + 'Add them with addRoutes of this construct, attach their functions with Idempotency.attach(), or say idempotent: false, '
    + 'or set unprotectedRoutes to UnprotectedRoutes.ALLOW.';

  test('as a warning', () => {
    expect(warningsOf(make())).toEqual([`${message} [ack: cdk-idempotent-api:unprotectedRoutes]`]);
  });

  test('as an error', () => {
    expect(() => Template.fromStack(make({ unprotectedRoutes: UnprotectedRoutes.ERROR }))).toThrow(message);
  });

  test('or not at all', () => {
    expect(warningsOf(make({ unprotectedRoutes: UnprotectedRoutes.ALLOW }))).toEqual([]);
  });

  test('on a REST API too', () => {
    const stack = newStack();
    new IdempotentRestApi(stack, 'Api', { unprotectedRoutes: UnprotectedRoutes.ERROR }).restApi.root.addMethod('POST', new LambdaIntegration(newFunction(stack)));
    expect(() => Template.fromStack(stack)).toThrow('Stack/Api: requests pass by the runtime, so that a retry runs its operation again: POST / (Stack/Fn');
  });

  test('of functions that were attached by themselves, once their handlers are changed', () => {
    const attached = (change: boolean, unprotectedRoutes?: UnprotectedRoutes) => {
      const stack = newStack();
      const fn = newFunction(stack);
      new Idempotency(stack, 'Idempotency', { unprotectedRoutes, table: IdempotencyTable.fromTableName(stack, 'Table', 'keys'), namespace: 'n' }).attach(fn);
      if (change) (fn.node.defaultChild as CfnFunction).handler = 'other.handler';
      return stack;
    };
    expect(warningsOf(attached(false))).toEqual([]);
    expect(warningsOf(attached(true))).toEqual([expect.stringMatching(
      /^Stack\/Idempotency: requests pass by the runtime, .*: every route of Stack\/Fn \(the handler of Stack\/Fn was changed to other\.handler after it/,
    )]);
    expect(() => Template.fromStack(attached(true, UnprotectedRoutes.ERROR))).toThrow('every route of Stack/Fn');
  });
});

describe('F125: a synthesis looks at an app once for all the constructs that guard it,', () => {
  /** Counts how often each function is rendered while the app is synthesized. */
  const guarded = (apis: number) => {
    const stack = newStack();
    const rendered = { times: 0 };
    const description = Lazy.uncachedString({ produce: () => { rendered.times++; return 'counted'; } });
    const constructs = [...Array(apis).keys()].map((at) => {
      const api = new IdempotentApi(stack, `Api${at}`, { unprotectedRoutes: UnprotectedRoutes.ERROR });
      api.addRoutes({ path: '/a', methods: POST, handler: newFunction(stack, `Fn${at}`, at === 0 ? { description } : {}) });
      return api;
    });
    const attached = newFunction(stack, 'Attached');
    new Idempotency(stack, 'Idempotency', { unprotectedRoutes: UnprotectedRoutes.ERROR }).attach(attached);
    return { app: stack.node.root as App, stack, constructs, attached, rendered };
  };
  const timesRendered = (apis: number): number => {
    const { app, rendered } = guarded(apis);
    app.synth();
    return rendered.times;
  };
  const again = (app: App) => app.synth({ force: true });
  const besides = (api: IdempotentApi, stack: Stack) =>
    api.httpApi.addRoutes({ path: '/beside', methods: POST, integration: new HttpLambdaIntegration('Integration', newFunction(stack, `Beside${api.node.id}`)) });

  test('however many they are', () => {
    expect(timesRendered(8)).toBe(timesRendered(1));
  });

  test('and anew in the next synthesis, whose changes each of them is told', () => {
    const { app, stack, constructs: [first, second], attached } = guarded(2);
    again(app);
    besides(second!, stack);
    expect(() => again(app)).toThrow('[Stack/Api1] Stack/Api1: requests pass by the runtime, so that a retry runs its operation again: POST /beside');
    besides(first!, stack);
    expect(() => again(app)).toThrow(/\[Stack\/Api0\].*\n.*\[Stack\/Api1\]/);
    (attached.node.defaultChild as CfnFunction).handler = 'other.handler';
    expect(() => again(app)).toThrow('every route of Stack/Attached');
  });

  test('also after one that ended before all of them were asked', () => {
    const { app, stack, constructs: [first, second] } = guarded(2);
    const broken = { throws: true };
    first!.node.addValidation({ validate: () => { if (broken.throws) throw new Error('theirs'); return []; } });
    expect(() => again(app)).toThrow('theirs');
    broken.throws = false;
    besides(second!, stack);
    expect(() => again(app)).toThrow('POST /beside');
  });

  test('and anew for whoever validates one of them outside of a synthesis', () => {
    const { app, stack, constructs: [first] } = guarded(2);
    expect(first!.node.validate()).toEqual([]);
    again(app);
    besides(first!, stack);
    expect(first!.node.validate()).toEqual([expect.stringContaining('POST /beside')]);
  });

  test('and each Stage by itself', () => {
    const app = newApp();
    const stages = ['Test', 'Prod'].map((id) => {
      const stack = new Stack(new Stage(app, id), 'Stack');
      return { stack, api: new IdempotentApi(stack, 'Api', { unprotectedRoutes: UnprotectedRoutes.ERROR }) };
    });
    besides(stages[1]!.api, stages[1]!.stack);
    expect(() => again(app)).toThrow('[Prod/Stack/Api]');
    expect(stages[0]!.api.protection).toEqual([]);
  });
});

test('F125: what a route opted out of is in the template, for whoever audits it', () => {
  const stack = newStack();
  new IdempotentApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, handler: newFunction(stack), idempotent: false });
  Template.fromStack(stack).hasResource('AWS::ApiGatewayV2::Route', { Metadata: { 'cdk-idempotent-api:exempt': true } });
});
