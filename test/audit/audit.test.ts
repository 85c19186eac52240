import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, CfnOutput, CfnParameter, CfnResource, CfnStack, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpRoute, HttpRouteKey, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Code, Function, FunctionUrlAuthType, Runtime, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import type { Construct } from 'constructs';
import { audit } from '../../audit/command';
import { Idempotency, IdempotencyTable } from '../../lib';
import { readAssembly } from '../../local/assembly';

let root: string;
beforeEach(() => { root = mkdtempSync(path.join(tmpdir(), 'audit-')); });
afterEach(() => rmSync(root, { recursive: true, force: true }));

const newApp = () => new App({ outdir: path.join(root, 'cdk.out') });
const auditOf = (app: App, stack?: string) => audit(readAssembly(app.synth().directory), stack);
const lines = (app: App, stack?: string) => auditOf(app, stack).routes
  .map(({ api, method, path: route, function: fn, protection, reason }) => `${api} ${method} ${route} ${fn ?? '-'}: ${protection}, ${reason}`);

const newFunction = (scope: Construct, id: string) => new Function(scope, id, {
  runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => ({ statusCode: 201 });'),
});
const attached = (scope: Construct, id: string) => {
  const fn = newFunction(scope, id);
  new Idempotency(scope, `${id}Idempotency`, { table: IdempotencyTable.fromTableName(scope, `${id}Table`, 'keys'), namespace: 'n' }).attach(fn);
  return fn;
};
const route = (api: HttpApi, at: string, fn: IFunction) =>
  api.addRoutes({ path: at, methods: [HttpMethod.POST], integration: new HttpLambdaIntegration(`I${at.slice(1)}`, fn) });

describe('F170: a function is found where it is declared,', () => {
  test('in another stack, by its export', () => {
    const app = newApp();
    const functions = new Stack(app, 'Functions');
    const api = new HttpApi(new Stack(app, 'Apis'), 'Api');
    route(api, '/a', attached(functions, 'A'));
    route(api, '/b', newFunction(functions, 'B'));
    expect(lines(app)).toEqual([
      'Apis/Api POST /a Functions/A: protected, redirected', 'Apis/Api POST /b Functions/B: unprotected, Functions/B is not attached',
    ]);
  });

  test('in the stack around a nested one, in a nested one, and in one that is nested beside it', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    const [one, two] = [new NestedStack(stack, 'One'), new NestedStack(stack, 'Two')];
    const outer = new HttpApi(stack, 'Outer');
    const inner = new HttpApi(two, 'Inner');
    route(outer, '/in', attached(one, 'A'));
    route(inner, '/around', attached(stack, 'B'));
    route(inner, '/beside', newFunction(one, 'C'));
    new HttpRoute(one, 'Route', { httpApi: outer, routeKey: HttpRouteKey.with('/from-within', HttpMethod.POST), integration: new HttpLambdaIntegration('J', newFunction(one, 'D')) });
    expect(lines(app)).toEqual([
      'Shop/Outer POST /from-within Shop/One/D: unprotected, Shop/One/D is not attached',
      'Shop/Outer POST /in Shop/One/A: protected, redirected',
      'Shop/Two/Inner POST /around Shop/B: protected, redirected',
      'Shop/Two/Inner POST /beside Shop/One/C: unprotected, Shop/One/C is not attached',
    ]);
  });

  test('in its own Stage, where two deploy the same stacks', () => {
    const app = newApp();
    for (const stage of ['Beta', 'Prod']) {
      const scope = new Stage(app, stage, { env: { account: '111111111111', region: stage === 'Beta' ? 'eu-west-1' : 'us-east-1' } });
      const functions = new Stack(scope, 'Functions', { stackName: 'functions' });
      const api = new HttpApi(new Stack(scope, 'Apis', { stackName: 'apis' }), 'Api');
      route(api, '/a', stage === 'Prod' ? attached(functions, 'A') : newFunction(functions, 'A'));
    }
    expect(lines(app)).toEqual([
      'Beta/Apis/Api POST /a Beta/Functions/A: unprotected, Beta/Functions/A is not attached',
      'Prod/Apis/Api POST /a Prod/Functions/A: protected, redirected',
    ]);
  });

  test('by an output of another stack', () => {
    const app = newApp();
    const functions = new Stack(app, 'Functions');
    const fn = attached(functions, 'A');
    new CfnOutput(functions, 'Arn', { value: fn.functionArn }).overrideLogicalId('Arn');
    const [made] = route(new HttpApi(new Stack(app, 'Apis'), 'Api'), '/a', fn);
    const reading = (output: object) => (made!.node.tryFindChild('Ia')!.node.defaultChild as CfnResource).addPropertyOverride('IntegrationUri', { 'Fn::GetStackOutput': output });
    reading({ StackName: 'Functions', OutputName: 'Arn' });
    expect(lines(app)).toEqual(['Apis/Api POST /a Functions/A: protected, redirected']);
  });

  test('and nowhere else: what the deployment alone knows is unprotected', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    const nested = new NestedStack(stack, 'Nested');
    const at = (name: string, value: unknown) => {
      const [made] = route(api, `/${name}`, newFunction(stack, name));
      (made!.node.tryFindChild(`I${name}`)!.node.defaultChild as CfnResource).addPropertyOverride('IntegrationUri', stack.resolve(value));
    };
    const api = new HttpApi(stack, 'Api');
    at('parameter', new CfnParameter(stack, 'Arn').valueAsString);
    at('elsewhere', Fn.importValue('somebodys-export'));
    at('nothing', { 'Fn::GetAtt': [stack.resolve((nested.nestedStackResource as CfnResource).logicalId), 'Outputs.Gone'] });
    at('foreign', { 'Fn::GetAtt': [new CfnStack(stack, 'Foreign', { templateUrl: 'https://example.com/t.json' }).logicalId, 'Outputs.Arn'] });
    at('reader', { 'Fn::GetStackOutput': { StackName: 'Others', OutputName: 'Arn' } });
    new CfnResource(nested, 'Something', { type: 'Custom::Thing' });
    expect(lines(app).map((line) => line.replace(/^Shop\/Api POST \/\w+ /, ''))).toEqual(Array(5).fill('-: unprotected, calls something that is not in this app'));
  });
});

