import { App, Resource, Stack, StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, MultiRegionConsistency, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { PhysicalName } from 'aws-cdk-lib/core';
import { environmentOf, newApp, newFunction, newStack, propertiesOf, statementsOf, VERSION_ID } from './support';
import { Idempotency, IdempotencyTable, IdempotencyTableProps, IdempotentApi, IIdempotencyTable, LargeResponses } from '../../lib';

const IRELAND = { env: { account: '111111111111', region: 'eu-west-1' } };
const OHIO = { env: { account: '111111111111', region: 'us-east-2' } };
const ELSEWHERE = { env: { account: '222222222222', region: 'eu-west-1' } };
const FAR = { env: { account: '222222222222', region: 'us-east-2' } };
const USE = ['dynamodb:UpdateItem', 'dynamodb:GetItem'];

let app: App;
beforeEach(() => {
  app = newApp();
});

const tableIn = (place: StackProps, props: IdempotencyTableProps = { tableName: 'keys' }): IdempotencyTable =>
  new IdempotencyTable(new Stack(app, 'TableStack', place), 'Table', props);

/** A function in a stack of its own, attached with the table. */
const attachedIn = (place: StackProps | undefined, table: IIdempotencyTable, roleName?: string): Template => {
  const stack = new Stack(app, 'FnStack', place);
  const role = roleName === undefined ? undefined : new Role(stack, 'Role', { roleName, assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  new Idempotency(stack, 'Idempotency', { table, namespace: 'n' }).attach(newFunction(stack, 'Fn', { role }));
  app.synth();
  return Template.fromStack(stack);
};

describe('F121: a function in another region than its table', () => {
  test('uses the replica there, and is granted it', () => {
    const table = tableIn(IRELAND, { tableName: 'keys', replicas: [{ region: 'us-east-2' }] });
    const template = attachedIn(OHIO, table);
    expect(environmentOf(template).IDEMPOTENCY_TABLE_NAME).toBe('keys');
    expect(statementsOf(template)).toEqual([
      { Action: USE, Effect: 'Allow', Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':dynamodb:us-east-2:111111111111:table/keys']] } },
    ]);
  });

  test('is granted the key of the replica too', () => {
    const encryption = (stack: Stack) => TableEncryptionV2.customerManagedKey(new Key(stack, 'Key'), {
      'us-east-2': 'arn:aws:kms:us-east-2:111111111111:key/of-the-replica',
    });
    const stack = new Stack(app, 'TableStack', IRELAND);
    const table = new IdempotencyTable(stack, 'Table', { tableName: 'keys', replicas: [{ region: 'us-east-2' }], encryption: encryption(stack) });
    expect(statementsOf(attachedIn(OHIO, table))[1]).toMatchObject({ Resource: 'arn:aws:kms:us-east-2:111111111111:key/of-the-replica' });
  });

  test('throws where there is no replica', () => {
    expect(() => attachedIn(OHIO, tableIn(IRELAND))).toThrow(
      'FnStack/Idempotency: table TableStack/Table is in eu-west-1, and FnStack/Fn in us-east-2, where it has no replica. '
      + 'Add { region: "us-east-2" } to the replicas of the table, or give a table of that region.',
    );
  });

  test('throws where the table would have to be named anew', () => {
    expect(() => attachedIn(OHIO, tableIn(IRELAND, { replicas: [{ region: 'us-east-2' }] }))).toThrow(
      'FnStack/Idempotency: table TableStack/Table has no name known at synth, which FnStack/Fn of another region or account needs. '
      + 'Give it a tableName: that of the deployed table where there is one, since a new name replaces it and forgets its records.',
    );
  });

  test('throws where the table is imported from another region', () => {
    const table = (scope: Stack) => IdempotencyTable.fromTableArn(scope, 'Table', 'arn:aws:dynamodb:eu-west-1:111111111111:table/keys');
    expect(() => attachedIn(OHIO, table(new Stack(app, 'TableStack', OHIO)))).toThrow(
      'FnStack/Idempotency: table TableStack/Table is in eu-west-1, and FnStack/Fn in us-east-2, where no replica is known of. '
      + 'Give table.replica("us-east-2") if it has one there, or a table of that region.',
    );
  });

  test('uses the replica of an imported table that it is told of', () => {
    const stack = new Stack(app, 'TableStack', OHIO);
    const table = IdempotencyTable.fromTableArn(stack, 'Table', 'arn:aws:dynamodb:eu-west-1:111111111111:table/keys').replica('us-east-2');
    expect(table.tableArn).toBe('arn:aws:dynamodb:us-east-2:111111111111:table/keys');
    expect(table.env.region).toBe('us-east-2');
    expect(environmentOf(attachedIn(OHIO, table)).IDEMPOTENCY_TABLE_NAME).toBe('keys');
  });
});

