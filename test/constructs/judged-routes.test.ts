import { join } from 'node:path';
import { CfnParameter, CfnResource, Fn, NestedStack, Stack, Token } from 'aws-cdk-lib';
import { ApiDefinition, CfnMethod, CfnRestApi, LambdaIntegration, RestApi, SpecRestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnApi, CfnRoute, HttpApi, HttpIntegrationSubtype, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration, HttpStepFunctionsIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnListener, CfnListenerRule, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnFunction, CfnVersion, Code, Function as LambdaFunction, FunctionUrlAuthType, IFunction, Runtime, Version } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, Pass, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { newFunction, newStack } from './support';
import { Idempotency, IdempotentApi } from '../../lib';
import { deployedConstructs } from '../../lib/private/protection/constructs';
import { referencesIn, textOf } from '../../lib/private/protection/deployed';
import { judgedRoutes } from '../../lib/private/protection/routes';

const POST = [HttpMethod.POST];
const HERE = { account: '111111111111', region: 'eu-west-1' };

/** All routes of an app, each on a line. */
const found = (stack: Stack): string[] => judgedRoutes(deployedConstructs(stack))
  .map(({ api, method, path, invoked, state, reason }) => `${api.path} ${method} ${path} ${invoked?.path ?? '-'}: ${state}, ${reason}`);

const attached = (stack: Stack, id: string, props: object = {}): LambdaFunction => {
  const fn = newFunction(stack, id, props);
  const idempotency = stack.node.tryFindChild('Idempotency') as Idempotency | undefined ?? new Idempotency(stack, 'Idempotency');
  idempotency.attach(fn);
  return fn;
};

