import { join } from 'node:path';
import { CfnParameter, CfnResource, Fn, Stack, Stage, Token } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { CfnRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnFunction, CfnFunctionProps, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnFunction as CfnServerlessFunction } from 'aws-cdk-lib/aws-sam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { Construct } from 'constructs';
import { environmentOf, newApp, newFunction, newStack, propertiesOf, settingsOf, VERSION_ID } from './support';
import { Idempotency, IdempotencyTable } from '../../lib';
import { WireConfiguration } from '../../lib/contract';

const TEMPLATES = join(__dirname, 'fixtures', 'templates');
const OURS = '/opt/cdk-idempotent-api/handler.handler';
const STATEMENT = { Action: ['dynamodb:UpdateItem', 'dynamodb:GetItem'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^IdempotencyTable/), 'Arn'] } };

const l1 = (stack: Stack, props: Partial<CfnFunctionProps> = {}): CfnFunction => new CfnFunction(stack, 'Fn', {
  runtime: 'nodejs24.x', handler: 'index.handler', role: 'arn:aws:iam::111111111111:role/r', code: { zipFile: 'x' }, ...props,
});
const included = (stack: Stack, name: string): CfnInclude => new CfnInclude(stack, 'Included', {
  templateFile: join(TEMPLATES, `${name}.json`), preserveLogicalIds: true,
});

