/**
 * What `integ/on-aws.sh` deploys: a function that tells the event it is given,
 * behind each kind of front, and an operation behind both kinds of API for the
 * conformance suite. `-c loadBalancer=true` adds an Application Load Balancer,
 * which `idempotent-api local` does not run.
 */
import path from 'node:path';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LambdaRestApi, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ApplicationLoadBalancer, ApplicationProtocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LambdaTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { Code, Function, FunctionUrlAuthType, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { IdempotencyTable, IdempotentApi, IdempotentRestApi, OnConflict, TenantSource } from '../../lib';

const app = new App({ treeMetadata: false });
const stack = new Stack(app, 'IdempotentOnAws');

const code = (id: string, folder: string, handler = 'index.handler', environment: Record<string, string> = {}): Function => new Function(stack, id, {
  runtime: Runtime.NODEJS_24_X,
  handler,
  code: Code.fromAsset(path.join(__dirname, folder)),
  timeout: Duration.seconds(20),
  logGroup: new LogGroup(stack, `${id}Logs`, { removalPolicy: RemovalPolicy.DESTROY }),
  environment,
});

/** `run.ts` reads where a front is served from the output of this name. */
const served = (name: string, url: string) => new CfnOutput(stack, `${name}Url`, { value: url });

const echo = code('Echo', 'echo');
const formats = { EchoHttp: PayloadFormatVersion.VERSION_2_0, EchoHttpV1: PayloadFormatVersion.VERSION_1_0 };
for (const [id, payloadFormatVersion] of Object.entries(formats)) {
  const api = new HttpApi(stack, id);
  api.addRoutes({ path: '/{proxy+}', methods: [HttpMethod.ANY], integration: new HttpLambdaIntegration('Integration', echo, { payloadFormatVersion }) });
  served(id, api.url!);
}
served('EchoRest', new LambdaRestApi(stack, 'EchoRest', { handler: echo, binaryMediaTypes: ['application/octet-stream'], cloudWatchRole: false }).url);
served('EchoFunctionUrl', echo.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url);

const effectsTable = new Table(stack, 'Effects', {
  partitionKey: { name: 'mark', type: AttributeType.STRING }, billingMode: BillingMode.PAY_PER_REQUEST, removalPolicy: RemovalPolicy.DESTROY,
});
const counting = (id: string, handler: string): Function => {
  const counts = code(id, 'operation', handler, { EFFECTS_TABLE: effectsTable.tableName });
  effectsTable.grantReadWriteData(counts);
  return counts;
};

const METHODS = [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE];
const effects = counting('EffectsEndpoint', 'index.effects');
const guard = code('Guard', 'operation', 'index.guard');
const routes = [
  { path: '/payments' },
  { path: '/refunds' },
  { path: '/required', required: true },
  { path: '/waiting', onConflict: OnConflict.wait(Duration.seconds(8)) },
];
const settings = {
  table: new IdempotencyTable(stack, 'Records', { removalPolicy: RemovalPolicy.DESTROY }),
  includeRequestHash: true,
  tenant: TenantSource.lambdaContext('account_id'),
};

// The namespace of a function's records is that of the API it belongs to: a function for each.
const httpOperation = counting('HttpOperation', 'index.handler');
const restOperation = counting('RestOperation', 'index.handler');

const http = new IdempotentApi(stack, 'Http', settings);
const httpGuard = new HttpLambdaAuthorizer('Guard', guard, { resultsCacheTtl: Duration.seconds(0) });
for (const route of routes) http.addRoutes({ ...route, methods: METHODS, handler: httpOperation, authorizer: httpGuard });
http.addRoutes({ path: '/effects', methods: [HttpMethod.GET, HttpMethod.POST], idempotent: false, handler: effects });
served('Http', http.url!);

const rest = new IdempotentRestApi(stack, 'Rest', { ...settings, binaryMediaTypes: ['*/*'] });
const restGuard = new TokenAuthorizer(stack, 'Token', { handler: guard, resultsCacheTtl: Duration.seconds(0) });
for (const route of routes) rest.addRoutes({ ...route, methods: METHODS, handler: restOperation, authorizer: restGuard });
rest.addRoutes({ path: '/effects', methods: [HttpMethod.GET, HttpMethod.POST], idempotent: false, handler: effects });
served('Rest', rest.url);

if (app.node.tryGetContext('loadBalancer') === 'true') {
  const vpc = new Vpc(stack, 'Vpc', {
    ipAddresses: IpAddresses.cidr('10.0.0.0/24'), natGateways: 0, maxAzs: 2, subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }],
  });
  const balancer = new ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing: true });
  const listener = balancer.addListener('Listener', { port: 80, protocol: ApplicationProtocol.HTTP });
  listener.addTargets('Echo', { targets: [new LambdaTarget(echo)] });
  served('EchoBalancer', `http://${balancer.loadBalancerDnsName}/`);
}