describe('F125: routes of APIs that no construct of this package made', () => {
  test('HttpApi and RestApi, also across nested stacks', () => {
    const stack = newStack();
    const nested = new NestedStack(stack, 'Nested');
    new HttpApi(nested, 'Http').addRoutes({ path: '/a', methods: POST, integration: new HttpLambdaIntegration('I', attached(stack, 'A')) });
    const rest = new RestApi(stack, 'Rest');
    rest.root.resourceForPath('/b/{id}').addMethod('POST', new LambdaIntegration(newFunction(nested, 'B')));
    expect(found(stack).sort()).toEqual([
      'Stack/Nested/Http POST /a Stack/A: protected, redirected',
      'Stack/Rest POST /b/{id} Stack/Nested/B: unprotected, Stack/Nested/B is not attached',
    ]);
  });

  test('an OpenAPI description in the template', () => {
    const stack = newStack('Stack', { env: HERE });
    const uri = (arn: string) => ({ 'Fn::Sub': `arn:aws:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/${arn}/invocations` });
    const a = attached(stack, 'A');
    newFunction(stack, 'Named', { functionName: 'named' });
    const integrated = (value: object, type = 'aws_proxy') => ({ 'x-amazon-apigateway-integration': { type, uri: value } });
    new SpecRestApi(stack, 'Spec', {
      apiDefinition: ApiDefinition.fromInline({
        openapi: '3.0.1',
        paths: {
          '/a': {
            post: integrated(uri(`\${${stack.resolve((a.node.defaultChild as CfnResource).logicalId)}.Arn}`)),
            get: integrated(uri('${Gone.Arn}')),
            options: integrated({}, 'mock'),
            put: integrated({}, 'MOCK'),
            parameters: [],
          },
          '/b': { 'x-amazon-apigateway-any-method': integrated(uri('arn:aws:lambda:eu-west-1:111111111111:function:named')) },
          '/c': { post: integrated(uri('arn:aws:lambda:eu-west-1:111111111111:function:far:live')) },
          '/d': { post: { 'x-amazon-apigateway-integration': { type: 'http_proxy', uri: 'https://other.example' } } },
        },
      }),
    });
    new CfnApi(stack, 'HttpSpec', { body: { openapi: '3.0.1', paths: { '/$default': { 'x-amazon-apigateway-any-method': integrated({ 'Fn::GetAtt': [stack.resolve((a.node.defaultChild as CfnResource).logicalId), 'Arn'] }) } } } });
    expect(found(stack)).toEqual([
      'Stack/Spec POST /a Stack/A: protected, redirected',
      'Stack/Spec GET /a -: exempt, a key means nothing on GET',
      'Stack/Spec OPTIONS /a -: exempt, a mock, which calls nothing',
      'Stack/Spec PUT /a -: exempt, a mock, which calls nothing',
      'Stack/Spec ANY /b Stack/Named: unprotected, Stack/Named is not attached',
      'Stack/Spec POST /c -: unprotected, far:live is a function that is not in this app',
      'Stack/Spec POST /d -: unprotected, calls no function but https://other.example',
      'Stack/HttpSpec ANY $default Stack/A: protected, redirected',
    ]);
  });

  test('an OpenAPI description elsewhere, whose routes nobody can see', () => {
    const stack = newStack();
    new CfnApi(stack, 'Api', { bodyS3Location: { bucket: 'b', key: 'k' } });
    expect(found(stack)).toEqual([
      'Stack/Api ANY * -: unprotected, its OpenAPI description is not in the template, so that nobody can see its routes',
    ]);
  });

  test('Function URLs, by themselves and of an alias', () => {
    const stack = newStack();
    attached(stack, 'A').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    attached(stack, 'B').addAlias('live').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    newFunction(stack, 'C').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    expect(found(stack)).toEqual([
      'Stack/A/FunctionUrl ANY $default Stack/A: protected, redirected',
      'Stack/B/Aliaslive/FunctionUrl ANY $default Stack/B/Aliaslive: protected, redirected',
      'Stack/C/FunctionUrl ANY $default Stack/C: unprotected, Stack/C is not attached',
    ]);
  });

  test('functions of SAM, whose events are routes', () => {
    const stack = newStack();
    const template = new CfnInclude(stack, 'Included', { templateFile: join(__dirname, 'fixtures', 'templates', 'serverless.json') });
    new Idempotency(stack, 'Idempotency').attachCfn(template.getResource('Pay'));
    const refund = template.getResource('Refund');
    new HttpApi(stack, 'Api');
    refund.addPropertyOverride('FunctionUrlConfig', { AuthType: 'NONE' });
    refund.addPropertyOverride('Events', {
      Any: { Type: 'HttpApi' },
      Rest: { Type: 'Api', Properties: { Path: '/refunds', Method: 'get', RestApiId: { Ref: 'Elsewhere' } } },
      Queue: { Type: 'SQS', Properties: { Queue: 'q' } },
    });
    expect(found(stack)).toEqual([
      'Stack/Included/Pay POST /payments Stack/Included/Pay: protected, redirected',
      'Stack/Included/Refund ANY $default Stack/Included/Refund: unprotected, Stack/Included/Refund is not attached',
      'Stack/Included/Refund GET /refunds Stack/Included/Refund: exempt, a key means nothing on GET',
      'Stack/Included/Refund ANY $default Stack/Included/Refund: unprotected, Stack/Included/Refund is not attached',
    ]);
  });

  test('a service in the place of a function', () => {
    const stack = newStack();
    const stateMachine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')), stateMachineType: StateMachineType.EXPRESS });
    new HttpApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, integration: new HttpStepFunctionsIntegration('I', { stateMachine, subtype: HttpIntegrationSubtype.STEPFUNCTIONS_START_SYNC_EXECUTION }) });
    expect(found(stack)).toEqual(['Stack/Api POST /a -: unprotected, calls no function but StepFunctions-StartSyncExecution']);
  });

  test('a route that opted out on an API of ours, on one that has the same route', () => {
    const stack = newStack();
    const fn = newFunction(stack, 'A');
    const api = new IdempotentApi(stack, 'Ours');
    api.addRoutes({ path: '/a', methods: POST, handler: fn });
    api.addRoutes({ path: '/b', methods: POST, handler: fn, idempotent: false });
    new HttpApi(stack, 'Theirs').addRoutes({ path: '/b', methods: POST, integration: new HttpLambdaIntegration('I', fn) });
    expect(found(stack)[2]).toBe('Stack/Theirs POST /b Stack/A: exempt, idempotent: false');
  });

  test('a route without an integration, and one of an API that is not in this app', () => {
    const stack = newStack();
    const api = new HttpApi(stack, 'Api');
    new CfnRoute(stack, 'Route', { apiId: api.apiId, routeKey: 'POST /a' });
    new CfnRoute(stack, 'Elsewhere', { apiId: 'abcdef', routeKey: 'POST /a' });
    new CfnRoute(stack, 'Imported', { apiId: Fn.importValue('api'), routeKey: 'POST /a' });
    new CfnMethod(stack, 'Method', { restApiId: 'abcdef', resourceId: 'r', httpMethod: 'POST' });
    new CfnRoute(stack, 'Socket', { apiId: 'ghijkl', routeKey: 'pay' });
    expect(found(stack)).toEqual([
      'Stack/Api POST /a -: unprotected, has no integration that can be read',
      'abcdef (imported) POST /a -: unprotected, has no integration that can be read',
      '(imported) POST /a -: unprotected, has no integration that can be read',
      'abcdef (imported) POST / -: exempt, a mock, which calls nothing',
    ]);
  });
});

