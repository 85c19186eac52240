import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Aws, CfnCondition, CfnMapping, CfnParameter, CfnResource, CfnStack, Fn, NestedStack, SecretValue, Stack, Stage, Token } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, WebSocketApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration, HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, ProjectionType, Table, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Alias, Code, Function, FunctionUrlAuthType, InvokeMode, LayerVersion, Runtime, type FunctionProps } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { StringListParameter, StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { readAssembly } from '../../local/assembly';
import { NOTHING_GIVEN, type Given } from '../../local/given';
import { planAssembly, type Plan } from '../../local/plan';

process.env.JSII_DEPRECATED = 'quiet';

const HANDLER = path.join(__dirname, 'fixtures/shop-function');
let root: string;
beforeEach(() => { root = mkdtempSync(path.join(tmpdir(), 'plan-')); });
afterEach(() => rmSync(root, { recursive: true, force: true }));

const newApp = (context: Record<string, unknown> = {}) => new App({ outdir: path.join(root, 'cdk.out'), context });
const planOf = (app: App, stack?: string, given: Partial<Given> = {}): Plan =>
  planAssembly(readAssembly(app.synth().directory), stack, () => root, { ...NOTHING_GIVEN, ...given });

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

  test('F140: in two regions have tables of their own, but for those whose name the template gives: that they are one is said', () => {
    const plan = planOf(shops(['West', 'eu-west-1'], ['Central', 'eu-central-1']));
    expect(plan.tables.map(({ create }) => create.TableName)).toEqual([
      expect.stringMatching(/^shop-eu-west-1-111111111111-Made/), 'payments', expect.stringMatching(/^shop-eu-central-1-111111111111-Made/),
    ]);
    expect(plan.notices.lines()).toEqual(['the tables "payments" of West and Central are ONE table here; --stack runs one of these stacks by itself']);
  });

  test('F140: in one region cannot be told apart: refused, with the flag that chooses one', () => {
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

const FAILS = 'requests to it get a 500, from a REST API or a function URL a 502';
const IS_REFUSED = 'a relay, or whatever else invokes it, gets a 404: what a relay leads to must be of Node.js 20, 22 and 24, Python and custom runtimes (provided.*), in a zip';

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
    ['a nested stack of which only the address is known', (stack) => new CfnStack(stack, 'Inner', { templateUrl: 'https://example.com/inner.json' }), 'skipped: AWS::CloudFormation::Stack (Inner: its template is not in the assembly)'],
    ['another runtime', (stack) => newApi(stack, 'Go', newFunction(stack, 'GoFn', { runtime: Runtime.GO_1_X })), `skipped: AWS::Lambda::Function (GoFn: the runtime go1.x is not run; ${FAILS})`],
    ['another runtime that no API calls', (stack) => newFunction(stack, 'GoFn', { runtime: Runtime.GO_1_X }), `skipped: AWS::Lambda::Function (GoFn: the runtime go1.x is not run; ${IS_REFUSED})`],
    ['code in a bucket', (stack) => newApi(stack, 'Far', newFunction(stack, 'FarFn', { code: Code.fromBucket(Bucket.fromBucketName(stack, 'B', 'far-away'), 'k') })), `skipped: AWS::Lambda::Function (FarFn: its code is in a bucket, not in the assembly; ${FAILS})`],
    ['an imported layer', (stack) => newApi(stack, 'L', newFunction(stack, 'LFn', { layers: [LayerVersion.fromLayerVersionArn(stack, 'I', 'arn:aws:lambda:us-east-1:1:layer:x:1')] })), `skipped: AWS::Lambda::Function (LFn: its layer arn:aws:lambda:us-east-1:1:layer:x:1 is not in the assembly; give its folder or archive with --layer arn:aws:lambda:us-east-1:1:layer:x:1=DIR; ${FAILS})`],
    ['a Node.js of before', (stack) => newApi(stack, 'Old', newFunction(stack, 'OldFn', { runtime: Runtime.NODEJS_16_X })), `skipped: AWS::Lambda::Function (OldFn: the runtime nodejs16.x is not run; ${FAILS})`],
    ['a WebSocket API', (stack) => new WebSocketApi(stack, 'Socket'), 'skipped: AWS::ApiGatewayV2::Api (Socket: WebSocket APIs are not run)'],
    ['an HTTP integration', (stack) => new HttpApi(stack, 'Proxy', { defaultIntegration: new HttpUrlIntegration('Url', 'https://example.com') }), 'skipped: AWS::ApiGatewayV2::Integration (Proxy/DefaultRoute/Url: an integration of type HTTP_PROXY is not run; requests to it get a 500)'],
    ['a streaming function URL', (stack) => newFunction(stack, 'Stream').addFunctionUrl({ invokeMode: InvokeMode.RESPONSE_STREAM }), 'skipped: AWS::Lambda::Url (Stream/FunctionUrl: response streaming is not run)'],
    ['a function of another app', (stack) => newApi(stack, 'Other', Function.fromFunctionArn(stack, 'F', 'arn:aws:lambda:us-east-1:1:function:other') as Function), `the function arn:aws:lambda:us-east-1:1:function:other is not in the assembly: ${FAILS}`],
  ])('%s', (_, build, expected) => {
    expect(linesOf((stack) => {
      newApi(stack, 'Api', newFunction(stack, 'Fn'));
      build(stack);
    })).toContain(expected);
  });
});

