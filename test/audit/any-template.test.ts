import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi, SpecRestApi, ApiDefinition } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnListener, CfnListenerRule, CfnLoadBalancer, CfnTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Code, Function, FunctionUrlAuthType, Runtime, type IFunction } from 'aws-cdk-lib/aws-lambda';
import fc from 'fast-check';
import { audit } from '../../audit/command';
import { DeployedResources } from '../../audit/deployed-resources';
import { Idempotency, IdempotencyTable } from '../../lib';
import { HeaderNames } from '../../lib/private/header-names';
import { decides } from '../../lib/private/protection/deployed';
import { lackingHeaders } from '../../lib/private/protection/preflight';
import { judgedRoutes } from '../../lib/private/protection/routes';
import { readAssembly, type Assembly, type Resource } from '../../local/assembly';

type Json = null | string | number | boolean | Json[] | { [name: string]: Json };

/** Every kind of API, each with a protected route and one that is not. */
function everyKind(stack: Stack): void {
  const newFunction = (id: string) => new Function(stack, id, {
    runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => ({ statusCode: 201 });'),
  });
  const [a, b] = [newFunction('A'), newFunction('B')];
  new Idempotency(stack, 'Idempotency', { table: IdempotencyTable.fromTableName(stack, 'Table', 'keys'), namespace: 'n' }).attach(a);
  const http = new HttpApi(stack, 'Http', { corsPreflight: { allowHeaders: ['content-type'], allowMethods: [CorsHttpMethod.POST], allowOrigins: ['https://shop.example'] } });
  const rest = new RestApi(stack, 'Rest');
  const uri = (fn: IFunction) => `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${fn.functionArn}/invocations`;
  const described = (fn: IFunction) => ({ post: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri: uri(fn) } } });
  new SpecRestApi(stack, 'Described', { apiDefinition: ApiDefinition.fromInline({ openapi: '3.0.1', paths: { '/a': described(a), '/b': described(b) } }) });
  const balancer = new CfnLoadBalancer(stack, 'Balancer');
  for (const [at, fn] of [a, b].entries()) {
    const [name, alias] = [fn.node.id.toLowerCase(), fn.addAlias('live')];
    http.addRoutes({ path: `/${name}`, methods: [HttpMethod.POST], integration: new HttpLambdaIntegration(`To${name}`, fn) });
    rest.root.addResource(name, { defaultCorsPreflightOptions: { allowOrigins: ['*'] } }).addMethod('POST', new LambdaIntegration(alias));
    fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, cors: { allowedHeaders: ['content-type'] } });
    const group = new CfnTargetGroup(stack, `Group${name}`, { targetType: 'lambda', targets: [{ id: fn.functionArn }] });
    const forward = [{ type: 'forward', targetGroupArn: group.ref }];
    const listener = new CfnListener(stack, `Listener${name}`, { loadBalancerArn: balancer.ref, defaultActions: forward });
    new CfnListenerRule(stack, `Rule${name}`, {
      priority: at + 1,
      listenerArn: listener.ref,
      actions: forward,
      conditions: [{ field: 'path-pattern', pathPatternConfig: { values: [`/${name}`] } }, { field: 'http-request-method', httpRequestMethodConfig: { values: ['POST'] } }],
    });
  }
  new CfnResource(stack, 'Quick', { type: 'AWS::ApiGatewayV2::Api', properties: { Name: 'q', ProtocolType: 'HTTP', Target: a.functionArn } });
  const serverless = { Handler: 'index.handler', Runtime: 'nodejs24.x', FunctionUrlConfig: { AuthType: 'NONE' } };
  new CfnResource(stack, 'Sam', {
    type: 'AWS::Serverless::Function',
    properties: { ...serverless, Events: { Post: { Type: 'HttpApi', Properties: { Path: '/sam', Method: 'post' } }, Any: { Type: 'Api' } } },
  });
}