describe('F170: routes that stand in no route of their own', () => {
  const logicalId = (fn: LambdaFunction): string => Stack.of(fn).resolve((fn.node.defaultChild as CfnResource).logicalId);
  const arn = (fn: LambdaFunction) => ({ 'Fn::GetAtt': [logicalId(fn), 'Arn'] });

  test('that of an HTTP API which is made with one function', () => {
    const stack = newStack();
    new CfnApi(stack, 'Quick', { protocolType: 'HTTP', name: 'q', target: newFunction(stack, 'A').functionArn });
    new CfnApi(stack, 'Keyed', { protocolType: 'HTTP', name: 'k', target: attached(stack, 'B').functionArn, routeKey: 'POST /b' });
    expect(found(stack)).toEqual([
      'Stack/Quick ANY $default Stack/A: unprotected, Stack/A is not attached',
      'Stack/Keyed POST /b Stack/B: protected, redirected',
    ]);
  });

  test('those of a load balancer, by rule and by default', () => {
    const stack = newStack();
    const group = (id: string, targetId: unknown) => ({ Ref: stack.resolve(new CfnTargetGroup(stack, id, { targetType: 'lambda', targets: [{ id: targetId as string }] }).logicalId) });
    const a = group('GroupA', attached(stack, 'A').functionArn);
    const b = group('GroupB', newFunction(stack, 'B').addAlias('live').functionArn);
    const far = group('GroupFar', 'arn:aws:lambda:eu-west-1:111111111111:function:far');
    const none = { Ref: stack.resolve(new CfnTargetGroup(stack, 'None', { targetType: 'lambda' }).logicalId) };
    const hosts = { Ref: stack.resolve(new CfnTargetGroup(stack, 'Hosts', { targetType: 'ip' }).logicalId) };
    const balancer = new CfnLoadBalancer(stack, 'Balancer', {});
    const forward = (to: object) => ({ type: 'forward', targetGroupArn: to as unknown as string });
    const listener = new CfnListener(stack, 'Listener', { loadBalancerArn: balancer.ref, defaultActions: [forward(a)] });
    new CfnListenerRule(stack, 'Paths', {
      priority: 1,
      listenerArn: listener.ref,
      actions: [{ type: 'forward', forwardConfig: { targetGroups: [{ targetGroupArn: b as unknown as string }, { targetGroupArn: hosts as unknown as string }] } }],
      conditions: [
        { field: 'path-pattern', pathPatternConfig: { values: ['/a', '/b/*'] } },
        { field: 'http-request-method', httpRequestMethodConfig: { values: ['POST', 'GET'] } },
      ],
    });
    new CfnListenerRule(stack, 'Old', { priority: 2, listenerArn: 'arn:elsewhere', actions: [forward(far)], conditions: [{ field: 'path-pattern', values: ['/old'] }, { field: 'host-header', values: ['x.example'] }] });
    const imported = 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/theirs/1' as unknown as object;
    new CfnListenerRule(stack, 'Theirs', { priority: 4, listenerArn: listener.ref, actions: [forward(imported), { type: 'fixed-response' }], conditions: [{ field: 'path-pattern', values: ['/theirs'] }] });
    new CfnListener(stack, 'Network', { loadBalancerArn: balancer.ref, protocol: 'TCP', defaultActions: [forward(imported)] });
    new CfnListenerRule(stack, 'Shared', {
      priority: 5,
      listenerArn: listener.ref,
      actions: [{ type: 'forward', forwardConfig: { targetGroups: [{ targetGroupArn: a as unknown as string }, { targetGroupArn: imported as unknown as string }] } }],
      conditions: [{ field: 'path-pattern', values: ['/shared'] }],
    });
    new CfnListenerRule(stack, 'Nothing', { priority: 3, listenerArn: listener.ref, actions: [forward(none)], conditions: [] });
    expect(found(stack)).toEqual([
      'Stack/Balancer ANY /* Stack/A: protected, redirected',
      'Stack/Balancer POST /a Stack/B/Aliaslive: unprotected, Stack/B is not attached',
      'Stack/Balancer POST /b/* Stack/B/Aliaslive: unprotected, Stack/B is not attached',
      'Stack/Balancer GET /a Stack/B/Aliaslive: exempt, a key means nothing on GET',
      'Stack/Balancer GET /b/* Stack/B/Aliaslive: exempt, a key means nothing on GET',
      'Stack/Old ANY /old -: unprotected, far is a function that is not in this app',
      'Stack/Balancer ANY /theirs -: unprotected, forwards to a target group that is not in this app',
      'Stack/Balancer ANY /shared Stack/A: protected, redirected',
      'Stack/Balancer ANY /shared -: unprotected, forwards to a target group that is not in this app',
      'Stack/Balancer ANY /* -: unprotected, has no integration that can be read',
    ]);
  });

  test('those that SAM\'s APIs describe', () => {
    const stack = newStack();
    const api = (id: string, type: string, properties: object) => new CfnResource(stack, id, { type, properties });
    const fn = attached(stack, 'A');
    api('Described', 'AWS::Serverless::HttpApi', { DefinitionBody: { paths: { '/a': { post: { 'x-amazon-apigateway-integration': { uri: arn(fn) } } } } } });
    api('Elsewhere', 'AWS::Serverless::Api', { DefinitionUri: 's3://bucket/key' });
    expect(found(stack)).toEqual([
      'Stack/Described POST /a Stack/A: protected, redirected',
      'Stack/Elsewhere ANY * -: unprotected, its OpenAPI description is not in the template, so that nobody can see its routes',
    ]);
  });

  test('those of a description that CloudFormation puts together, or of another API', () => {
    const stack = newStack();
    const later = { 'Fn::Transform': { Name: 'AWS::Include', Parameters: { Location: 's3://bucket/api.yaml' } } };
    new CfnRestApi(stack, 'Whole', { body: later });
    new CfnRestApi(stack, 'Paths', { body: { openapi: '3.0.1', paths: later } });
    new CfnRestApi(stack, 'Path', { body: { openapi: '3.0.1', paths: { '/a': later, '/b': {} } } });
    new CfnRestApi(stack, 'Empty', { body: { openapi: '3.0.1' } });
    new CfnResource(stack, 'Text', { type: 'AWS::ApiGateway::RestApi', properties: { Body: 'openapi: 3.0.1' } });
    new CfnRestApi(stack, 'Copy', { cloneFrom: 'abcdef' });
    const madeLater = 'its OpenAPI description is put together at the deployment, so that nobody can see its routes';
    expect(found(stack)).toEqual([
      `Stack/Whole ANY * -: unprotected, ${madeLater}`,
      `Stack/Paths ANY * -: unprotected, ${madeLater}`,
      `Stack/Path ANY /a -: unprotected, ${madeLater}`,
      `Stack/Text ANY * -: unprotected, ${madeLater}`,
      'Stack/Copy ANY * -: unprotected, it is a copy of another API, so that nobody can see its routes',
    ]);
  });
});