test('F142: a Python function on a machine without python3 is named in one line', () => {
  const kept = process.env.PATH;
  process.env.PATH = root;
  try {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn'));
    newApi(stack, 'Py', newFunction(stack, 'PyFn', { runtime: Runtime.PYTHON_3_12 }));
    newFunction(stack, 'Target', { runtime: Runtime.PYTHON_3_12 });
    const problem = "the runtime python3.12 needs python3, which is not on this machine's PATH: install Python 3.12 or another Python 3";
    expect(planOf(app).notices.lines()).toEqual([`skipped: AWS::Lambda::Function (PyFn: ${problem}; ${FAILS}, Target: ${problem}; ${IS_REFUSED})`]);
  } finally {
    process.env.PATH = kept;
  }
});

describe('what cannot be worked out is refused where it is needed', () => {
  const buildWith = (environment: (stack: Stack) => Record<string, string>) => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: environment(stack) }));
    return () => environments(planOf(app));
  };

  test.each<[string, (stack: Stack) => Record<string, string>, RegExp]>([
    ['a parameter without a default', (stack) => ({ A: new CfnParameter(stack, 'Size').valueAsString }), /^Shop: the parameter Size has no default; give it with --parameter Size=VALUE$/],
    ['an export of nobody', () => ({ A: Fn.importValue('elsewhere') }), /^Shop imports "elsewhere", which no stack of its account and region exports/],
    ['a map that is not there', () => ({ A: Fn.findInMap('M', 'a', 'b') }), /^Shop: Environment\.Variables of AWS::Lambda::Function Fn\w+: the map M has no value for a, b$/],
    ['another intrinsic', () => ({ A: Fn.select(0, Fn.cidr('10.0.0.0/16', 2)) }), /^Shop: Environment\.Variables of AWS::Lambda::Function Fn\w+ uses Fn::Cidr/],
    ['an SSM value of an account', (stack) => ({ A: StringParameter.valueForStringParameter(stack, '/shop/currency') }), /^Shop: the SSM parameter \/shop\/currency is not in the assembly; give its value with --ssm \/shop\/currency=VALUE$/],
    ['a dynamic reference to a secret of an account', () => ({ A: SecretValue.secretsManager('shop/key').unsafeUnwrap() }), /^Shop: the secret shop\/key is not in the assembly; give its value with --secret shop\/key=VALUE$/],
    ['a dynamic reference of another service', () => ({ A: '{{resolve:s3:bucket:key}}' }), /\{\{resolve:s3:\.\.\.\}\} is a dynamic reference that is not resolved locally/],
    ['a resource whose condition does not hold', (stack) => {
      const queue = new CfnQueue(stack, 'Queue');
      queue.cfnOptions.condition = new CfnCondition(stack, 'Never', { expression: Fn.conditionEquals('a', 'b') });
      return { A: queue.ref };
    }, /^Shop: Queue is not there, since its condition Never does not hold$/],
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

describe('what a template leaves to the deployment is worked out', () => {
  const shop = (build: (stack: Stack) => Record<string, string>, given: Partial<Given> = {}) => {
    const app = newApp();
    const stack = new Stack(app, 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
    const { AWS_ENDPOINT_URL_DYNAMODB: _, ...variables } = environmentOf(stack, build, app, given);
    return variables;
  };
  const environmentOf = (stack: Stack, build: (stack: Stack) => Record<string, string>, app: App, given: Partial<Given>) => {
    newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: build(stack) }));
    return environments(planOf(app, undefined, given))[0]!;
  };

  test('F141: Fn::If: the branch of its condition, or no value at all', () => {
    expect(shop((stack) => {
      const isWest = new CfnCondition(stack, 'IsWest', { expression: Fn.conditionEquals(Aws.REGION, 'eu-west-1') });
      const isEast = new CfnCondition(stack, 'IsEast', { expression: Fn.conditionNot(isWest) });
      return {
        SIDE: Token.asString(Fn.conditionIf(isWest.logicalId, 'west', 'east')),
        NONE: Token.asString(Fn.conditionIf(isEast.logicalId, 'east', Aws.NO_VALUE)),
      };
    })).toEqual({ SIDE: 'west' });
  });

  test('Fn::If around all of a property', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    const fn = newFunction(stack, 'Fn');
    new CfnCondition(stack, 'Never', { expression: Fn.conditionEquals('a', 'b') });
    (fn.node.defaultChild as CfnResource).addPropertyOverride('Environment', { 'Fn::If': ['Never', { Variables: { A: 'x' } }, { Variables: { A: 'y', IDEMPOTENCY_TABLE_NAME: 'records' } }] });
    newApi(stack, 'Api', fn);
    const plan = planOf(app);
    expect(environments(plan)).toMatchObject([{ A: 'y' }]);
    expect(plan.functions.planned[0]!.isIdempotent).toBe(true);
  });

  test('F141: Fn::FindInMap', () => {
    expect(shop((stack) => {
      const map = new CfnMapping(stack, 'Sizes', { mapping: { 'eu-west-1': { size: 'large' }, 'us-east-1': { size: 'small' } } });
      return { SIZE: map.findInMap(Aws.REGION, 'size') };
    })).toEqual({ SIZE: 'large' });
  });

  test('F141: Conditions of resources and outputs: what they rule out is not there', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    const never = new CfnCondition(stack, 'Never', { expression: Fn.conditionEquals('a', 'b') });
    const always = new CfnCondition(stack, 'Always', { expression: Fn.conditionAnd(Fn.conditionNot(never), Fn.conditionOr(never, Fn.conditionEquals(Aws.PARTITION, 'aws'))) });
    const fn = newFunction(stack, 'Fn');
    for (const [id, condition] of [['Off', never], ['On', always]] as const) {
      const api = newApi(stack, id, fn);
      for (const child of api.node.findAll()) if (child instanceof CfnResource) child.cfnOptions.condition = condition;
    }
    const plan = planOf(app);
    expect(plan.apis.map(({ id }) => id)).toEqual(['On']);
    expect(plan.notices.lines()).toEqual([]);
  });

  test('F141: parameters: the given value, of the named stack alone where one is named, else the default', () => {
    const build = (stack: Stack) => ({
      SIZE: new CfnParameter(stack, 'Size', { default: 'small' }).valueAsString,
      ZONES: Fn.select(1, new CfnParameter(stack, 'Zones', { type: 'CommaDelimitedList', default: 'a, b' }).valueAsList),
    });
    expect(shop(build)).toEqual({ SIZE: 'small', ZONES: 'b' });
    expect(shop(build, { parameters: [{ name: 'Size', value: 'large' }, { name: 'Zones', value: 'x,y' }] })).toEqual({ SIZE: 'large', ZONES: 'y' });
    expect(shop(build, { parameters: [{ stack: 'Shop', name: 'Size', value: 'huge' }] }).SIZE).toBe('huge');
  });

  test.each<[string, Partial<Given>, string]>([
    ['that no stack declares', { parameters: [{ name: 'Siez', value: 'x' }] }, '--parameter Siez: no stack declares it; the parameters are: Size, Count'],
    ['of a stack that does not declare it', { parameters: [{ stack: 'Other', name: 'Size', value: 'x' }] }, '--parameter Size: the stack "Other" does not declare it'],
    ['that is not among the allowed', { parameters: [{ name: 'Size', value: 'x' }] }, 'Shop: the parameter Size is "x"; it must be one of: small, large; give it with --parameter'],
    ['that is no number', { parameters: [{ name: 'Count', value: 'x' }] }, 'Shop: the parameter Count is "x"; it must be a number'],
  ])('parameters: a value %s is refused', (_, given, message) => {
    expect(() => shop((stack) => ({
      SIZE: new CfnParameter(stack, 'Size', { default: 'small', allowedValues: ['small', 'large'] }).valueAsString,
      COUNT: Token.asString(new CfnParameter(stack, 'Count', { type: 'Number', default: 1 }).value),
    }), given)).toThrow(message);
  });

  test('F141: SSM values: of a parameter that the assembly declares, and given ones', () => {
    expect(shop((stack) => {
      new StringParameter(stack, 'Currency', { parameterName: '/shop/currency', stringValue: 'EUR' });
      return {
        DECLARED: StringParameter.valueForStringParameter(stack, '/shop/currency'),
        GIVEN: StringParameter.valueForStringParameter(stack, '/account/key'),
        LIST: Fn.join('+', StringListParameter.valueForTypedListParameter(stack, '/account/zones')),
      };
    }, { ssm: new Map([['/account/key', 'k'], ['/account/zones', 'a,b']]) })).toEqual({ DECLARED: 'EUR', GIVEN: 'k', LIST: 'a+b' });
  });

  test('SSM values: an SSM parameter may be named by a template parameter that is given', () => {
    expect(shop((stack) => ({ A: new CfnParameter(stack, 'Key', { type: 'AWS::SSM::Parameter::Value<String>', default: '/one' }).valueAsString }),
      { parameters: [{ name: 'Key', value: '/two' }], ssm: new Map([['/one', '1'], ['/two', '2']]) })).toEqual({ A: '2' });
  });

  test('F141: dynamic references: SSM parameters and secrets, declared and given, whole and by a member', () => {
    const variables = shop((stack) => {
      new StringParameter(stack, 'Currency', { parameterName: '/shop/currency', stringValue: 'EUR' });
      const made = new Secret(stack, 'Made', { generateSecretString: { secretStringTemplate: '{"user":"me"}', generateStringKey: 'password' } });
      const imported = Secret.fromSecretCompleteArn(stack, 'Imported', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:shop/provider-AbCdEf');
      return {
        PLAIN: '{{resolve:ssm:/shop/currency:1}}',
        SECURE: `in ${SecretValue.ssmSecure('/account/key', '3').unsafeUnwrap()}`,
        USER: made.secretValueFromJson('user').unsafeUnwrap(),
        IMPORTED: imported.secretValueFromJson('key').unsafeUnwrap(),
        NAMED: SecretValue.secretsManager('other').unsafeUnwrap(),
      };
    }, { ssm: new Map([['/account/key', 'k']]), secrets: new Map([['shop/provider', '{"key":"sk_1"}'], ['other', 'whole']]) });
    expect(variables).toEqual({ PLAIN: 'EUR', SECURE: 'in k', USER: 'me', IMPORTED: 'sk_1', NAMED: 'whole' });
  });

  test('F141: foreign layers: a folder that is given stands in, and one that nobody has is named', () => {
    const arn = 'arn:aws:lambda:eu-west-1:222222222222:layer:tracing:3';
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn', { layers: [LayerVersion.fromLayerVersionArn(stack, 'Layer', arn)] }));
    const plan = planOf(app, undefined, { layers: new Map([[arn, HANDLER], [`${arn}0`, HANDLER]]) });
    expect(plan.functions.planned.map(({ spec }) => spec({}).layerDirectories)).toEqual([[HANDLER]]);
    expect(plan.notices.lines()).toEqual([`--layer ${arn}0: no function that is run here has it`]);
    expect(() => planOf(app, undefined, { layers: new Map([[arn, '/nowhere']]) })).toThrow(`--layer ${arn}: there is no folder or archive /nowhere`);
  });

  test('a nested stack, and one within it: resources, parameters, outputs, and names that its parent has too', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    const table = new TableV2(stack, 'Table', { partitionKey: { name: 'id', type: AttributeType.STRING } });
    const inner = new NestedStack(stack, 'Inner');
    const innermost = new NestedStack(inner, 'Innermost');
    newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: { WHO: 'outer' } }));
    newApi(inner, 'Store', newFunction(inner, 'Fn', { environment: { WHO: 'inner', TABLE: table.tableName } }));
    const deep = newFunction(innermost, 'Fn', { environment: { WHO: 'innermost', TABLE: table.tableName } });
    newApi(stack, 'Deep', deep);
    const plan = planOf(app);
    expect(plan.apis.map(({ id }) => id)).toEqual(['Api', 'Deep', 'Store']);
    const name = plan.tables[0]!.create.TableName;
    expect(environments(plan).map(({ WHO, TABLE }) => [WHO, TABLE])).toEqual([['outer', undefined], ['innermost', name], ['inner', name]]);
    expect(plan.functions.planned.map(({ spec }) => spec({}).id)).toEqual(['Fn', 'Inner/Innermost/Fn', 'Inner/Fn']);
    expect(plan.notices.lines()).toEqual([]);
    expect(planOf(app, 'Shop').apis).toHaveLength(3);
  });

  test('a nested stack that a condition rules out is not there', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn'));
    const inner = new NestedStack(stack, 'Inner');
    newApi(inner, 'Api', newFunction(inner, 'Fn'));
    inner.nestedStackResource!.cfnOptions.condition = new CfnCondition(stack, 'Never', { expression: Fn.conditionEquals('a', 'b') });
    expect(planOf(app).apis.map(({ id }) => id)).toEqual(['Api']);
  });

  test('F141: an imported table of records is made, whether its name or its ARN is given; another that is granted is named', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: { IDEMPOTENCY_TABLE_NAME: 'records' } }));
    const other = newFunction(stack, 'Other', { environment: { IDEMPOTENCY_TABLE_NAME: 'arn:aws:dynamodb:us-east-1:222222222222:table/shared' } });
    newApi(stack, 'OtherApi', other);
    Table.fromTableName(stack, 'Orders', 'orders').grantReadData(other);
    const plan = planOf(app);
    expect(plan.tables).toEqual(['records', 'shared'].map((name) => ({
      id: name,
      create: {
        TableName: name,
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
      regions: ['us-east-1'],
      ttlAttribute: 'expires_at',
    })));
    expect(environments(plan).map(({ IDEMPOTENCY_TABLE_NAME: name }) => name)).toEqual(['records', 'shared']);
    expect(plan.foreignTables).toEqual(['orders']);
    expect(plan.notices.lines()).toContain('the table "shared" is not in the assembly: one of that name, for records alone, is made here');
  });

  test('F141: an imported secret that keys records has the given value, else a made-up one, which is said', () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-AbCdEf';
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn', { environment: { IDEMPOTENCY_KEY_SECRET: `${arn}:::version-1` } }));
    const plan = planOf(app);
    expect(plan.secrets).toEqual([{ arn, name: 'keys', value: expect.stringMatching(/^[\w-]{32,}$/) }]);
    expect(plan.notices.lines()).toContain(`the secret ${arn} is not in the assembly: a made-up value stands in; give one with --secret ${arn}=VALUE`);
    for (const id of [arn, 'keys']) {
      const given = planOf(app, undefined, { secrets: new Map([[id, 'open sesame']]) });
      expect(given.secrets.map(({ value }) => value)).toEqual(['open sesame']);
      expect(given.notices.lines()).toEqual([]);
    }
  });

  test('a transform that CloudFormation would run is named', () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    newApi(stack, 'Api', newFunction(stack, 'Fn'));
    stack.addTransform('AWS::LanguageExtensions');
    stack.addTransform('OwnMacro');
    expect(planOf(app).notices.lines()).toEqual(['Shop: the transform OwnMacro is not run; the template is taken as it stands']);
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
