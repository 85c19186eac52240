import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, CfnParameter, CfnResource, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, WebSocketApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration, HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, ProjectionType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Alias, Code, Function, FunctionUrlAuthType, InvokeMode, LayerVersion, Runtime, type FunctionProps } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { readAssembly } from '../../local/assembly';
import { planAssembly, type Plan } from '../../local/plan';

process.env.JSII_DEPRECATED = 'quiet';

const HANDLER = path.join(__dirname, 'fixtures/shop-function');
let root: string;
beforeEach(() => { root = mkdtempSync(path.join(tmpdir(), 'plan-')); });
afterEach(() => rmSync(root, { recursive: true, force: true }));

const newApp = (context: Record<string, unknown> = {}) => new App({ outdir: path.join(root, 'cdk.out'), context });
const planOf = (app: App, stack?: string): Plan => planAssembly(readAssembly(app.synth().directory), stack, () => root);

const newFunction = (scope: Construct, id: string, props: Partial<FunctionProps> = {}) =>
  new Function(scope, id, { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromAsset(HANDLER), ...props });

function newApi(scope: Construct, id: string, handler: Function): HttpApi {
  const api = new HttpApi(scope, id);
  api.addRoutes({ path: '/', methods: [HttpMethod.GET], integration: new HttpLambdaIntegration('Integration', handler) });
  return api;
}

const environments = (plan: Plan) => plan.functions.planned.map(({ spec }) => spec({ AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb' }).environment);

test.each(['strong', 'weak', 'both'])('%s references between stacks are resolved', (strength) => {
  const app = newApp({ '@aws-cdk/core:defaultCrossStackReferences': strength });
  const table = new TableV2(new Stack(app, 'Storage'), 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
  const stack = new Stack(app, 'Shop');
  newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: { TABLE: table.tableName, ARN: table.tableArn } }));
  const plan = planOf(app);
  const name = plan.tables[0]!.create.TableName;
  expect(name).toMatch(/^Storage-Table/);
  expect(environments(plan)).toEqual([{
    TABLE: name, ARN: `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`, AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb',
  }]);
});

test('the names are the same at every start', () => {
  const names = ['a', 'b'].map((outdir) => {
    const app = new App({ outdir: path.join(root, outdir) });
    const stack = new Stack(app, 'Shop');
    new TableV2(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    newApi(stack, 'Api', newFunction(stack, 'Fn'));
    const plan = planOf(app);
    return [plan.tables[0]!.create.TableName, plan.apis[0]!.api.resource.ref, plan.functions.planned[0]!.arn];
  });
  expect(names[0]).toEqual(names[1]);
});

test('stages are read along, and a stack is known by name, id and path', () => {
  const app = newApp();
  for (const id of ['Beta', 'Prod']) {
    const stack = new Stack(new Stage(app, id), 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn'));
  }
  expect(planOf(app).apis.map(({ id }) => id)).toEqual(['Beta/Shop/Api', 'Prod/Shop/Api']);
  for (const name of ['Prod-Shop', 'Prod/Shop']) {
    expect(planOf(app, name).apis.map(({ id, api }) => [id, api.resource.stack.name])).toEqual([['Api', 'Prod-Shop']]);
  }
});

test('APIs stand in template order, whatever their kind', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop');
  const fn = newFunction(stack, 'Fn');
  fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  newApi(stack, 'Zebra', fn);
  newApi(stack, 'Antelope', fn);
  expect(planOf(app).apis.map(({ id, api }) => [id, api.kind])).toEqual([['Fn', 'url'], ['Zebra', 'http'], ['Antelope', 'http']]);
});

test('tables keep keys, indexes and TTL, and leave what is of the cloud behind', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop');
  newApi(stack, 'Api', newFunction(stack, 'Fn'));
  const table = new Table(stack, 'Old', {
    tableName: 'orders',
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.NUMBER },
    timeToLiveAttribute: 'ttl',
    readCapacity: 7,
    stream: undefined,
  });
  table.addGlobalSecondaryIndex({ indexName: 'byDate', partitionKey: { name: 'date', type: AttributeType.STRING }, projectionType: ProjectionType.KEYS_ONLY });
  expect(planOf(app).tables).toEqual([{
    id: 'Old',
    create: {
      TableName: 'orders',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'N' }, { AttributeName: 'date', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      BillingMode: 'PAY_PER_REQUEST',
      GlobalSecondaryIndexes: [{ IndexName: 'byDate', KeySchema: [{ AttributeName: 'date', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } }],
    },
    regions: ['us-east-1'],
    ttlAttribute: 'ttl',
  }]);
});

test('a table is in the region of its stack, and in those of its replicas', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
  newApi(stack, 'Api', newFunction(stack, 'Fn'));
  new TableV2(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING }, replicas: [{ region: 'eu-central-1' }] });
  expect(planOf(app).tables[0]!.regions).toEqual(['eu-west-1', 'eu-central-1']);
});