describe('attachCfn on a template that CfnInclude reads', () => {
  test('redirects the function and keeps what it had, the grant beside its role\'s own', () => {
    const stack = newStack();
    const template = included(stack, 'plain');
    const idempotency = new Idempotency(stack, 'Idempotency', { required: true });
    idempotency.attachCfn(template.getResource('Pay'), { minKeyLength: 20, routes: { 'POST /payments': { includeRequestHash: true } } });
    const made = Template.fromStack(stack);
    const { Handler, Layers, Environment: { Variables } } = propertiesOf(made, 'AWS::Lambda::Function', 'Pay');
    expect([Handler, Layers]).toEqual([OURS, [{ Ref: 'Layer' }, { Ref: expect.stringMatching(/^IdempotencyLayer/) }]]);
    expect(Variables).toMatchObject({
      REGION: { Ref: 'AWS::Region' }, IDEMPOTENCY_HANDLER: 'index.handler', IDEMPOTENCY_TABLE_NAME: { Ref: expect.stringMatching(/^IdempotencyTable/) },
    });
    expect(settingsOf(made, 'Pay')).toEqual({
      defaults: { required: true, minKeyLength: 20, namespace: 'Stack/Idempotency', processingTimeoutSeconds: 30 },
      routes: { 'POST /payments': { includeRequestHash: true } },
    });
    expect(propertiesOf(made, 'AWS::IAM::Policy')).toMatchObject({ Roles: [{ Ref: 'PayRole' }], PolicyDocument: { Statement: [STATEMENT] } });
  });

  test('grants a role that is known by its ARN only', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').attachCfn(included(stack, 'plain').getResource('Refund'));
    const made = Template.fromStack(stack);
    expect(environmentOf(made, 'Refund').IDEMPOTENCY_HANDLER).toBe('index.handler');
    expect(propertiesOf(made, 'AWS::IAM::Policy').Roles).toEqual([{ 'Fn::Select': [1, expect.objectContaining({ 'Fn::Split': expect.anything() })] }]);
  });

  test('of SAM adds a policy to those of the function, and leaves a lease to the runtime that Globals decide', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').attachCfn(included(stack, 'serverless').getResource('Pay'));
    const { Handler, Policies, Environment, Events } = propertiesOf(Template.fromStack(stack), 'AWS::Serverless::Function', 'Pay');
    expect([Handler, Events]).toEqual([OURS, { Api: expect.anything() }]);
    expect(Policies).toEqual(['AWSLambdaExecute', { Statement: [STATEMENT] }]);
    expect((JSON.parse(Environment.Variables.IDEMPOTENCY_SETTINGS) as WireConfiguration).defaults).toEqual({ namespace: 'Stack/Idempotency' });
  });

  test('F121: of SAM throws where the policy of a table of another account would have to name the role that SAM makes', () => {
    const app = newApp();
    const stack = newStack('Stack', { env: { account: '111111111111', region: 'eu-west-1' } }, app);
    const table = new IdempotencyTable(newStack('TableStack', { env: { account: '222222222222', region: 'eu-west-1' } }, app), 'Table', { tableName: 'keys' });
    const idempotency = new Idempotency(stack, 'Idempotency', { table });
    expect(() => idempotency.attachCfn(included(stack, 'serverless').getResource('Pay')))
      .toThrow('Stack/Included/Pay: role is made by SAM, and a policy of another resource would have to name it. Give the function a role.');
  });

  test('F72: of SAM has the key of the table among its policies', () => {
    const stack = newStack('Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    const table = new IdempotencyTable(stack, 'Table', { encryption: TableEncryptionV2.customerManagedKey(new Key(stack, 'Key')) });
    new Idempotency(stack, 'Idempotency', { table }).attachCfn(included(stack, 'serverless').getResource('Pay'));
    const { Policies } = propertiesOf(Template.fromStack(stack), 'AWS::Serverless::Function', 'Pay');
    expect(Policies).toContainEqual({ Statement: [expect.objectContaining({ Action: expect.arrayContaining(['kms:Decrypt', 'kms:Encrypt']) })] });
  });

  test('F226: of SAM uses a table under an imported key of another account, whose policy is not ours to change', () => {
    const stack = newStack('Stack', { env: { account: '111111111111', region: 'eu-west-1' } });
    const encryptionKey = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:222222222222:key/abc');
    const table = IdempotencyTable.fromTableAttributes(stack, 'Table', { tableName: 'keys', encryptionKey });
    new Idempotency(stack, 'Idempotency', { table, namespace: 'n' }).attachCfn(included(stack, 'serverless').getResource('Pay'));
    const { Policies } = propertiesOf(Template.fromStack(stack), 'AWS::Serverless::Function', 'Pay');
    expect(Policies).toContainEqual({ Statement: [expect.objectContaining({ Resource: 'arn:aws:kms:eu-west-1:222222222222:key/abc' })] });
  });

  test('F223: of SAM has the key of a key secret among its policies', () => {
    const stack = newStack();
    const keySecret = new Secret(stack, 'Secret', { encryptionKey: new Key(stack, 'Key') });
    const idempotency = new Idempotency(stack, 'Idempotency', { keySecret, keySecretVersionId: VERSION_ID });
    idempotency.attachCfn(included(stack, 'serverless').getResource('Pay'));
    const { Policies } = propertiesOf(Template.fromStack(stack), 'AWS::Serverless::Function', 'Pay');
    expect(Policies).toContainEqual({ Statement: [expect.objectContaining({ Action: 'kms:Decrypt' })] });
  });

  test('of SAM may be one that CDK code makes, without policies, and with a timeout that is a token', () => {
    const stack = newStack();
    const timeout = new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber;
    const fn = new CfnServerlessFunction(stack, 'Fn', { runtime: 'nodejs24.x', handler: 'index.handler', inlineCode: 'x', timeout });
    new Idempotency(stack, 'Idempotency', { keySecret: new Secret(stack, 'Secret'), keySecretVersionId: VERSION_ID }).attachCfn(fn);
    const { Policies, Environment } = propertiesOf(Template.fromStack(stack), 'AWS::Serverless::Function');
    expect(Policies).toEqual([{ Statement: [STATEMENT] }, { Statement: [expect.objectContaining({ Action: 'secretsmanager:GetSecretValue' })] }]);
    expect(JSON.parse(Environment.Variables.IDEMPOTENCY_SETTINGS).defaults).not.toHaveProperty('processingTimeoutSeconds');
  });

  test('of SAM grants a role of the function\'s own, and gives the lease its timeout', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').attachCfn(included(stack, 'serverless').getResource('Refund'));
    const made = Template.fromStack(stack);
    const { Policies, Environment } = propertiesOf(made, 'AWS::Serverless::Function', 'Refund');
    expect(Policies).toBeUndefined();
    expect(JSON.parse(Environment.Variables.IDEMPOTENCY_SETTINGS).defaults.processingTimeoutSeconds).toBe(45);
    expect(propertiesOf(made, 'AWS::IAM::Policy').Roles).toEqual(['of-the-platform']);
  });

  test('throws when a function of SAM leaves its runtime to Globals, which are not seen', () => {
    const stack = newStack();
    expect(() => new Idempotency(stack, 'Idempotency').attachCfn(included(stack, 'serverless').getResource('Bare'))).toThrow(
      'Stack/Idempotency: cfnFunction Stack/Included/Bare names no runtime of its own, and the Globals of a template are not seen here. '
      + 'Write its runtime at the function.',
    );
  });
});

