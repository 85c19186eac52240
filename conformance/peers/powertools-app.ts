/** An HTTP API with nothing of this package, whose handler Powertools makes idempotent. `PEER` is the folder that its packages are in. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const bundle = mkdtempSync(path.join(tmpdir(), 'powertools-peer-'));
buildSync({
  entryPoints: [path.join(process.env.PEER!, 'handler.mjs')],
  outfile: path.join(bundle, 'index.js'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  // The fixture lies outside of this folder, and the packages inside of it.
  nodePaths: [path.join(process.env.PEER!, 'node_modules')],
});

const stack = new Stack(new App(), 'Powertools');
const table = (id: string, name: string) => new TableV2(stack, id, { partitionKey: { name, type: AttributeType.STRING } });
const records = table('Records', 'id');
const effects = table('Effects', 'mark');

const fn = (id: string, handler: string, timeout: number, expiresAfterSeconds: number) => {
  const made = new Function(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: `index.${handler}`,
    code: Code.fromAsset(bundle),
    timeout: Duration.seconds(timeout),
    environment: { RECORDS: records.tableName, EFFECTS: effects.tableName, EXPIRES_AFTER_SECONDS: String(expiresAfterSeconds), POWERTOOLS_LOG_LEVEL: 'SILENT' },
  });
  records.grantReadWriteData(made);
  effects.grantReadWriteData(made);
  return made;
};

const api = new HttpApi(stack, 'Http');
const authorizer = new HttpJwtAuthorizer('Jwt', 'https://issuer.example', { jwtAudience: ['conformance'] });
const pay = new HttpLambdaIntegration('Pay', fn('Pay', 'handler', 25, 86_400));
for (const route of ['/payments', '/refunds']) api.addRoutes({ path: route, methods: [HttpMethod.POST], integration: pay, authorizer });
api.addRoutes({ path: '/brief', methods: [HttpMethod.POST], integration: new HttpLambdaIntegration('Brief', fn('BriefPay', 'handler', 2, 4)), authorizer });
api.addRoutes({
  path: '/effects', methods: [HttpMethod.GET, HttpMethod.POST], integration: new HttpLambdaIntegration('Count', fn('Count', 'effects', 10, 60)),
});