describe('F121: a function in another account than its table', () => {
  test('names it by ARN, and both its role and the table\'s policy allow it', () => {
    const table = tableIn(ELSEWHERE);
    const template = attachedIn(IRELAND, table, 'payments');
    const arn = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':dynamodb:eu-west-1:222222222222:table/keys']] };
    expect(environmentOf(template).IDEMPOTENCY_TABLE_NAME).toEqual(arn);
    expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument.Statement).toEqual([{ Action: USE, Effect: 'Allow', Resource: [arn] }]);
    const { ResourcePolicy } = propertiesOf(Template.fromStack(Stack.of(table)), 'AWS::DynamoDB::GlobalTable').Replicas[0];
    expect(ResourcePolicy.PolicyDocument.Statement).toEqual([{
      Action: USE,
      Effect: 'Allow',
      Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111111111111:role/payments']] } },
      Resource: '*',
    }]);
  });

  test('F226: is granted the table\'s own key without a reference to it, so that its stack can be deployed first, as the table\'s policy needs', () => {
    const stack = new Stack(app, 'TableStack', ELSEWHERE);
    const key = new Key(stack, 'Key');
    const table = new IdempotencyTable(stack, 'Table', { tableName: 'keys', encryption: TableEncryptionV2.customerManagedKey(key) });
    const template = attachedIn(IRELAND, table, 'payments');
    expect(JSON.stringify(template.toJSON())).not.toContain('Fn::GetStackOutput');
    expect(propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument.Statement).toContainEqual(expect.objectContaining({
      Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':kms:eu-west-1:222222222222:key/*']] },
      Condition: { StringLike: { 'kms:ViaService': 'dynamodb.*' } },
    }));
    expect(JSON.stringify(propertiesOf(Template.fromStack(stack), 'AWS::KMS::Key').KeyPolicy)).toContain(':iam::111111111111:role/payments');
  });

  test('throws where its role has no name that the table\'s policy could say', () => {
    expect(() => attachedIn(IRELAND, tableIn(ELSEWHERE))).toThrow(
      'FnStack/Idempotency: table TableStack/Table is in account 222222222222, whose policy must name the role of FnStack/Fn, but the role has no name '
      + 'known at synth. Give the function a role with a roleName (or PhysicalName.GENERATE_IF_NEEDED), and deploy its stack before the table\'s.',
    );
  });

  test('may have a role that the CDK names', () => {
    const template = attachedIn(IRELAND, tableIn(ELSEWHERE), PhysicalName.GENERATE_IF_NEEDED);
    expect(propertiesOf(template, 'AWS::IAM::Role').RoleName).toMatch(/^fnstack.*role/);
  });

  test('may be a resource that names its role by ARN', () => {
    const table = tableIn(ELSEWHERE);
    const stack = new Stack(app, 'FnStack', IRELAND);
    const role = 'arn:aws:iam::111111111111:role/payments';
    new Idempotency(stack, 'Idempotency', { table, namespace: 'n' })
      .attachCfn(new CfnFunction(stack, 'Fn', { runtime: 'nodejs24.x', handler: 'index.handler', role, code: { zipFile: 'x' } }));
    app.synth();
    const { ResourcePolicy } = propertiesOf(Template.fromStack(Stack.of(table)), 'AWS::DynamoDB::GlobalTable').Replicas[0];
    expect(ResourcePolicy.PolicyDocument.Statement[0].Principal).toEqual({ AWS: role });
  });

  test('uses an imported table by ARN, whose owner must allow it', () => {
    const stack = new Stack(app, 'TableStack', IRELAND);
    const tableArn = 'arn:aws:dynamodb:eu-west-1:222222222222:table/keys';
    const template = attachedIn(IRELAND, IdempotencyTable.fromTableArn(stack, 'Table', tableArn));
    expect(environmentOf(template).IDEMPOTENCY_TABLE_NAME).toBe(tableArn);
    expect(statementsOf(template)).toEqual([{ Action: USE, Effect: 'Allow', Resource: tableArn }]);
    Annotations.fromStack(Stack.of(app.node.findChild('FnStack'))).hasWarning('/FnStack/Idempotency', Match.stringLikeRegexp(
      'table TableStack/Table belongs to account 222222222222: until the policy of the table allows the role of FnStack/Fn dynamodb:UpdateItem and '
      + 'dynamodb:GetItem, every request with a key is answered 503.*cdk-idempotent-api:tableOfAnotherAccount',
    ));
  });

  test('throws where it is in another region as well', () => {
    expect(() => attachedIn(FAR, tableIn(IRELAND, { tableName: 'keys', replicas: [{ region: 'us-east-2' }] }), 'payments')).toThrow(
      'FnStack/Idempotency: table TableStack/Table is in account 111111111111 and eu-west-1, and FnStack/Fn in account 222222222222 and us-east-2. '
      + 'Give a table of the function\'s region or of its account.',
    );
  });
});

