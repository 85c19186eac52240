import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AttributeType, Table, TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AccountPrincipal, IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { newFunction, newStack, propertiesOf } from './support';
import { Idempotency, IdempotencyTable } from '../../lib';

const HOME = { env: { account: '111111111111', region: 'eu-west-1' } };
const USE = ['dynamodb:UpdateItem', 'dynamodb:GetItem'];
const ROLE_ARN = 'arn:aws:iam::111111111111:role/of-the-platform';
const FOREIGN_ARN = 'arn:aws:iam::222222222222:role/of-another-account';

const granted = (stack: Stack, grantee: IGrantable) => {
  const table = new IdempotencyTable(stack, 'Table');
  const grant = table.grantUse(grantee);
  const template = Template.fromStack(stack);
  return {
    success: grant.success,
    roles: Object.values(template.findResources('AWS::IAM::Policy')).map(({ Properties }) => [Properties.Roles, Properties.PolicyDocument.Statement]),
    ofTable: propertiesOf(template, 'AWS::DynamoDB::GlobalTable').Replicas[0].ResourcePolicy?.PolicyDocument.Statement,
    warnings: Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data),
  };
};
const ownStatement = { Action: USE, Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Table/), 'Arn'] } };

describe('F120: the template stays deployable whoever is granted the table:', () => {
  test('a role of the stack', () => {
    const stack = newStack();
    expect(granted(stack, new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }))).toEqual({
      success: true, roles: [[[{ Ref: expect.stringMatching(/^Role/) }], [ownStatement]]], ofTable: undefined, warnings: [],
    });
  });

  test('a role imported by ARN into a stack whose account is not known', () => {
    const stack = newStack();
    expect(granted(stack, Role.fromRoleArn(stack, 'Role', ROLE_ARN))).toEqual({
      success: true, roles: [[['of-the-platform'], [ownStatement]]], ofTable: undefined, warnings: [],
    });
  });

  test('a role imported by ARN from another account, which the table\'s own policy allows', () => {
    const stack = newStack('Stack', HOME);
    expect(granted(stack, Role.fromRoleArn(stack, 'Role', FOREIGN_ARN))).toEqual({
      success: true, roles: [], ofTable: [{ Action: USE, Effect: 'Allow', Principal: { AWS: FOREIGN_ARN }, Resource: '*' }], warnings: [],
    });
  });

  test('another account as a whole, which the table\'s own policy allows', () => {
    const stack = newStack('Stack', HOME);
    const principal = { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::222222222222:root']] } };
    expect(granted(stack, new AccountPrincipal('222222222222'))).toEqual({
      success: true, roles: [], ofTable: [{ Action: USE, Effect: 'Allow', Principal: principal, Resource: '*' }], warnings: [],
    });
  });

  test('an immutable role of the same account, which is granted nothing and said so', () => {
    const stack = newStack('Stack', HOME);
    const { roles, ofTable, warnings } = granted(stack, Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false }));
    expect([roles, ofTable]).toEqual([[], undefined]);
    expect(warnings).toEqual([
      'Stack/Table: nothing was granted to Stack/Role, a role that this app may not change. Until somebody allows it dynamodb:UpdateItem, '
      + 'dynamodb:GetItem on the table, every request with a key is answered 503. Import the role without mutable: false, or add these '
      + 'actions where the role is made. [ack: cdk-idempotent-api:nothingGranted]',
    ]);
  });

  test('an immutable role whose grants go to the resources', () => {
    const stack = newStack('Stack', HOME);
    expect(granted(stack, Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false, addGrantsToResources: true }))).toMatchObject({
      success: true, roles: [], ofTable: [{ Action: USE, Principal: { AWS: ROLE_ARN }, Resource: '*' }], warnings: [],
    });
  });
});

test('a function whose role this app may not change is warned of', () => {
  const stack = newStack('Stack', HOME);
  const role = Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false });
  new Idempotency(stack, 'Idempotency').attach(newFunction(stack, 'Fn', { role }));
  Annotations.fromStack(stack).hasWarning('/Stack/Idempotency/Table', Match.stringLikeRegexp('nothing was granted to Stack/Fn, .*503'));
});

test('whoever is granted in the place of such a role is named by it', () => {
  const stack = newStack('Stack', HOME);
  const { warnings } = granted(stack, { grantPrincipal: Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false }) });
  expect(warnings).toEqual([expect.stringContaining('nothing was granted to Stack/Role')]);
});

test('F120: a Table of the former class allows another account by its own policy as well', () => {
  const stack = newStack('Stack', HOME);
  const own = new Table(stack, 'Own', { partitionKey: { name: 'id', type: AttributeType.STRING }, timeToLiveAttribute: 'expires_at' });
  IdempotencyTable.fromTable(stack, 'Table', own).grantUse(Role.fromRoleArn(stack, 'Role', FOREIGN_ARN));
  expect(propertiesOf(Template.fromStack(stack), 'AWS::DynamoDB::Table').ResourcePolicy.PolicyDocument.Statement).toEqual([
    { Action: USE, Effect: 'Allow', Principal: { AWS: FOREIGN_ARN }, Resource: '*' },
  ]);
});

test('F120: under a customer-managed key, a role of another account is granted the key as well', () => {
  const stack = newStack('Stack', HOME);
  const encryption = TableEncryptionV2.customerManagedKey(new Key(stack, 'Key'));
  new IdempotencyTable(stack, 'Table', { encryption }).grantInspect(Role.fromRoleArn(stack, 'Role', FOREIGN_ARN));
  const template = Template.fromStack(stack);
  expect(propertiesOf(template, 'AWS::KMS::Key').KeyPolicy.Statement)
    .toContainEqual({
      Action: ['kms:Decrypt', 'kms:DescribeKey'],
      Condition: { StringLike: { 'kms:ViaService': 'dynamodb.*' } },
      Effect: 'Allow',
      Principal: { AWS: FOREIGN_ARN },
      Resource: '*',
    });
});
