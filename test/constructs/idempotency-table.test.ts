import { Aws, CfnParameter, RemovalPolicy } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { ContributorInsightsMode, MultiRegionConsistency, TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { newStack, propertiesOf } from './support';
import { IdempotencyTable } from '../../lib';

const TABLE = 'AWS::DynamoDB::GlobalTable';
const ENV = { env: { account: '111111111111', region: 'eu-west-1' } };

test('F74: the default table has the seed\'s schema, is retained, restorable and on demand', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Table');
  const template = Template.fromStack(stack);
  template.hasResource(TABLE, {
    DeletionPolicy: 'Retain',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }],
      TableName: Match.absent(),
      WriteOnDemandThroughputSettings: Match.absent(),
    },
  });
});

test('its logical id is a contract', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Records');
  expect(Object.keys(Template.fromStack(stack).findResources(TABLE))).toEqual(['Records429B5BF3']);
});

test('name, deletion protection, removal policy and recovery can be chosen', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Table', {
    tableName: 'idempotency-keys', deletionProtection: true, removalPolicy: RemovalPolicy.DESTROY, pointInTimeRecovery: false,
  });
  Template.fromStack(stack).hasResource(TABLE, {
    DeletionPolicy: 'Delete',
    Properties: {
      TableName: 'idempotency-keys',
      Replicas: [{ DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false } }],
    },
  });
});

test('the removal policy can be set later, as on any resource', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Table').applyRemovalPolicy(RemovalPolicy.DESTROY);
  Template.fromStack(stack).hasResource(TABLE, { DeletionPolicy: 'Delete' });
});

test('F75: maxWriteRequestUnits caps what a flood of keys can cost', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Table', { maxWriteRequestUnits: 500 });
  Template.fromStack(stack).hasResourceProperties(TABLE, { WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 500 } });
});

test('Contributor Insights can be switched on, and its mode chosen', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Table', {
    contributorInsightsSpecification: { enabled: true, mode: ContributorInsightsMode.THROTTLED_KEYS },
  });
  Template.fromStack(stack).hasResourceProperties(TABLE, {
    Replicas: [{ ContributorInsightsSpecification: { Enabled: true, Mode: 'THROTTLED_KEYS' } }],
  });
});

test('F27: replicas warn, because one execution per key holds within a region only', () => {
  const stack = newStack('Stack', ENV);
  new IdempotencyTable(stack, 'Table', { replicas: [{ region: 'us-east-1' }] });
  Annotations.fromStack(stack).hasWarning(
    '/Stack/Table',
    Match.stringLikeRegexp('one execution per key holds within a region only.*cdk-idempotent-api:replicasEventuallyConsistent'),
  );
  expect(propertiesOf(Template.fromStack(stack), TABLE).Replicas).toHaveLength(2);
});

test('F27: strongly consistent replicas and a witness do not warn', () => {
  const stack = newStack('Stack', ENV);
  new IdempotencyTable(stack, 'Table', {
    replicas: [{ region: 'eu-central-1' }], witnessRegion: 'eu-west-3', multiRegionConsistency: MultiRegionConsistency.STRONG,
  });
  Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  Template.fromStack(stack).hasResourceProperties(TABLE, {
    MultiRegionConsistency: 'STRONG', GlobalTableWitnesses: [{ Region: 'eu-west-3' }],
  });
});

test('F27: a strongly consistent table is made without a TTL, which DynamoDB has none of for it', () => {
  const stack = newStack('Stack', ENV);
  new IdempotencyTable(stack, 'Table', {
    replicas: [{ region: 'eu-central-1' }], witnessRegion: 'eu-west-3', multiRegionConsistency: MultiRegionConsistency.STRONG,
  });
  Template.fromStack(stack).hasResourceProperties(TABLE, { TimeToLiveSpecification: Match.absent() });
});

describe('grants', () => {
  const granted = (make: (table: IdempotencyTable, role: Role) => void, encrypted = false): any[] => {
    const stack = newStack('Stack', ENV);
    const encryption = encrypted ? TableEncryptionV2.customerManagedKey(new Key(stack, 'Key')) : undefined;
    make(new IdempotencyTable(stack, 'Table', { encryption }), new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() }));
    return propertiesOf(Template.fromStack(stack), 'AWS::IAM::Policy').PolicyDocument.Statement;
  };
  const arn = { 'Fn::GetAtt': [expect.stringMatching(/^Table/), 'Arn'] };
  const keyArn = { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] };
  const byDynamoDb = { Effect: 'Allow', Resource: keyArn, Condition: { StringLike: { 'kms:ViaService': 'dynamodb.*' } } };
  const useKey = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'];

  test('F73: grantUse gives two actions on one ARN', () => {
    expect(granted((table, role) => table.grantUse(role))).toEqual([
      { Action: ['dynamodb:UpdateItem', 'dynamodb:GetItem'], Effect: 'Allow', Resource: arn },
    ]);
  });

  test('F73: grantInspect only reads', () => {
    expect(granted((table, role) => table.grantInspect(role))).toEqual([
      { Action: ['dynamodb:GetItem', 'dynamodb:Scan'], Effect: 'Allow', Resource: arn },
    ]);
  });

  test('F73: grantRelease only updates', () => {
    expect(granted((table, role) => table.grantRelease(role))).toEqual([
      { Action: 'dynamodb:UpdateItem', Effect: 'Allow', Resource: arn },
    ]);
  });

  test('F72, F226: under a customer-managed key, each grant reaches the key too, by way of DynamoDB alone', () => {
    expect(granted((table, role) => table.grantUse(role), true)).toEqual(
      [expect.objectContaining({ Resource: arn }), { Action: useKey, ...byDynamoDb }],
    );
    expect(granted((table, role) => table.grantRelease(role), true)[1]).toEqual({ Action: useKey, ...byDynamoDb });
    expect(granted((table, role) => table.grantInspect(role), true)[1])
      .toEqual({ Action: ['kms:Decrypt', 'kms:DescribeKey'], ...byDynamoDb });
  });

  test('a grant can be checked for success', () => {
    const stack = newStack();
    const role = new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() });
    expect(new IdempotencyTable(stack, 'Table').grantUse(role).success).toBe(true);
  });
});