test('F121: a function whose place is not known names a table of a known account by ARN', () => {
  const tableArn = 'arn:aws:dynamodb:eu-west-1:222222222222:table/keys';
  const stack = newStack();
  new Idempotency(stack, 'Idempotency', { table: IdempotencyTable.fromTableArn(stack, 'Table', tableArn), namespace: 'n' }).attach(newFunction(stack));
  expect(environmentOf(Template.fromStack(stack)).IDEMPOTENCY_TABLE_NAME).toBe(tableArn);
});

test('F121: so does the environment of code that wraps itself', () => {
  const stack = newStack('Stack', IRELAND);
  const tableArn = 'arn:aws:dynamodb:eu-west-1:222222222222:table/keys';
  const idempotency = new Idempotency(stack, 'Idempotency', { table: IdempotencyTable.fromTableArn(stack, 'Table', tableArn), namespace: 'n' });
  expect(idempotency.environment().IDEMPOTENCY_TABLE_NAME).toBe(tableArn);
});

test('throws where a bucket or a key secret is in another region than the function', () => {
  const ohio = new Stack(app, 'OhioStack', OHIO);
  const stack = new Stack(app, 'Stack', IRELAND);
  const bucket = new Bucket(ohio, 'Bucket', { bucketName: 'large' });
  const withBucket = new Idempotency(stack, 'WithBucket', { largeResponses: LargeResponses.bucket(bucket) });
  expect(() => withBucket.attach(newFunction(stack, 'A'))).toThrow(
    'Stack/WithBucket: largeResponses OhioStack/Bucket is in us-east-2, and Stack/A in eu-west-1, from where it is not reached. Give one of eu-west-1.',
  );
  const withSecret = new IdempotentApi(stack, 'WithSecret', { keySecret: new Secret(ohio, 'Secret', { secretName: 's' }), keySecretVersionId: VERSION_ID });
  expect(() => withSecret.addRoutes({ path: '/a', methods: [HttpMethod.POST], handler: newFunction(stack, 'B') }))
    .toThrow('Stack/WithSecret: keySecret OhioStack/Secret is in us-east-2, and Stack/B in eu-west-1');
});

test('F225: warns of a bucket or a key secret of another account, which its owner has to open', () => {
  const stack = new Stack(app, 'Stack', IRELAND);
  const bucket = Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'large', account: '222222222222' });
  const keySecret = Secret.fromSecretCompleteArn(stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:222222222222:secret:keys-AbCdEf');
  const large = new Idempotency(stack, 'Large', { largeResponses: LargeResponses.bucket(bucket) });
  const keyed = new Idempotency(stack, 'Keyed', { keySecret, keySecretVersionId: VERSION_ID });
  large.attach(newFunction(stack, 'A'));
  keyed.attach(newFunction(stack, 'B'));
  const annotations = Annotations.fromStack(stack);
  annotations.hasWarning('/Stack/Large', Match.stringLikeRegexp(
    'largeResponses Stack/Bucket belongs to account 222222222222: until its policy allows the role of Stack/A s3:GetObject and s3:PutObject '
    + 'below idempotency/, bodies of more than 16 KB are not put there.*bucketOfAnotherAccount',
  ));
  annotations.hasWarning('/Stack/Keyed', Match.stringLikeRegexp(
    'keySecret Stack/Secret belongs to account 222222222222: until its policy allows the role of Stack/B secretsmanager:GetSecretValue.*'
    + 'every request with a key is answered 503.*secretOfAnotherAccount',
  ));
});

describe('replica', () => {
  const replicated = () => tableIn(IRELAND, { tableName: 'keys', replicas: [{ region: 'us-east-2' }] });

  test('is the table itself at home', () => {
    const table = replicated();
    expect(table.replica('eu-west-1')).toBe(table);
  });

  test('is the same one however often it is asked for', () => {
    const table = replicated();
    expect(table.replica('us-east-2')).toBe(table.replica('us-east-2'));
  });

  test('throws of an imported table under a customer-managed key, whose replica has another', () => {
    const stack = newStack('Stack', IRELAND);
    const table = IdempotencyTable.fromTableAttributes(stack, 'Table', {
      tableName: 'keys', encryptionKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/abc'),
    });
    expect(() => table.replica('us-east-2')).toThrow(
      'Stack/Table: encryptionKey is that of eu-west-1, and the one of the replica in us-east-2 is not known. Import the replica by',
    );
  });

  test('throws where there is none', () => {
    expect(() => replicated().replica('us-west-1'))
      .toThrow('TableStack/Table: replicas has none in us-west-1. Add { region: "us-west-1" } to the replicas of the table.');
  });
});

