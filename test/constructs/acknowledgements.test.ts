import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations as CoreAnnotations, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction, FunctionUrlAuthType, Runtime, Version } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IConstruct } from 'constructs';
import { newFunction, newStack } from './support';
import { Fingerprint, Idempotency, IdempotencyTable, IdempotentApi, LargeResponses, OnConflict, TenantSource } from '../../lib';

const ROOT = join(__dirname, '..', '..');
const PREFIX = 'cdk-idempotent-api:';

/** A construct, and what is done to it that brings the warning; where its properties alone do, nothing. */
interface Case {
  readonly make: (stack: Stack) => IConstruct;
  readonly cause?: (construct: any, stack: Stack) => void;
}

const idempotency = (stack: Stack): Idempotency => new Idempotency(stack, 'Idempotency');
const api = (stack: Stack): IdempotentApi => new IdempotentApi(stack, 'Api');
const POST = { path: '/a', methods: [HttpMethod.POST] };
const route = (options: object, fn: object = {}) => (made: IdempotentApi, stack: Stack): void => {
  made.addRoutes({ ...POST, handler: newFunction(stack, 'Fn', fn), ...options });
};
const attached = (settings: object) => (made: Idempotency, stack: Stack): void => made.attach(newFunction(stack), settings);
const table = (stack: Stack, account?: string): IdempotencyTable => account === undefined
  ? IdempotencyTable.fromTableName(stack, 'Keys', 'keys') as IdempotencyTable
  : IdempotencyTable.fromTableArn(stack, 'Keys', `arn:aws:dynamodb:eu-west-1:${account}:table/keys`) as IdempotencyTable;