describe('stacks of one name', () => {
  const shops = (...stacks: readonly (readonly [id: string, region?: string])[]) => {
    const app = newApp();
    for (const [id, region] of stacks) {
      const stack = new Stack(app, id, { stackName: 'shop', ...(region === undefined ? {} : { env: { account: '111111111111', region } }) });
      newApi(stack, 'Api', newFunction(stack, 'Fn'));
      new TableV2(stack, 'Made', { partitionKey: { name: 'id', type: AttributeType.STRING } });
      new TableV2(stack, 'Named', { tableName: 'payments', partitionKey: { name: 'id', type: AttributeType.STRING } });
    }
    return app;
  };

  test('in two regions have tables of their own, but for those whose name the template gives: that they are one is said', () => {
    const plan = planOf(shops(['West', 'eu-west-1'], ['Central', 'eu-central-1']));
    expect(plan.tables.map(({ create }) => create.TableName)).toEqual([
      expect.stringMatching(/^shop-eu-west-1-111111111111-Made/), 'payments', expect.stringMatching(/^shop-eu-central-1-111111111111-Made/),
    ]);
    expect(plan.notices.lines()).toEqual(['the tables "payments" of West and Central are ONE table here; --stack runs one of these stacks by itself']);
  });

  test('in one region cannot be told apart: refused, with the flag that chooses one', () => {
    expect(() => planOf(shops(['A'], ['B']))).toThrow(
      'the stacks A and B are both named "shop" in account 123456789012 and region us-east-1; run one of them with --stack B');
    expect(planOf(shops(['A'], ['B']), 'B').apis).toHaveLength(1);
  });
});

test.each([
  ['cn-north-1', 'arn:aws-cn:dynamodb:cn-north-1:111111111111:table/t', 'amazonaws.com.cn'],
  ['us-gov-west-1', 'arn:aws-us-gov:dynamodb:us-gov-west-1:111111111111:table/t', 'amazonaws.com'],
])('names of the partition of %s are its own', (region, arn, suffix) => {
  const app = newApp();
  const stack = new Stack(app, 'Shop', { env: { account: '111111111111', region } });
  const table = new TableV2(stack, 'Table', { tableName: 't', partitionKey: { name: 'id', type: AttributeType.STRING } });
  newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: { ARN: table.tableArn, SUFFIX: stack.urlSuffix } }));
  expect(environments(planOf(app))).toEqual([{ ARN: arn, SUFFIX: suffix, AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb' }]);
});

test('a function is as its template declares it, defaults and all', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop');
  const layer = new LayerVersion(stack, 'Layer', { code: Code.fromAsset(path.join(__dirname, 'fixtures/shop-layer')) });
  newApi(stack, 'Plain', newFunction(stack, 'PlainFn'));
  newApi(stack, 'Full', newFunction(stack, 'FullFn', {
    functionName: 'full', layers: [layer], reservedConcurrentExecutions: 3, memorySize: 512, runtime: Runtime.NODEJS_22_X,
  }));
  const [plain, full] = planOf(app).functions.planned.map(({ spec }) => spec({}));
  expect(plain).toMatchObject({ id: 'PlainFn', name: expect.stringMatching(/^Shop-PlainFn/), handler: 'index.handler', runtime: 'nodejs24.x', timeoutSeconds: 3, memoryMb: 128, maxSandboxes: 10, layerDirectories: [], environment: {} });
  expect(full).toMatchObject({ id: 'FullFn', name: 'full', runtime: 'nodejs22.x', memoryMb: 512, maxSandboxes: 3 });
  expect(readFileSync(path.join(full!.layerDirectories[0]!, 'prices.js'), 'utf8')).toContain('shopPrices');
});

test('code that lies inline or in an archive is unpacked', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop');
  newApi(stack, 'Inline', newFunction(stack, 'InlineFn', { code: Code.fromInline('exports.handler = async () => 1;') }));
  // An archive of nothing: the end of its central directory.
  const archive = path.join(root, 'code.zip');
  writeFileSync(archive, Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]));
  newApi(stack, 'Zipped', newFunction(stack, 'ZippedFn', { code: Code.fromAsset(archive) }));
  const [inline, zipped] = planOf(app).functions.planned.map(({ spec }) => spec({}).codeDirectory);
  expect(readFileSync(path.join(inline!, 'index.js'), 'utf8')).toBe('exports.handler = async () => 1;');
  expect(zipped).toMatch(/asset-/);
});

test('an alias leads to its function', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop');
  const fn = newFunction(stack, 'Fn');
  newApi(stack, 'Api', new Alias(stack, 'Live', { aliasName: 'live', version: fn.currentVersion }) as unknown as Function);
  const plan = planOf(app);
  expect(plan.functions.planned.map(({ spec }) => spec({}).id)).toEqual(['Fn']);
  expect(plan.notices.lines()).toEqual([]);
});