describe('tables of other stacks', () => {
  const granted = (make: (stack: ReturnType<typeof newStack>) => IdempotencyTable | ReturnType<typeof IdempotencyTable.fromTableName>) => {
    const stack = newStack();
    const table = make(stack);
    table.grantUse(new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() }));
    const template = Template.fromStack(stack);
    template.resourceCountIs(TABLE, 0);
    return { table, statements: propertiesOf(template, 'AWS::IAM::Policy').PolicyDocument.Statement };
  };

  test('by name', () => {
    const { table, statements } = granted((stack) => IdempotencyTable.fromTableName(stack, 'Table', 'keys'));
    expect(table.tableName).toBe('keys');
    expect(statements).toHaveLength(1);
    expect(JSON.stringify(statements[0].Resource)).toContain(':table/keys');
  });

  test('by ARN', () => {
    const tableArn = 'arn:aws:dynamodb:eu-west-1:222222222222:table/keys';
    const { table, statements } = granted((stack) => IdempotencyTable.fromTableArn(stack, 'Table', tableArn));
    expect(table.tableName).toBe('keys');
    expect(table.tableArn).toBe(tableArn);
    expect(statements[0].Resource).toBe(tableArn);
  });

  test('F72: with their customer-managed key', () => {
    const keyArn = 'arn:aws:kms:eu-west-1:222222222222:key/abc';
    const { table, statements } = granted((stack) => IdempotencyTable.fromTableAttributes(stack, 'Table', {
      tableName: 'keys', encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn),
    }));
    expect(table.encryptionKey?.keyArn).toBe(keyArn);
    expect(statements[1].Resource).toBe(keyArn);
  });
});

describe('F225: what no table is called, which a grant takes and every request is answered 503 for', () => {
  test.each<[string, () => unknown, string]>([
    ['the ARN of a table for its name', () => IdempotencyTable.fromTableName(newStack(), 'Table', 'arn:aws:dynamodb:eu-west-1:111111111111:table/keys'),
      'tableName is "arn:aws:dynamodb:eu-west-1:111111111111:table/keys", which is no table\'s name. Give an ARN as tableArn, or to IdempotencyTable.fromTableArn().'],
    ['an empty name', () => IdempotencyTable.fromTableName(newStack(), 'Table', ''), 'tableName is "", which is no table\'s name. Give 3 to 255 letters, digits, "_", "-" and ".".'],
    ['a name with a space in it', () => new IdempotencyTable(newStack(), 'Table', { tableName: 'idempotency keys' }), 'tableName is "idempotency keys", which is no table\'s name.'],
    ['the name of a table for its ARN', () => IdempotencyTable.fromTableArn(newStack(), 'Table', 'keys'), 'tableArn is "keys", which is no table\'s ARN. Give one such as "arn:'],
    ['the ARN of a stream', () => IdempotencyTable.fromTableArn(newStack(), 'Table', 'arn:aws:dynamodb:eu-west-1:111111111111:table/keys/stream/2026'), 'which is no table\'s ARN'],
    ['the ARN of a bucket', () => IdempotencyTable.fromTableAttributes(newStack(), 'Table', { tableArn: 'arn:aws:s3:::keys' }), 'which is no table\'s ARN'],
  ])('throws for %s', (_, make, message) => expect(make).toThrow(message));

  test.each(['keys', 'my.keys_of-2026', Aws.STACK_NAME, `keys-${Aws.REGION}`])('takes %s', (name) => {
    expect(IdempotencyTable.fromTableName(newStack(), 'Table', name).tableName).toBe(name);
  });

  test.each(['arn:aws-us-gov:dynamodb:us-gov-west-1:111111111111:table/keys', `arn:aws:dynamodb:${Aws.REGION}:111111111111:table/keys`])('takes %s', (arn) => {
    expect(IdempotencyTable.fromTableArn(newStack(), 'Table', arn).tableArn).toBe(arn);
  });
});

test.each<[number, string]>([
  [0, '0'], [-5, '-5'], [1.5, '1.5'], [NaN, 'NaN'], ['100' as unknown as number, '"100"'],
])('F225: throws for %p write request units, of which the CDK takes 0 for no limit', (maxWriteRequestUnits, named) => {
  expect(() => new IdempotencyTable(newStack(), 'Table', { maxWriteRequestUnits })).toThrow(
    `Stack/Table: maxWriteRequestUnits is ${named}. Give a whole number from 1 on, or leave it out for no limit.`,
  );
});

test('write request units may be a parameter\'s', () => {
  const stack = newStack();
  new IdempotencyTable(stack, 'Table', { maxWriteRequestUnits: new CfnParameter(stack, 'Units', { type: 'Number' }).valueAsNumber });
  Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', { WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: { Ref: 'Units' } } });
});