describe('attachCfn on an L1', () => {
  test('puts the grant into the role that the app makes, once however often it is attached', () => {
    const stack = newStack();
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const fn = l1(stack, { role: role.roleArn });
    const idempotency = new Idempotency(stack, 'Idempotency');
    idempotency.attachCfn(fn);
    idempotency.attachCfn(fn);
    const made = Template.fromStack(stack);
    made.resourceCountIs('AWS::Lambda::LayerVersion', 1);
    expect(propertiesOf(made, 'AWS::IAM::Policy')).toMatchObject({ Roles: [{ Ref: expect.stringMatching(/^Role/) }], PolicyDocument: { Statement: [STATEMENT] } });
  });

  test('gathers all grants of a role in one policy', () => {
    const stack = newStack();
    const role = new CfnRole(stack, 'Role', { assumeRolePolicyDocument: { Statement: [] } });
    const keySecret = new Secret(stack, 'Secret');
    new Idempotency(stack, 'Idempotency', { keySecret, keySecretVersionId: VERSION_ID }).attachCfn(l1(stack, { role: role.attrArn }));
    expect(propertiesOf(Template.fromStack(stack), 'AWS::IAM::Policy')).toMatchObject({
      Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [STATEMENT, { Action: 'secretsmanager:GetSecretValue' }] },
    });
  });

  test('of a Function is that Function', () => {
    const stack = newStack();
    const fn = newFunction(stack, 'Fn', { environment: { OWN: 'kept' } });
    new Idempotency(stack, 'Idempotency').attachCfn(fn.node.defaultChild as CfnFunction);
    fn.addEnvironment('LATER', 'kept too');
    expect(environmentOf(Template.fromStack(stack))).toMatchObject({ OWN: 'kept', LATER: 'kept too', IDEMPOTENCY_HANDLER: 'index.handler' });
  });

  test('with a timeout that is a token leaves the lease to the runtime', () => {
    const stack = newStack();
    const timeout = new CfnParameter(stack, 'Timeout', { type: 'Number' }).valueAsNumber;
    new Idempotency(stack, 'Idempotency').attachCfn(l1(stack, { timeout }));
    expect(settingsOf(Template.fromStack(stack)).defaults).toEqual({ namespace: 'Stack/Idempotency' });
  });

  test.each<[string, Partial<CfnFunctionProps>, string]>([
    ['runs on Python', { runtime: 'python3.13' }, 'cfnFunction Stack/Fn runs on python3.13, and only Node.js from nodejs20.x on can be redirected. Use such a runtime'],
    ['is a container image', { packageType: 'Image', runtime: undefined }, 'cfnFunction Stack/Fn is a container image, which takes no layers'],
    ['has no handler', { handler: undefined }, 'cfnFunction Stack/Fn has a handler that is not known at synth'],
    ['has its environment in a token', { environment: Token.asAny({ Variables: {} }) }, 'Stack/Fn: environment is a token, which nothing can be added to. Write its variables out'],
  ])('throws when the function %s', (_, props, message) => {
    const stack = newStack();
    expect(() => new Idempotency(stack, 'Idempotency').attachCfn(l1(stack, props))).toThrow(message);
  });

  test('throws when the function has as many layers as Lambda allows', () => {
    const stack = newStack();
    const layers = [1, 2, 3, 4, 5].map((n) => LayerVersion.fromLayerVersionArn(stack, `L${n}`, `arn:aws:lambda:eu-west-1:1:layer:l:${n}`).layerVersionArn);
    expect(() => new Idempotency(stack, 'Idempotency').attachCfn(l1(stack, { layers })))
      .toThrow('Stack/Fn: layers leave no room for the layer of cdk-idempotent-api (Lambda allows 5)');
  });

  test('throws when the resource is no function', () => {
    const stack = newStack();
    const topic: CfnResource = new CfnTopic(stack, 'Topic');
    expect(() => new Idempotency(stack, 'Idempotency').attachCfn(topic)).toThrow(
      'Stack/Idempotency: cfnFunction Stack/Topic is a AWS::SNS::Topic. Give an AWS::Lambda::Function or an AWS::Serverless::Function.',
    );
  });
});

