/** One operation behind both kinds of API, set up as the docs of the package say, for the suite to be put to. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { CorsHttpMethod, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { IdempotentApi, IdempotentRestApi, KeyTime, OnConflict, TenantSource, type IdempotencySettings } from 'cdk-idempotent-api';

const ORIGIN = 'https://conformance.example';
const METHODS = [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE];

const stack = new Stack(new App(), 'Conformance');
const code = (folder: string, timeout = Duration.seconds(25)) => ({
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromAsset(path.resolve(__dirname, folder)),
  timeout,
  environment: { EFFECTS: process.env.EFFECTS!, ORIGIN },
});

/** Answers with the policy, which lies beside its code: Lambda holds 4 KB of environment, and a route's part of it alone is larger. */
function publishing(api: IdempotentApi | IdempotentRestApi): Function {
  const folder = mkdtempSync(path.join(tmpdir(), 'policy-'));
  cpSync(path.join(__dirname, 'policy'), folder, { recursive: true });
  writeFileSync(path.join(folder, 'policy.json'), JSON.stringify(api.idempotencyPolicy()));
  const fn = new Function(stack, `${api.node.id}Policy`, code(folder));
  rmSync(folder, { recursive: true });
  return fn;
}

/** A lease that can be waited for. */
const BRIEF = { processingTimeout: Duration.seconds(2), clockMargin: Duration.seconds(1), ttl: Duration.seconds(4) };

/** The routes that the suite knows, by their paths. */
const routes = (id: string): readonly (IdempotencySettings & { readonly path: string; readonly handler: Function })[] => {
  const operation = new Function(stack, `${id}Operation`, code('handler'));
  const mortal = new Function(stack, `${id}Mortal`, code('handler', Duration.seconds(2)));
  return [
    { path: '/payments', handler: operation },
    { path: '/refunds', handler: operation },
    { path: '/required', handler: operation, required: true },
    { path: '/waiting', handler: operation, onConflict: OnConflict.wait(Duration.seconds(8)) },
    { path: '/brief', handler: mortal, ...BRIEF },
    { path: '/remembering', handler: mortal, ...BRIEF, remember: Duration.days(1) },
    { path: '/dated', handler: operation, keyTime: KeyTime.uuidV7() },
  ];
};

const settings = { includeRequestHash: true };

const http = new IdempotentApi(stack, 'Http', {
  ...settings,
  tenant: TenantSource.jwtClaim('account_id'),
  corsPreflight: { allowOrigins: [ORIGIN], allowMethods: [CorsHttpMethod.ANY], allowHeaders: ['content-type', 'authorization'] },
});
const jwt = new HttpJwtAuthorizer('Jwt', 'https://issuer.example', { jwtAudience: ['conformance'] });
for (const route of routes('Http')) http.addRoutes({ ...route, methods: METHODS, authorizer: jwt });
http.addRoutes({
  path: '/effects', methods: [HttpMethod.GET, HttpMethod.POST], idempotent: false, handler: new Function(stack, 'HttpEffects', code('effects')),
});
http.addRoutes({ path: '/policy', methods: [HttpMethod.GET], handler: publishing(http) });

const rest = new IdempotentRestApi(stack, 'Rest', {
  ...settings,
  tenant: TenantSource.lambdaContext('account_id'),
  binaryMediaTypes: ['*/*'],
  defaultCorsPreflightOptions: { allowOrigins: [ORIGIN], allowHeaders: ['content-type', 'authorization'] },
});
const authorizer = new TokenAuthorizer(stack, 'Token', { handler: new Function(stack, 'Guard', code('guard')) });
for (const route of routes('Rest')) rest.addRoutes({ ...route, methods: METHODS, authorizer });
rest.addRoutes({
  path: '/effects', methods: [HttpMethod.GET, HttpMethod.POST], idempotent: false, handler: new Function(stack, 'RestEffects', code('effects')),
});
rest.addRoutes({ path: '/policy', methods: [HttpMethod.GET], handler: publishing(rest) });