test('F170: an alias of the current version is followed to it', () => {
  const app = newApp();
  const fn = attached(new Stack(app, 'Shop'), 'A');
  fn.addAlias('live').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  expect(lines(app)).toEqual(['Shop/A/Aliaslive/FunctionUrl ANY $default Shop/A/Aliaslive: protected, redirected']);
});

test('F170: one stack alone is asked for: its APIs, and its routes on the APIs of others', () => {
  const app = newApp();
  const [apis, more] = [new Stack(app, 'Apis'), new Stack(app, 'More')];
  const api: IHttpApi = new HttpApi(apis, 'Api');
  route(api as HttpApi, '/a', attached(apis, 'A'));
  new HttpRoute(more, 'Route', { httpApi: api, routeKey: HttpRouteKey.with('/b', HttpMethod.POST), integration: new HttpLambdaIntegration('I', newFunction(more, 'B')) });
  route(new HttpApi(new Stack(app, 'Third'), 'Api'), '/c', newFunction(more, 'C'));
  const [a, b] = ['Apis/Api POST /a Apis/A: protected, redirected', 'Apis/Api POST /b More/B: unprotected, More/B is not attached'];
  expect(lines(app, 'Apis')).toEqual([a, b]);
  expect(lines(app, 'More')).toEqual([b]);
  expect(() => auditOf(app, 'Gone')).toThrow('--stack "Gone" is not in the assembly; its stacks are: Apis, More, Third');
});

test('F170: a template that no CDK wrote is read by its logical ids', () => {
  const app = newApp();
  new CfnInclude(new Stack(app, 'Shop'), 'Included', { templateFile: path.join(__dirname, '..', 'constructs', 'fixtures', 'templates', 'serverless.json') });
  const report = auditOf(app);
  expect(report.unseen).toEqual([]);
  expect(report.routes).toContainEqual({
    api: 'Shop/Included/Pay', method: 'POST', path: '/payments', function: 'Shop/Included/Pay', protection: 'unprotected', reason: 'Shop/Included/Pay is not attached',
  });
});

test('F170, F196: what the templates do not show, and what the audit does not read, is named', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
  new CfnStack(stack, 'Foreign', { templateUrl: 'https://example.com/template.json' });
  Vpc.fromLookup(stack, 'Vpc', { isDefault: true });
  stack.addTransform('Company::Macro');
  const [socket, http] = [{ ProtocolType: 'WEBSOCKET' }, { ProtocolType: 'HTTP' }];
  const others: [string, object][] = [
    ['AWS::ApiGatewayV2::Api', socket], ['AWS::ApiGatewayV2::Api', http],
    ['AWS::AppSync::DataSource', { Type: 'AWS_LAMBDA' }], ['AWS::AppSync::DataSource', { Type: 'NONE' }],
    ['AWS::VpcLattice::TargetGroup', { Type: 'LAMBDA' }], ['AWS::VpcLattice::TargetGroup', { Type: 'IP' }],
    ['AWS::Serverless::Application', {}], ['AWS::CloudFormation::StackSet', {}], ['Company::Shop::Api::MODULE', {}],
  ];
  others.forEach(([type, properties], at) => new CfnResource(stack, `R${at}`, { type, properties: { ...properties } }));
  stack.addTransform('AWS::LanguageExtensions');
  const assembly = readAssembly(app.synth().directory);
  const [shop] = assembly.stacks;
  const loops = { ...shop!, template: { ...shop!.template, Resources: { ...shop!.template.Resources, 'Fn::ForEach::Apis': [] as never } } };
  expect(audit({ ...assembly, stacks: [loops] }).unseen).toEqual([
    expect.stringMatching(/^synthesized with placeholders for lookups that need an account \(vpc-provider:.*\); "npx cdk synth" fills cdk\.context\.json$/),
    'Shop: the template of the nested stack Foreign is not in the assembly; its routes are not listed',
    'Shop: R0 (AWS::ApiGatewayV2::Api) is not read; what it sends to functions is not listed',
    'Shop: R2 (AWS::AppSync::DataSource) is not read; what it sends to functions is not listed',
    'Shop: R4 (AWS::VpcLattice::TargetGroup) is not read; what it sends to functions is not listed',
    'Shop: R6 (AWS::Serverless::Application) makes resources of another template; their routes are not listed',
    'Shop: R7 (AWS::CloudFormation::StackSet) makes resources of another template; their routes are not listed',
    'Shop: R8 (Company::Shop::Api::MODULE) makes resources of another template; their routes are not listed',
    'Shop: Fn::ForEach::Apis is not evaluated; the routes that it makes are not listed',
    'Shop: the transform Company::Macro is not run; the template is taken as it stands',
  ]);
});