const CASES: Readonly<Record<string, Case>> = {
  functionOutlivesGateway: { make: api, cause: route({}, { timeout: Duration.minutes(1) }) },
  longTtl: { make: api, cause: route({ ttl: Duration.days(8) }) },
  tenantIgnored: { make: api, cause: route({ tenant: TenantSource.none(), authorizer: new HttpIamAuthorizer() }) },
  tenantWithoutAuthorizer: { make: api, cause: route({ tenant: TenantSource.iamPrincipal() }) },
  tenantNotGiven: { make: api, cause: route({ tenant: TenantSource.jwtClaim('sub'), authorizer: new HttpIamAuthorizer() }) },
  waitOutlivesGateway: { make: api, cause: route({ onConflict: OnConflict.wait(Duration.seconds(40)) }) },
  versionNotCurrent: {
    make: idempotency,
    cause: (made: Idempotency, stack) => made.attach(new Version(stack, 'V1', { lambda: newFunction(stack) })),
  },
  notAttached: {
    make: idempotency,
    cause: (made: Idempotency, stack) => newFunction(stack, 'Fn', { runtime: Runtime.PYTHON_3_13 }).with(made),
  },
  unprotectedRoutes: {
    make: api,
    cause: (made: IdempotentApi, stack) => made.httpApi.addRoutes({ ...POST, integration: new HttpLambdaIntegration('I', newFunction(stack)) }),
  },
  corsWithoutKey: {
    make: idempotency,
    cause: (made: Idempotency, stack) => {
      const handler = newFunction(stack);
      made.attach(handler);
      new HttpApi(stack, 'Http', { corsPreflight: { allowOrigins: ['https://shop.example'], allowMethods: [CorsHttpMethod.POST] } })
        .addRoutes({ ...POST, integration: new HttpLambdaIntegration('I', handler) });
    },
  },
  sharedKeySpace: {
    make: idempotency,
    cause: (made: Idempotency, stack) => ['Charge', 'Ship'].forEach((id) => {
      const handler = newFunction(stack, id);
      made.attach(handler);
      handler.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    }),
  },
  keySecretUnpinned: { make: idempotency, cause: (made, stack) => attached({ keySecret: new Secret(stack, 'Secret') })(made, stack) },
  untrustedTenant: { make: idempotency, cause: attached({ tenant: TenantSource.untrustedHeader('x-account') }) },
  maxKeyAgeUnused: { make: idempotency, cause: attached({ maxKeyAge: Duration.days(1) }) },
  fingerprintUnused: { make: idempotency, cause: attached({ fingerprint: Fingerprint.json() }) },
  replicasEventuallyConsistent: { make: (stack) => new IdempotencyTable(stack, 'Table', { replicas: [{ region: 'us-east-1' }] }) },
  importedTableWithoutNamespace: {
    make: (stack) => new Idempotency(stack, 'Idempotency', { table: table(stack) }),
    cause: attached({}),
  },
  namespaceWithoutMetrics: { make: idempotency, cause: attached({ namespace: 'Zahlungen-Übersicht' }) },
  nothingGranted: {
    make: (stack) => new IdempotencyTable(stack, 'Table'),
    cause: (made: IdempotencyTable, stack) => {
      made.grantUse(Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111111111111:role/theirs', { mutable: false }));
    },
  },
  tableOfAnotherAccount: {
    make: (stack) => new Idempotency(stack, 'Idempotency', { namespace: 'n', table: table(stack, '222222222222') }),
    cause: attached({}),
  },
  secretOfAnotherAccount: {
    make: idempotency,
    cause: (made, stack) => attached({ keySecret: Secret.fromSecretCompleteArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:keys-AbCdEf') })(made, stack),
  },
  bucketOfAnotherAccount: {
    make: (stack) => {
      const bucket = Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'large', account: '222222222222' });
      return new Idempotency(stack, 'Idempotency', { largeResponses: LargeResponses.bucket(bucket) });
    },
    cause: attached({}),
  },
  relayNotNeeded: { make: idempotency, cause: (made: Idempotency, stack) => { made.relay(newFunction(stack)); } },
  targetOfAnotherAccount: {
    make: idempotency,
    cause: (made: Idempotency, stack) => {
      made.relay(
        LambdaFunction.fromFunctionArn(stack, 'Theirs', 'arn:aws:lambda:eu-west-1:222222222222:function:theirs'),
        { targetTimeout: Duration.seconds(3) },
      );
    },
  },
  requestHashOff: { make: idempotency },
};

const INFOS = ['requestHashOff'];
const warnings = Object.entries(CASES).filter(([id]) => !INFOS.includes(id));

const stackOfOneAccount = (): Stack => newStack('Stack', { env: { account: '111111111111', region: 'eu-west-1' } });

/** Where the warning stands, after the whole synthesis. */
const placesOf = (stack: Stack, id: string): string[] => {
  const any = Match.stringLikeRegexp(`ack: ${PREFIX}${id}\\]`);
  return Annotations.fromStack(stack)[INFOS.includes(id) ? 'findInfo' : 'findWarning']('*', any).map(({ id: path }) => path);
};

const acknowledge = (construct: IConstruct, id: string): void =>
  CoreAnnotations.of(construct)[INFOS.includes(id) ? 'acknowledgeInfo' : 'acknowledgeWarning'](PREFIX + id, 'It is meant.');

test('every id that the library warns of is in the docs, and in the table of these tests', () => {
  const text = readFileSync(join(ROOT, 'docs', 'constructs.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `cdk-idempotent-api:(\w+)` \|/gm)].map(([, id]) => id!);
  expect([...documented].sort()).toEqual(Object.keys(CASES).sort());
});

test.each(Object.entries(CASES))('%s stands at the construct that users know', (id, { make, cause }) => {
  const stack = stackOfOneAccount();
  const construct = make(stack);
  cause?.(construct, stack);
  expect(placesOf(stack, id)).toEqual([`/${construct.node.path}`]);
});

test.each(warnings.filter(([, { cause }]) => cause !== undefined))('F208: %s is silent where the construct acknowledges it before its cause', (id, { make, cause }) => {
  const stack = stackOfOneAccount();
  const construct = make(stack);
  acknowledge(construct, id);
  cause!(construct, stack);
  expect(placesOf(stack, id)).toEqual([]);
});

test.each(Object.entries(CASES))('F208: %s is silent where the construct acknowledges it at the end', (id, { make, cause }) => {
  const stack = stackOfOneAccount();
  const construct = make(stack);
  cause?.(construct, stack);
  acknowledge(construct, id);
  expect(placesOf(stack, id)).toEqual([]);
});

test.each(Object.entries(CASES))('F208: %s is silent where the stack acknowledges it', (id, { make, cause }) => {
  const stack = stackOfOneAccount();
  acknowledge(stack, id);
  cause?.(make(stack), stack);
  expect(placesOf(stack, id)).toEqual([]);
});

test.each(Object.entries(CASES))('F220: %s stands at a construct that is locked when the app is synthesized', (id, { make, cause }) => {
  const stack = stackOfOneAccount();
  const construct = make(stack);
  cause?.(construct, stack);
  construct.node.lock();
  expect(placesOf(stack, id)).toEqual([`/${construct.node.path}`]);
});

test.each(Object.entries(CASES))('F220: %s is silent where a construct that is locked has acknowledged it', (id, { make, cause }) => {
  const stack = stackOfOneAccount();
  const construct = make(stack);
  acknowledge(construct, id);
  cause?.(construct, stack);
  // What its constructor has said itself came before.
  acknowledge(construct, id);
  construct.node.lock();
  expect(placesOf(stack, id)).toEqual([]);
});

test('F220: a function is attached by a construct that is locked, with its warnings', () => {
  const stack = stackOfOneAccount();
  const [loud, silent] = [idempotency(stack), new Idempotency(stack, 'Silent')];
  acknowledge(silent, 'longTtl');
  for (const site of [loud, silent]) {
    site.node.lock();
    site.attach(newFunction(stack, `Fn${site.node.id}`), { ttl: Duration.days(8) });
  }
  expect(placesOf(stack, 'longTtl')).toEqual([`/${loud.node.path}`]);
});

test('F208: an acknowledgement on one construct leaves the warning of another', () => {
  const stack = stackOfOneAccount();
  const silent = idempotency(stack);
  acknowledge(silent, 'longTtl');
  for (const site of [silent, new Idempotency(stack, 'Other')]) site.attach(newFunction(stack, `Fn${site.node.id}`), { ttl: Duration.days(8) });
  expect(placesOf(stack, 'longTtl')).toEqual(['/Stack/Other']);
});

test('F208: what a synthesis has said it says once, however often the app is synthesized', () => {
  const stack = stackOfOneAccount();
  const { make, cause } = CASES.unprotectedRoutes!;
  cause!(make(stack), stack);
  expect(placesOf(stack, 'unprotectedRoutes')).toHaveLength(1);
  expect(placesOf(stack, 'unprotectedRoutes')).toHaveLength(1);
});