test('F170: what the deployment chooses is judged by the worst choice, and what it alone knows is protected by nothing', () => {
  const stack = newStack();
  const [a, b] = [attached(stack, 'A'), newFunction(stack, 'B')];
  const api = new HttpApi(stack, 'Api');
  const route = (path: string, uri: unknown) => {
    const [made] = api.addRoutes({ path, methods: POST, integration: new HttpLambdaIntegration('I', a) });
    (made!.node.tryFindChild('I')!.node.defaultChild as CfnResource).addPropertyOverride('IntegrationUri', stack.resolve(uri));
  };
  route('/choice', { 'Fn::If': ['IsProd', a.functionArn, b.functionArn] });
  route('/given', { Ref: 'FunctionArn' });
  const version = new CfnVersion(stack, 'V1', { functionName: a.functionName });
  route('/version', { 'Fn::Sub': ['${Arn}:${Version}', { Arn: a.functionArn, Version: version.attrVersion }] });
  new RestApi(stack, 'Rest').root.addMethod('POST', new LambdaIntegration(LambdaFunction.fromFunctionArn(stack, 'Imported', Fn.importValue('fn'))));
  expect(judgedRoutes(deployedConstructs(stack)).map(({ path, state, reason }) => `${path}: ${state}, ${reason}`)).toEqual([
    '/choice: unprotected, Stack/B is not attached',
    '/given: unprotected, calls something that is not in this app',
    '/version: unprotected, version Stack/V1 is published once, and goes on running the code of that time',
    '/: unprotected, calls something that is not in this app',
  ]);
});