describe('settings by route in attach', () => {
  test('hold for a route of an API that was not made here, over those of the function', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency', { required: true });
    idempotency.attach(newFunction(stack, 'Fn', { runtime: Runtime.NODEJS_22_X }), {
      minKeyLength: 16,
      routes: { 'POST /payments/{id}': { required: false }, 'ANY $default': { minKeyLength: 8 } },
    });
    expect(settingsOf(Template.fromStack(stack))).toEqual({
      defaults: { required: true, minKeyLength: 16, namespace: 'Stack/Idempotency', processingTimeoutSeconds: 30 },
      routes: { 'POST /payments/{id}': { required: false }, 'ANY $default': { minKeyLength: 8 } },
    });
    expect(Object.keys(idempotency.idempotencyPolicy().paths)).toEqual(['/payments/{id}', '/$default']);
  });

  test.each(['payments', 'post /payments', 'POST payments', 'FETCH /payments', 'POST /a /b', 'POST /payments?page=1', ''])('throws when a route is %j', (route) => {
    const stack = newStack();
    expect(() => new Idempotency(stack, 'Idempotency').attach(newFunction(stack), { routes: { [route]: {} } })).toThrow(
      `Stack/Idempotency: routes has ${JSON.stringify(route)}, which no gateway names a route by. Name it by method and template, as in "POST /payments/{id}"`,
    );
  });

  test.each(['GET /payments', 'HEAD /payments', 'OPTIONS /payments'])('F57: throws when a route has a method that no key means anything on: %s', (route) => {
    const stack = newStack();
    expect(() => new Idempotency(stack, 'Idempotency').attach(newFunction(stack), { routes: { [route]: { required: true } } }))
      .toThrow(`Stack/Idempotency: routes has "${route}", but a key means nothing on ${route.split(' ')[0]}. Leave it out`);
  });
});

test('a route whose name is not known at synth is none', () => {
  const stack = newStack();
  expect(() => new Idempotency(stack, 'Idempotency').attach(newFunction(stack), { routes: { [Fn.ref('Route')]: {} } })).toThrow('which no gateway names a route by');
});

test.each([['Resource'], ['Fn']])('F125: an L1 function of the id %s, in a construct of one’s own, is found at synth', (id) => {
  const stack = newStack();
  const attach = (scope: string): CfnFunction => {
    const fn = new CfnFunction(new Construct(stack, scope), id, {
      runtime: 'nodejs24.x', handler: 'index.handler', role: 'arn:aws:iam::111111111111:role/pay', code: { zipFile: 'exports.handler = async () => ({})' },
    });
    idempotency.attachCfn(fn);
    return fn;
  };
  const idempotency = new Idempotency(stack, 'Idempotency');
  attach('Pay');
  attach('Changed').addPropertyOverride('Handler', 'other.handler');
  const [warning, ...others] = Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('pass by the runtime'));
  expect(others).toEqual([]);
  expect(warning!.entry.data).toMatch(/again: every route of Stack\/Changed\/(Resource|Fn) \(the handler of Stack\/Changed\S* was changed to other\.handler after it was attached\)\. /);
});

test('F125: a function of another Stage is its own synthesis’s to look at', () => {
  const app = newApp();
  const shared = new Stack(new Stage(app, 'Tools'), 'Shared');
  const idempotency = new Idempotency(shared, 'Idempotency', { table: IdempotencyTable.fromTableName(shared, 'Table', 'keys'), namespace: 'shop' });
  const fn = newFunction(new Stack(new Stage(app, 'Prod'), 'Shop'));
  idempotency.attach(fn);
  expect(() => app.synth()).not.toThrow();
  expect(fn.stack.resolve((fn.node.defaultChild as CfnFunction).handler)).toBe(OURS);
});
