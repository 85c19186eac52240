import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { Code, FunctionUrlAuthType, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { assertPaidOnce, newApp, newCase, payments, records } from './payments';
import { IdempotentApi } from '../lib';

/** As `handler/index.mjs`, in a language that no handler is redirected in. */
const CODE = `import json
import uuid


def handler(event, context):
    return {
        "statusCode": 201,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"transactionId": str(uuid.uuid4())}),
    }
`;
// The newest that the CDK in use knows: an older one is a finding of AwsSolutions as soon as there is a newer CDK.
const PYTHON = Runtime.ALL.filter(({ family }) => family === RuntimeFamily.PYTHON).at(-1)!;
const inPython = { runtime: PYTHON, handler: 'index.handler', code: Code.fromInline(CODE) };

/** Functions that cannot be redirected, behind relays: a route's, and one by an alias before a function URL. */
const app = newApp();
export const stack = new Stack(app, 'IdempotentRelay');
const api = new IdempotentApi(stack, 'Api', { table: records(stack), includeRequestHash: true });
const logs = (id: string) => new LogGroup(stack, id, { removalPolicy: RemovalPolicy.DESTROY });

const behindRoute = payments(stack, 'BehindRoute', inPython);
api.relay(behindRoute, { logGroup: logs('RouteRelayLogs') });
api.addRoutes({ path: '/payments', methods: [HttpMethod.POST], handler: behindRoute, relay: true });

const alias = payments(stack, 'BehindUrl', inPython).addAlias('live');
const relay = api.relay(alias, { logGroup: logs('UrlRelayLogs') });
const { url } = relay.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });

Validations.of(api).acknowledge(
  { id: 'AwsSolutions-APIG1', reason: 'The test sends a handful of requests, and reads no access logs.' },
  { id: 'AwsSolutions-APIG4', reason: 'The test has no identity to sign in with; its API lives for minutes and does nothing.' },
);

const integ = newCase(app, 'Relay', stack);
assertPaidOnce(integ, `${api.url}payments`);
assertPaidOnce(integ, url);