describe('F194: nothing is called protected that', () => {
  const integrationOf = (stack: Stack, path: string, fn: IFunction, properties: object) => {
    const api = stack.node.tryFindChild('Api') as HttpApi | undefined ?? new HttpApi(stack, 'Api');
    const [made] = api.addRoutes({ path, methods: POST, integration: new HttpLambdaIntegration('I', fn) });
    const integration = made!.node.tryFindChild('I')!.node.defaultChild as CfnResource;
    Object.entries(properties).forEach(([name, value]) => integration.addPropertyOverride(name, stack.resolve(value)));
    return { route: made!.node.defaultChild as CfnResource, integration };
  };
  const verdicts = (stack: Stack) => judgedRoutes(deployedConstructs(stack)).map(({ method, path, state, reason }) => `${method} ${path}: ${state}, ${reason}`);

  test('a mapping template makes something else than a request of', () => {
    const stack = newStack();
    const fn = attached(stack, 'A');
    const rest = new RestApi(stack, 'Rest');
    rest.root.addMethod('POST', new LambdaIntegration(fn, { proxy: false }));
    rest.root.addMethod('GET', new LambdaIntegration(fn, { proxy: false }));
    new SpecRestApi(stack, 'Spec', { apiDefinition: ApiDefinition.fromInline({ paths: { '/a': { post: { 'x-amazon-apigateway-integration': { type: 'aws', uri: fn.functionArn } } } } }) });
    const mapped = 'unprotected, a mapping template, and no proxy integration, makes what its function is invoked with: the runtime sees no request in it';
    expect(verdicts(stack)).toEqual([`POST /: ${mapped}`, 'GET /: exempt, a key means nothing on GET', `POST /a: ${mapped}`]);
  });

  test.each([
    ['takes away', 'remove:header.idempotency-key', "''"],
    ['takes away, under another name of it,', 'REMOVE:header.X-Order', "''"],
    ['takes away, under the name that one route has for it,', 'remove:header.X-Refund', "''"],
    ['fills with what no retry has again', 'overwrite:header.Idempotency-Key', '$context.requestId'],
    ['fills with what each attempt has anew', 'overwrite:header.Idempotency-Key', '$request.header.X-Amz-Cf-Id'],
    ['adds to', 'append:header.Idempotency-Key', 'fixed$request.header.X-Id'],
  ])('a parameter mapping %s the key of', (_what, name, value) => {
    const stack = newStack('Stack', { env: HERE });
    const fn = attached(stack, 'A');
    const idempotency = stack.node.findChild('Idempotency') as Idempotency;
    idempotency.attach(newFunction(stack, 'B'), { headerAliases: ['x-order'], routes: { 'POST /refund': { headerName: 'X-Refund' } } });
    newFunction(stack, 'C', { environment: { IDEMPOTENCY_SETTINGS: '{"defaults":{"headerName":5,"headerAliases":[null,{}]}}' } });
    integrationOf(stack, '/a', fn, { RequestParameters: { 'append:header.x-seen': 'yes', [name]: value } });
    const uri = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${fn.functionArn}/invocations`;
    new CfnApi(stack, 'Spec', { body: { paths: { '/b': { post: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri, requestParameters: { [name]: value } } } } } } });
    const altered = `unprotected, the parameter mapping ${name} changes the key before its function sees it`;
    expect(verdicts(stack)).toEqual([`POST /a: ${altered}`, `POST /b: ${altered}`]);
  });

  test.each([['$request.header.X-Order'], ['${request.header.X-Order}']])('a parameter mapping that takes the key from another header, %s, leaves it one that retries have again', (value) => {
    const stack = newStack();
    integrationOf(stack, '/a', attached(stack, 'A'), { RequestParameters: { 'overwrite:header.Idempotency-Key': value } });
    expect(verdicts(stack)).toEqual(['POST /a: protected, redirected']);
  });

  describe('a name of the header that only the deployment knows of', () => {
    const named = (headerName: string): { stack: Stack; fn: LambdaFunction } => {
      const stack = newStack('Stack', { env: HERE });
      new CfnParameter(stack, 'Name');
      const fn = newFunction(stack, 'A');
      new Idempotency(stack, 'Idempotency').attach(fn, { headerName });
      return { stack, fn };
    };
    const maybe = (mapping: string) => `unprotected, the parameter mapping ${mapping} may change the key before its function sees it: `
      + 'the name of its header is not known before the deployment, so write it out as headerName';

    test.each([
      ['may be that of any', Fn.ref('Name'), 'remove:header.X-Anything', "''"],
      ['may be that of any', Fn.ref('Name'), 'overwrite:header.X-Anything', '$context.requestId'],
      ['may be that of any', Fn.ref('Name'), 'append:header.X-Anything', 'fixed'],
      ['has a part that is known, and may be that of', Fn.join('', ['X-', Fn.ref('Name'), '-Key']), 'remove:header.x-payment-key', "''"],
    ])('F194: %s a parameter mapping: %#', (_how, headerName, name, value) => {
      const { stack, fn } = named(headerName);
      integrationOf(stack, '/a', fn, { RequestParameters: { [name]: value } });
      integrationOf(stack, '/version', fn.currentVersion, { RequestParameters: { [name]: value } });
      const uri = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${fn.functionArn}/invocations`;
      new CfnApi(stack, 'Spec', { body: { paths: { '/b': { post: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri, requestParameters: { [name]: value } } } } } } });
      expect(verdicts(stack)).toEqual([`POST /a: ${maybe(name)}`, `POST /version: ${maybe(name)}`, `POST /b: ${maybe(name)}`]);
    });

    test('F194: may be that of a parameter mapping where nothing of the settings is known, or one of two choices', () => {
      const { stack } = named('X-Key');
      const environment = (settings: unknown) => ({ environment: { IDEMPOTENCY_SETTINGS: Token.asString(settings) } });
      const RequestParameters = { 'remove:header.X-Anything': "''" };
      integrationOf(stack, '/none', newFunction(stack, 'B', environment({ Ref: 'Name' })), { RequestParameters });
      const choice = { 'Fn::If': ['IsProd', '{"defaults":{}}', { 'Fn::Sub': '{"defaults":{"headerAliases":["X-Key","${Name}"]}}' }] };
      integrationOf(stack, '/choice', newFunction(stack, 'C', environment(choice)), { RequestParameters });
      integrationOf(stack, '/list', newFunction(stack, 'D', environment({ 'Fn::Sub': '{"defaults":{"headerAliases":${Name}}}' })), { RequestParameters });
      expect(verdicts(stack)).toEqual(['/none', '/choice', '/list'].map((path) => `POST ${path}: ${maybe('remove:header.X-Anything')}`));
    });

    test.each([
      ['is that of a mapping that leaves what retries have again', Fn.ref('Name'), 'overwrite:header.X-Anything', '$request.header.X-Order'],
      ['cannot be that of a mapping', Fn.join('', ['X-', Fn.ref('Name'), '-Key']), 'remove:header.Via', "''"],
      ['cannot be that of a query', Fn.ref('Name'), 'remove:querystring.key', "''"],
    ])('F194: %s: the route is protected', (_how, headerName, name, value) => {
      const { stack, fn } = named(headerName);
      integrationOf(stack, '/a', fn, { RequestParameters: { [name]: value } });
      expect(verdicts(stack)).toEqual(['POST /a: protected, redirected']);
    });

    test('F194: says nothing of the routes of another function', () => {
      const { stack } = named(Fn.ref('Name'));
      const other = newFunction(stack, 'B');
      (stack.node.findChild('Idempotency') as Idempotency).attach(other);
      integrationOf(stack, '/b', other, { RequestParameters: { 'remove:header.X-Anything': "''" } });
      expect(verdicts(stack)).toEqual(['POST /b: protected, redirected']);
    });
  });

  test('a stage variable or a parameter chooses an alias of, or a number behind the ARN a version', () => {
    const stack = newStack('Stack', { env: HERE });
    const fn = attached(stack, 'A');
    integrationOf(stack, '/stage', fn, { IntegrationUri: `${fn.functionArn}:\${stageVariables.alias}` });
    integrationOf(stack, '/sub', fn, { IntegrationUri: { 'Fn::Sub': ['arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Fn}:${!stageVariables.alias}/invocations', { Fn: fn.functionArn }] } });
    integrationOf(stack, '/parameter', fn, { IntegrationUri: { 'Fn::Join': [':', [fn.functionArn, { Ref: 'AliasName' }]] } });
    integrationOf(stack, '/number', fn, { IntegrationUri: `arn:aws:lambda:eu-west-1:111111111111:function:${fn.functionName}:7` });
    integrationOf(stack, '/current', fn, { IntegrationUri: { 'Fn::Join': [':', [fn.functionArn, fn.currentVersion.version]] } });
    const unseen = (version: string) => `unprotected, calls version ${version} of Stack/A, whose code nobody can see from here`;
    expect(verdicts(stack)).toEqual([
      `POST /stage: ${unseen('${stageVariables.alias}')}`, `POST /sub: ${unseen('{}')}`, `POST /parameter: ${unseen('{}')}`, `POST /number: ${unseen('7')}`,
      'POST /current: protected, redirected',
    ]);
  });

  test('the deployment may choose something else than', () => {
    const stack = newStack();
    const fn = attached(stack, 'A');
    const choice = (...of: unknown[]) => ({ 'Fn::If': ['IsProd', ...of] });
    integrationOf(stack, '/given', fn, { IntegrationUri: choice(fn.functionArn, { Ref: 'Given' }) });
    integrationOf(stack, '/number', fn, { IntegrationUri: { 'Fn::Join': ['', ['functions/', choice(fn.functionArn, { 'Fn::Join': ['', [fn.functionArn, ':7']] }), '/invocations']] } });
    const other = integrationOf(stack, '/other', newFunction(stack, 'B'), {});
    const { route } = integrationOf(stack, '/integration', fn, {});
    const target = (of: CfnResource) => ({ 'Fn::Join': ['/', ['integrations', { Ref: stack.resolve(of.logicalId) }]] });
    route.addPropertyOverride('Target', choice(stack.resolve((route as CfnRoute).target), target(other.integration)));
    integrationOf(stack, '/many', fn, { IntegrationUri: { 'Fn::Join': ['', [fn.functionArn, ...Array.from({ length: 8 }, () => choice('', ''))]] } });
    const method = new RestApi(stack, 'Rest').root.addMethod('POST', new LambdaIntegration(fn)).node.defaultChild as CfnMethod;
    method.addPropertyOverride('Integration', choice({ Type: 'MOCK' }, { Type: 'AWS_PROXY' }));
    expect(verdicts(stack)).toEqual([
      'POST /given: unprotected, calls something that is not in this app',
      'POST /number: unprotected, calls version 7 of Stack/A, whose code nobody can see from here',
      'POST /other: unprotected, Stack/B is not attached',
      'POST /integration: unprotected, Stack/B is not attached',
      'POST /many: unprotected, calls something that is not in this app',
      'POST /: unprotected, has no integration that can be read',
    ]);
  });

  test('an alias sends a part of its requests past', () => {
    const stack = newStack();
    const fn = attached(stack, 'A');
    const alias = fn.addAlias('live');
    alias.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    const override = (value: unknown) => (alias.node.defaultChild as CfnResource).addPropertyOverride('RoutingConfig', value);
    override({ 'Fn::If': ['IsProd', { AdditionalVersionWeights: [{ FunctionVersion: '7', FunctionWeight: 0.1 }] }, { Ref: 'AWS::NoValue' }] });
    expect(verdicts(stack)).toEqual(['ANY $default: unprotected, alias Stack/A/Aliaslive points to version 7, whose code nobody can see from here']);
  });

  test('is switched off, or may be by the deployment, or runs where nothing wraps its handler', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const served = (id: string, props: object, variables: Record<string, string> = {}) => {
      const fn = newFunction(stack, id, { ...props, environment: { ...idempotency.environment(), ...variables } });
      fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
      return fn.node.defaultChild as CfnResource;
    };
    served('Off', {}, { IDEMPOTENCY_DISABLED: 'TRUE' });
    served('Given', {}).addPropertyOverride('Environment.Variables.IDEMPOTENCY_DISABLED', { Ref: 'Off' });
    served('Never', {}).addPropertyOverride('Environment.Variables.IDEMPOTENCY_DISABLED', { 'Fn::If': ['IsProd', { Ref: 'AWS::NoValue' }, '0'] });
    served('Python', { runtime: Runtime.PYTHON_3_13 });
    expect(verdicts(stack)).toEqual([
      'ANY $default: unprotected, Stack/Off is switched off by IDEMPOTENCY_DISABLED',
      'ANY $default: unprotected, Stack/Given may be switched off by IDEMPOTENCY_DISABLED',
      'ANY $default: protected, wraps its handler in code, as its environment says',
      'ANY $default: unprotected, Stack/Python runs on python3.13, where nothing wraps its handler',
    ]);
  });

  test('another function has, whose ARN or name is only made with that of ours, or that is of another account or region', () => {
    const stack = newStack('Stack', { env: HERE });
    const fn = attached(stack, 'A', { functionName: 'pay' });
    const name = (fn.node.defaultChild as CfnFunction).ref;
    integrationOf(stack, '/legacy', fn, { IntegrationUri: `arn:aws:lambda:eu-west-1:111111111111:function:${name}-legacy` });
    integrationOf(stack, '/other', fn, { IntegrationUri: `arn:aws:lambda:eu-west-1:111111111111:function:other-${name}` });
    integrationOf(stack, '/account', fn, { IntegrationUri: `arn:aws:lambda:eu-west-1:222222222222:function:${name}` });
    integrationOf(stack, '/http', fn, { IntegrationType: 'HTTP_PROXY', IntegrationUri: `https://gw.example/functions/${name}/` });
    integrationOf(stack, '/ours', fn, { IntegrationUri: `arn:aws:lambda:eu-west-1:111111111111:function:${name}` });
    const far = { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri: 'arn:aws:lambda:us-east-1:222222222222:function:pay' } };
    const near = { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri: 'arn:aws:lambda:eu-west-1:111111111111:function:pay' } };
    new SpecRestApi(stack, 'Spec', { apiDefinition: ApiDefinition.fromInline({ paths: { '/far': { post: far }, '/near': { POST: near }, '/later': { $ref: '#/a' } } }) });
    expect(verdicts(stack)).toEqual([
      'POST /legacy: unprotected, {}-legacy is a function that is not in this app',
      'POST /other: unprotected, other-{} is a function that is not in this app',
      'POST /account: unprotected, {} is a function that is not in this app',
      'POST /http: unprotected, calls no function but https://gw.example/functions/{}/',
      'POST /ours: protected, redirected',
      'POST /far: unprotected, pay is a function that is not in this app',
      'POST /near: protected, redirected',
      'ANY /later: unprotected, its OpenAPI description is put together at the deployment, so that nobody can see its routes',
    ]);
  });

  test('a literal name has, where only the deployment knows the account', () => {
    const stack = newStack();
    attached(stack, 'A', { functionName: 'pay' });
    const named = { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri: 'arn:aws:lambda:eu-west-1:111111111111:function:pay' } };
    new SpecRestApi(stack, 'Spec', { apiDefinition: ApiDefinition.fromInline({ paths: { '/a': { post: named } } }) });
    expect(verdicts(stack)).toEqual(['POST /a: unprotected, pay is a function that is not in this app']);
  });

  test('a version has that is only called as the current one is', () => {
    const stack = newStack();
    const fn = attached(stack, 'A');
    const version = new Version(stack, 'CurrentVersion', { lambda: fn });
    new HttpApi(stack, 'Api').addRoutes({ path: '/a', methods: POST, integration: new HttpLambdaIntegration('I', version) });
    expect(verdicts(stack)).toEqual([
      'POST /a: unprotected, version Stack/CurrentVersion is published once, and goes on running the code of that time',
    ]);
  });

  test('the deployment may take the layer, the settings or the handler from, or that is called itself again while a variable still names ours', () => {
    const stack = newStack();
    const changed = (id: string, change: (fn: CfnFunction) => void) => {
      const fn = attached(stack, id);
      fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
      change(fn.node.defaultChild as CfnFunction);
    };
    const choice = (...of: unknown[]) => ({ 'Fn::If': ['IsProd', ...of] });
    const nothing = { Ref: 'AWS::NoValue' };
    changed('Layer', (fn) => fn.addPropertyOverride('Layers', [choice((stack.resolve(fn.layers) as unknown[])[0], nothing)]));
    changed('Settings', (fn) => fn.addPropertyOverride('Environment.Variables.IDEMPOTENCY_SETTINGS', choice('{"v":1}', nothing)));
    changed('Handler', (fn) => fn.addPropertyOverride('Handler', choice(fn.handler, 'index.handler')));
    changed('Own', (fn) => {
      fn.addPropertyOverride('Environment.Variables.NEW_RELIC_LAMBDA_HANDLER', fn.handler);
      fn.addPropertyOverride('Handler', 'index.handler');
    });
    changed('Tracer', (fn) => {
      fn.addPropertyOverride('Environment.Variables.NEW_RELIC_LAMBDA_HANDLER', fn.handler);
      fn.addPropertyOverride('Handler', 'newrelic-lambda-wrapper.handler');
    });
    expect(verdicts(stack)).toEqual([
      'ANY $default: unprotected, the layers of Stack/Layer were changed after it was attached, and leave out the runtime: every request fails',
      'ANY $default: unprotected, Stack/Settings is not attached',
      'ANY $default: unprotected, the handler of Stack/Handler was changed to {} after it was attached',
      'ANY $default: unprotected, the handler of Stack/Own was changed to index.handler after it was attached',
      'ANY $default: protected, redirected',
    ]);
  });

  test('a relay was, whose handler somebody has changed; an alias of SAM that nobody publishes', () => {
    const stack = newStack();
    const relay = new Idempotency(stack, 'Idempotency').relay(newFunction(stack, 'Target', { runtime: Runtime.PYTHON_3_13 }));
    relay.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    (relay.node.defaultChild as CfnResource).addPropertyOverride('Handler', 'other.handler');
    const template = new CfnInclude(stack, 'Included', { templateFile: join(__dirname, 'fixtures', 'templates', 'serverless.json') });
    const pay = template.getResource('Pay');
    new Idempotency(stack, 'Other').attachCfn(pay);
    pay.addPropertyOverride('Events', undefined);
    pay.addPropertyOverride('AutoPublishAlias', 'live');
    const fn = newFunction(stack, 'Unused');
    for (const alias of ['live', 'old']) {
      integrationOf(stack, `/${alias}`, fn, { IntegrationUri: { 'Fn::Join': [':', [{ 'Fn::GetAtt': [stack.resolve(pay.logicalId), 'Arn'] }, alias]] } });
    }
    expect(verdicts(stack)).toEqual([
      'ANY $default: unprotected, the handler of the relay Stack/Idempotency/Relay.Target/Function was changed to other.handler',
      'POST /live: protected, redirected',
      'POST /old: unprotected, calls version old of Stack/Included/Pay, whose code nobody can see from here',
    ]);
  });

  test('somebody exempted: a route has the settings that the runtime takes for it, and one for many says which of them are not', () => {
    const stack = newStack();
    const fn = newFunction(stack, 'A');
    const api = new IdempotentApi(stack, 'Ours');
    api.addRoutes({ path: '/a', methods: [HttpMethod.ANY], handler: fn, idempotent: false });
    api.addRoutes({ path: '/a', methods: POST, handler: fn });
    api.addRoutes({ path: '/b', methods: [HttpMethod.ANY], handler: fn });
    api.addRoutes({ path: '/b', methods: [HttpMethod.PUT], handler: fn, idempotent: false });
    fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    const group = new CfnTargetGroup(stack, 'Group', { targetType: 'lambda', targets: [{ id: fn.functionArn }] });
    const listener = new CfnListener(stack, 'Listener', { loadBalancerArn: 'arn:elsewhere', defaultActions: [{ type: 'fixed-response' }] });
    new CfnListenerRule(stack, 'Rule', {
      priority: 1,
      listenerArn: listener.ref,
      actions: [{ type: 'forward', targetGroupArn: group.ref }],
      conditions: [{ field: 'http-request-method', httpRequestMethodConfig: { values: ['POST'] } }],
    });
    expect(verdicts(stack).sort()).toEqual([
      'ANY $default: protected, redirected, but for ANY /a, PUT /b (idempotent: false)',
      'ANY /a: exempt, idempotent: false',
      'ANY /b: protected, redirected, but for PUT /b (idempotent: false)',
      'POST /*: protected, redirected, but for ANY /a (idempotent: false)',
      'POST /a: protected, redirected',
      'PUT /b: exempt, idempotent: false',
    ]);
  });

  test('is described in part, or under a key that only the deployment knows', () => {
    const stack = newStack();
    const fn = attached(stack, 'A');
    const integration = { 'x-amazon-apigateway-integration': { type: 'aws_proxy', uri: stack.resolve(fn.functionArn) } };
    const later = (value: unknown) => ({ 'Fn::If': ['IsProd', value, { Ref: 'AWS::NoValue' }] });
    new CfnRestApi(stack, 'Spec', {
      body: {
        paths: {
          '/a': { post: later(integration), get: null, parameters: [{ 'x-amazon-apigateway-integration': {} }] },
          '/b': { put: { 'x-amazon-apigateway-integration': later({}) } },
          '/c': { delete: {} },
          '/d': null,
        },
      },
    });
    integrationOf(stack, '/keyed', fn, {}).route.addPropertyOverride('RouteKey', { Ref: 'RouteKey' });
    const madeLater = 'its OpenAPI description is put together at the deployment, so that nobody can see its routes';
    expect(verdicts(stack)).toEqual([`POST /a: unprotected, ${madeLater}`, `PUT /b: unprotected, ${madeLater}`, 'ANY {}: protected, redirected']);
  });
});