let assembly: Assembly;
beforeAll(() => {
  const root = mkdtempSync(path.join(tmpdir(), 'audit-'));
  try {
    const app = new App({ outdir: root });
    everyKind(new Stack(app, 'Shop'));
    assembly = readAssembly(app.synth().directory);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** The places of every value below one, the value itself first. */
const placesIn = (value: Json): (string | number)[][] => [[], ...typeof value === 'object' && value !== null
  ? Object.entries(value).flatMap(([name, member]) => placesIn(member).map((place) => [Array.isArray(value) ? Number(name) : name, ...place]))
  : []];

function replaced(value: Json, [name, ...rest]: readonly (string | number)[], by: (value: Json) => Json): Json {
  if (name === undefined) return by(value);
  const copy = (Array.isArray(value) ? [...value] : { ...value as object }) as Record<string | number, Json>;
  copy[name] = replaced(copy[name]!, rest, by);
  return copy as Json;
}

type Place = readonly [logicalId: string, ...(string | number)[]];

/** Where all values of resources stand that decide about routes. */
const places = (): readonly Place[] => Object.entries(assembly.stacks[0]!.template.Resources)
  .filter(([, { Type }]) => decides(Type))
  .flatMap(([logicalId, { Properties }]) => placesIn(Properties as Json)
    .filter(({ length }) => length > 0)
    .map((place): Place => [logicalId, ...place]));

/** The assembly with one value changed. */
function changed([logicalId, ...place]: Place, by: (value: Json) => Json): Assembly {
  const [stack] = assembly.stacks;
  const { template } = stack!;
  const resource = template.Resources[logicalId]!;
  const Properties = replaced(resource.Properties as Json, place, by) as Resource['Properties'];
  const Resources = { ...template.Resources, [logicalId]: { ...resource, Properties } };
  return { ...assembly, stacks: [{ ...stack!, template: { ...template, Resources } }] };
}

/** What a reference names is text: no template has a choice there. */
const isName = (place: Place): boolean => place.some((name) => name === 'Ref' || name === 'Fn::GetAtt');

const NOTHING = { Ref: 'AWS::NoValue' };

test('F193: whatever stands where the audit and the synth look for a value, they end with a report', () => {
  const names = new HeaderNames();
  names.note({});
  const anything = fc.oneof(
    fc.constantFrom<Json>(null, '', 'text', 5, true, [], {}, [null], [[]], NOTHING, { Ref: 'Given' }, { 'Fn::Split': [',', { Ref: 'Given' }] }),
    fc.jsonValue() as fc.Arbitrary<Json>,
  );
  fc.assert(fc.property(fc.constantFrom(...places()), anything, (place, value) => {
    const given = changed(place, () => value);
    audit(given);
    const { all } = new DeployedResources(given.stacks);
    judgedRoutes(all).forEach((route) => lackingHeaders(route, all, names));
  }), { numRuns: 500 });
});

test('F193: where an object whose toString is no function stands for any value, the audit ends with a report and protects nothing more', () => {
  for (const value of [{ toString: null }, [{ toString: null }]]) {
    for (const place of places()) expect(audit(changed(place, () => value)).counts.protected).toBeLessThanOrEqual(7);
  }
});

test('F193: what the deployment may leave out or put in is still listed, and protects nothing more', () => {
  const before = audit(assembly);
  expect(before.counts).toEqual({ protected: 7, exempt: 2, unprotected: 9 });
  const wrong = places().filter((place) => !isName(place)).flatMap((place) => [0, 1].flatMap((at) => {
    const { counts, routes } = audit(changed(place, (value) => ({ 'Fn::If': ['IsProd', ...at === 0 ? [value, NOTHING] : [NOTHING, value]] })));
    const isListed = routes.length >= before.routes.length || routes.some(({ path: route }) => route === '*');
    return isListed && counts.protected <= before.counts.protected && counts.exempt <= before.counts.exempt ? [] : [{ place: place.join('.'), counts }];
  }));
  expect(wrong).toEqual([]);
});

test('F193: what only the deployment knows protects nothing more', () => {
  const before = audit(assembly).counts.protected;
  const wrong = places().filter((place) => audit(changed(place, () => ({ Ref: 'Given' }))).counts.protected > before);
  expect(wrong).toEqual([]);
});