describe('what is not run is named', () => {
  const linesOf = (build: (stack: Stack) => void) => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    build(stack);
    return planOf(app).notices.lines();
  };

  test('by type, one line each', () => {
    expect(linesOf((stack) => {
      newApi(stack, 'Api', newFunction(stack, 'Fn'));
      new Queue(stack, 'First');
      new Queue(stack, 'Second');
      new Bucket(stack, 'Files');
      new CfnResource(stack, 'Own', { type: 'Custom::Own' });
    })).toEqual([
      'skipped: AWS::SQS::Queue (First, Second)',
      'skipped: AWS::S3::Bucket (Files)',
      'skipped: Custom::Own (Own)',
    ]);
  });

  test.each<[string, (stack: Stack) => void, string]>([
    ['a nested stack', (stack) => new NestedStack(stack, 'Inner'), 'skipped: AWS::CloudFormation::Stack (Inner.NestedStack/Inner.NestedStackResource)'],
    ['a function that nothing calls', (stack) => newFunction(stack, 'Idle'), 'skipped: AWS::Lambda::Function (Idle: no API calls it)'],
    ['another runtime', (stack) => newApi(stack, 'Py', newFunction(stack, 'PyFn', { runtime: Runtime.PYTHON_3_13 })), 'skipped: AWS::Lambda::Function (PyFn: the runtime python3.13 is not run; requests to it get a 500)'],
    ['code in a bucket', (stack) => newApi(stack, 'Far', newFunction(stack, 'FarFn', { code: Code.fromBucket(Bucket.fromBucketName(stack, 'B', 'far-away'), 'k') })), 'skipped: AWS::Lambda::Function (FarFn: its code is in a bucket, not in the assembly; requests to it get a 500)'],
    ['an imported layer', (stack) => newApi(stack, 'L', newFunction(stack, 'LFn', { layers: [LayerVersion.fromLayerVersionArn(stack, 'I', 'arn:aws:lambda:us-east-1:1:layer:x:1')] })), 'skipped: AWS::Lambda::Function (LFn: its layer arn:aws:lambda:us-east-1:1:layer:x:1 is not in the assembly; requests to it get a 500)'],
    ['a WebSocket API', (stack) => new WebSocketApi(stack, 'Socket'), 'skipped: AWS::ApiGatewayV2::Api (Socket: WebSocket APIs are not run)'],
    ['an HTTP integration', (stack) => new HttpApi(stack, 'Proxy', { defaultIntegration: new HttpUrlIntegration('Url', 'https://example.com') }), 'skipped: AWS::ApiGatewayV2::Integration (Proxy/DefaultRoute/Url: an integration of type HTTP_PROXY is not run; requests to it get a 500)'],
    ['a streaming function URL', (stack) => newFunction(stack, 'Stream').addFunctionUrl({ invokeMode: InvokeMode.RESPONSE_STREAM }), 'skipped: AWS::Lambda::Url (Stream/FunctionUrl: response streaming is not run)'],
    ['a function of another app', (stack) => newApi(stack, 'Other', Function.fromFunctionArn(stack, 'F', 'arn:aws:lambda:us-east-1:1:function:other') as Function), 'the function arn:aws:lambda:us-east-1:1:function:other is not in the assembly: requests to it get a 500'],
  ])('%s', (_, build, expected) => {
    expect(linesOf((stack) => {
      newApi(stack, 'Api', newFunction(stack, 'Fn'));
      build(stack);
    })).toContain(expected);
  });
});

describe('what cannot be worked out is refused where it is needed', () => {
  const buildWith = (environment: (stack: Stack) => Record<string, string>) => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: environment(stack) }));
    return () => environments(planOf(app));
  };

  test.each<[string, (stack: Stack) => Record<string, string>, RegExp]>([
    ['a parameter without a default', (stack) => ({ A: new CfnParameter(stack, 'Size').valueAsString }), /^Shop: the parameter Size has no default/],
    ['an export of nobody', () => ({ A: Fn.importValue('elsewhere') }), /^Shop imports "elsewhere", which no stack of the assembly exports/],
    ['another intrinsic', () => ({ A: Fn.findInMap('M', 'a', 'b') }), /^Shop: Environment\.Variables of AWS::Lambda::Function Fn\w+ uses Fn::FindInMap/],
  ])('%s', (_, environment, message) => {
    expect(buildWith(environment)).toThrow(message);
  });

  test('a parameter with a default, and what is not run, have values', () => {
    const values = buildWith((stack) => ({
      SIZE: new CfnParameter(stack, 'Size', { default: 'small' }).valueAsString,
      QUEUE: new Queue(stack, 'Queue', { queueName: 'jobs' }).queueUrl,
      OWN: new CfnResource(stack, 'Own', { type: 'Custom::Own' }).getAtt('Answer').toString(),
      STACK: stack.stackName,
    }))();
    expect(values).toEqual([{
      SIZE: 'small', QUEUE: 'https://sqs.us-east-1.amazonaws.com/123456789012/jobs', OWN: 'Shop-Own.Answer', STACK: 'Shop', AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb',
    }]);
  });
});

test('a broken assembly is named with its file', () => {
  const app = newApp();
  const stack = new Stack(app, 'Shop');
  newApi(stack, 'Api', newFunction(stack, 'Fn'));
  const { directory } = app.synth();
  writeFileSync(path.join(directory, 'Shop.template.json'), '{');
  expect(() => readAssembly(directory)).toThrow(/^the assembly's file .*Shop\.template\.json cannot be read/);
});