test('F125: what an escape hatch has left without its properties is judged by what is there', () => {
  const stack = newStack();
  const url = new CfnResource(stack, 'Url', { type: 'AWS::Lambda::Url' });
  const method = new CfnResource(stack, 'Method', { type: 'AWS::ApiGateway::Method', properties: { RestApiId: new RestApi(stack, 'Rest').restApiId, HttpMethod: 'POST' } });
  expect([url, method]).toHaveLength(2);
  expect(found(stack)).toEqual([
    'Stack/Url ANY $default -: unprotected, has no integration that can be read', 'Stack/Rest POST / -: exempt, a mock, which calls nothing',
  ]);
});

test('F125: references are followed in every form that a template has them in', () => {
  expect(referencesIn({ a: [{ 'Fn::GetAtt': 'One.Arn' }, { 'Fn::Sub': ['${Two.Arn} ${!Literal} ${three}', { three: { Ref: 'Three' } }] }], b: null, c: 1 }))
    .toEqual([{ logicalId: 'One', attribute: 'Arn' }, { logicalId: 'Two', attribute: 'Arn' }, { logicalId: 'three', attribute: '' }, { logicalId: 'Three' }]);
  expect(referencesIn({ 'Fn::ImportValue': 'x' })).toEqual([{ exported: 'x' }]);
  expect(referencesIn({ 'Fn::GetStackOutput': { StackName: 's', OutputName: 'o' } })).toEqual([{ output: { StackName: 's', OutputName: 'o' } }]);
  expect(textOf({ 'Fn::Sub': ['${a}-b', { a: 1 }] })).toBe('{}-b');
  expect(textOf({ 'Fn::Join': [{ toString: 1 }, ['a', 'b']] })).toBe('ab');
});