describe('a table that exists in the app', () => {
  const KEY = { partitionKey: { name: 'id', type: AttributeType.STRING }, timeToLiveAttribute: 'expires_at' };

  test('is taken as it is, with its key and replicas', () => {
    const stack = new Stack(app, 'TableStack', IRELAND);
    const own = new TableV2(stack, 'Own', { ...KEY, tableName: 'keys', replicas: [{ region: 'us-east-2' }] });
    const table = IdempotencyTable.fromTable(stack, 'Table', own);
    expect([stack.resolve(table.tableArn), table.encryptionKey]).toEqual([stack.resolve(own.tableArn), undefined]);
    const template = attachedIn(OHIO, table);
    expect(environmentOf(template).IDEMPOTENCY_TABLE_NAME).toBe('keys');
    Template.fromStack(stack).resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
  });

  test('F27: has no TTL where it is strongly consistent, since DynamoDB has none for such tables', () => {
    const stack = new Stack(app, 'TableStack', IRELAND);
    const own = new TableV2(stack, 'Own', {
      partitionKey: KEY.partitionKey, replicas: [{ region: 'eu-central-1' }], witnessRegion: 'eu-west-3', multiRegionConsistency: MultiRegionConsistency.STRONG,
    });
    expect(IdempotencyTable.fromTable(stack, 'Table', own).tableName).toBe(own.tableName);
  });

  test('may be an imported one', () => {
    const stack = newStack('Stack', IRELAND);
    const key = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111111111111:key/abc');
    const table = IdempotencyTable.fromTable(stack, 'Table', TableV2.fromTableAttributes(stack, 'Own', { tableName: 'keys', encryptionKey: key }));
    expect([table.tableName, table.encryptionKey]).toEqual(['keys', key]);
  });

  test.each([
    ['partition key is pk', { ...KEY, partitionKey: { name: 'pk', type: AttributeType.STRING } }, 'has the partition key "pk" (S)'],
    ['partition key is a number', { ...KEY, partitionKey: { name: 'id', type: AttributeType.NUMBER } }, 'has the partition key "id" (N)'],
    ['key has a sort key', { ...KEY, sortKey: { name: 'sk', type: AttributeType.STRING } }, 'has a sort key "sk"'],
    ['TTL is off', { ...KEY, timeToLiveAttribute: undefined }, 'has no time to live'],
    ['TTL is another attribute', { ...KEY, timeToLiveAttribute: 'ttl' }, 'has the time to live "ttl"'],
  ])('throws where its %s', (_, props, problem) => {
    const stack = newStack();
    expect(() => IdempotencyTable.fromTable(stack, 'Table', new TableV2(stack, 'Own', props))).toThrow(
      `Stack/Table: table Stack/Own ${problem}. Give one with the partition key "id" (S), no sort key, and the time to live "expires_at", as IdempotencyTable makes it.`,
    );
  });
});

describe('a table of a class of the user\'s own', () => {
  /** The public interface and nothing else. */
  class OwnTable extends Resource implements IIdempotencyTable {
    public readonly tableName = 'keys';
    public readonly tableArn = 'arn:aws:dynamodb:eu-west-1:111111111111:table/keys';

    public grantUse(grantee: IGrantable): Grant {
      return Grant.addToPrincipal({ grantee, actions: USE, resourceArns: [this.tableArn] });
    }

    public grantInspect(grantee: IGrantable): Grant {
      return this.grantUse(grantee);
    }

    public grantRelease(grantee: IGrantable): Grant {
      return this.grantUse(grantee);
    }

    public replica(): IIdempotencyTable {
      return this;
    }
  }

  const ownTable = (place: StackProps): OwnTable =>
    new OwnTable(new Stack(app, 'TableStack', place), 'Table', { environmentFromArn: 'arn:aws:dynamodb:eu-west-1:111111111111:table/keys' });

  test('is used by its name and its own grant', () => {
    const template = attachedIn(IRELAND, ownTable(IRELAND));
    expect(environmentOf(template).IDEMPOTENCY_TABLE_NAME).toBe('keys');
    expect(statementsOf(template)).toEqual([expect.objectContaining({ Action: USE })]);
  });

  test('is warned of like an imported one, where there is no namespace', () => {
    const stack = new Stack(app, 'FnStack', IRELAND);
    new Idempotency(stack, 'Idempotency', { table: ownTable(IRELAND) }).attach(newFunction(stack, 'Fn'));
    Annotations.fromStack(stack).hasWarning('/FnStack/Idempotency', Match.stringLikeRegexp('cdk-idempotent-api:importedTableWithoutNamespace'));
  });

  test('throws where the function is in another region, and no replica is known of', () => {
    expect(() => attachedIn(OHIO, ownTable(IRELAND))).toThrow('where no replica is known of');
  });
});