test('F125: a relay is protected, whatever it calls', () => {
  const stack = newStack();
  const target = newFunction(stack, 'Target', { runtime: Runtime.PYTHON_3_13 });
  const relayed = (id: string, arn: string) => newFunction(stack, id, {
    handler: 'relay.handler', environment: { IDEMPOTENCY_TARGET: arn, IDEMPOTENCY_SETTINGS: '{"defaults":{}}' }, code: Code.fromAsset(join(__dirname, 'fixtures', 'handler')),
  }).addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  relayed('A', target.functionArn);
  relayed('B', 'arn:aws:lambda:eu-west-1:111111111111:function:far');
  expect(found(stack)).toEqual([
    'Stack/A/FunctionUrl ANY $default Stack/A: protected, relay to Stack/Target',
    'Stack/B/FunctionUrl ANY $default Stack/B: protected, relay to arn:aws:lambda:eu-west-1:111111111111:function:far',
  ]);
});

test('F125: settings that are not JSON, or hold what is not known yet, hide no verdict', () => {
  const stack = newStack();
  const broken = attached(stack, 'Broken');
  broken.addEnvironment('IDEMPOTENCY_SETTINGS', 'no JSON');
  broken.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  expect(found(stack)).toEqual(['Stack/Broken/FunctionUrl ANY $default Stack/Broken: protected, redirected']);
});
