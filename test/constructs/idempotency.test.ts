import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Alias, Code, Function as LambdaFunction, FunctionUrlAuthType, IFunction, Runtime, Version } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { environmentOf, newFunction, newStack, propertiesOf, settingsOf, statementsOf } from './support';
import { Idempotency, IdempotencyTable, TenantSource } from '../../lib';

describe('attach', () => {
  test('makes a function idempotent whatever calls it', () => {
    const stack = newStack();
    const fn = newFunction(stack, 'Fn', { handler: 'src/app.main', environment: { OWN: 'kept' } });
    fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    const idempotency = new Idempotency(stack, 'Idempotency', { required: true });
    idempotency.attach(fn, { minKeyLength: 20 });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: '/opt/cdk-idempotent-api/handler.handler' });
    expect(environmentOf(template)).toMatchObject({
      OWN: 'kept', IDEMPOTENCY_HANDLER: 'src/app.main', IDEMPOTENCY_TABLE_NAME: { Ref: expect.stringMatching(/^IdempotencyTable/) },
    });
    expect(settingsOf(template)).toEqual({
      defaults: { required: true, minKeyLength: 20, namespace: 'Stack/Idempotency', processingTimeoutSeconds: 30 },
    });
  });

  test('is harmless when repeated', () => {
    const stack = newStack();
    const fn = newFunction(stack);
    const idempotency = new Idempotency(stack, 'Idempotency');
    idempotency.attach(fn);
    const once = Template.fromStack(stack).toJSON();

    const again = newStack();
    const other = newFunction(again);
    const twice = new Idempotency(again, 'Idempotency');
    twice.attach(other);
    twice.attach(other, {});
    expect(Template.fromStack(again).toJSON()).toEqual(once);
  });

  test('throws when repeated with other settings', () => {
    const stack = newStack();
    const fn = newFunction(stack);
    const idempotency = new Idempotency(stack, 'Idempotency');
    idempotency.attach(fn);
    expect(() => idempotency.attach(fn, { required: true, ttl: Duration.hours(1) }))
      .toThrow('Stack/Idempotency: attach gives Stack/Fn other settings than before (required, ttlSeconds). Give the same settings');
  });

  test('is what the mixin does', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    const fn = newFunction(stack);
    expect(fn.with(idempotency)).toBe(fn);
    expect(environmentOf(Template.fromStack(stack)).IDEMPOTENCY_HANDLER).toBe('index.handler');
  });

  test('mixed into a whole stack, attaches the functions that can be, and names the others', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    newFunction(stack, 'Node');
    newFunction(stack, 'Python', { runtime: Runtime.PYTHON_3_13 });
    stack.with(idempotency);
    const template = Template.fromStack(stack);
    expect(environmentOf(template, 'Node').IDEMPOTENCY_HANDLER).toBe('index.handler');
    expect(propertiesOf(template, 'AWS::Lambda::Function', 'Python').Handler).toBe('index.handler');
    Annotations.fromStack(stack).hasWarning('/Stack/Idempotency', Match.stringLikeRegexp(
      'handler Stack/Python runs on python3.13, and only Node.js.*It is left as it is: its requests run unprotected.*cdk-idempotent-api:notAttached',
    ));
  });

  test('leaves constructs alone that are no functions, when mixed in', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    expect(idempotency.supports(newFunction(stack))).toBe(true);
    expect(idempotency.supports(stack)).toBe(false);
  });

  test('shares a table between constructs', () => {
    const stack = newStack();
    const table = IdempotencyTable.fromTableName(stack, 'Table', 'keys');
    new Idempotency(stack, 'One', { table }).attach(newFunction(stack, 'FnOne'));
    new Idempotency(stack, 'Two', { table }).attach(newFunction(stack, 'FnTwo'));
    const template = Template.fromStack(stack);
    expect(environmentOf(template, 'FnOne').IDEMPOTENCY_TABLE_NAME).toBe('keys');
    expect(settingsOf(template, 'FnOne').defaults.namespace).toBe('Stack/One');
    expect(settingsOf(template, 'FnTwo').defaults.namespace).toBe('Stack/Two');
  });

  test('adds one asset to a function that has one of its own', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').attach(newFunction(stack, 'Fn', { code: Code.fromAsset(`${__dirname}/fixtures/handler`) }));
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::LayerVersion', { Content: Match.objectLike({ S3Key: Match.anyValue() }) });
  });
});

describe('the processing timeout', () => {
  const leaseOf = (timeout?: Duration, processingTimeout?: Duration): number | undefined => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency', { processingTimeout }).attach(newFunction(stack, 'Fn', { timeout }));
    return settingsOf(Template.fromStack(stack)).defaults.processingTimeoutSeconds;
  };

  test('F19: defaults to 30 seconds, and never to less than the function may run', () => {
    expect(leaseOf()).toBe(30);
    expect(leaseOf(Duration.seconds(10))).toBe(30);
    expect(leaseOf(Duration.minutes(5))).toBe(300);
  });

  test('F19: may be as long as the function\'s timeout, or longer', () => {
    expect(leaseOf(Duration.seconds(10), Duration.seconds(10))).toBe(10);
    expect(leaseOf(undefined, Duration.seconds(3))).toBe(3);
  });

  test('F19: throws when it is shorter than the function\'s timeout', () => {
    expect(() => leaseOf(Duration.seconds(60), Duration.seconds(45))).toThrow(
      'Stack/Idempotency: processingTimeout is 45 seconds, shorter than the 60 seconds of Stack/Fn, so two executions could overlap. '
      + 'Give at least 60 seconds, leave it out, or shorten the function\'s timeout.',
    );
    expect(() => leaseOf(undefined, Duration.seconds(2))).toThrow('shorter than the 3 seconds of Stack/Fn');
  });

  test('F25: throws when a record would not outlive the lease that a long function gets', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency', { ttl: Duration.seconds(60) });
    expect(() => idempotency.attach(newFunction(stack, 'Fn', { timeout: Duration.seconds(60) })))
      .toThrow('Stack/Idempotency: ttl is 60 seconds, not longer than the processing timeout of 60 seconds. Give a longer ttl');
  });
});

describe('versions and aliases', () => {
  const versionId = (required: boolean, earlier: boolean): string => {
    const stack = newStack();
    const fn = newFunction(stack);
    const idempotency = new Idempotency(stack, 'Idempotency', { required });
    if (earlier) fn.currentVersion;
    idempotency.attach(fn);
    if (!earlier) fn.currentVersion;
    return Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Version'))[0]!;
  };

  test('a change of settings makes a new version', () => {
    expect(versionId(true, false)).not.toBe(versionId(false, false));
    expect(versionId(true, false)).toBe(versionId(true, false));
  });

  test('whether the version was asked for before or after attaching', () => {
    expect(versionId(true, true)).toBe(versionId(true, false));
    expect(versionId(true, true)).not.toBe(versionId(false, true));
  });

  test('an alias or a version stands for its function', () => {
    const stack = newStack();
    const fn = newFunction(stack);
    const idempotency = new Idempotency(stack, 'Idempotency');
    idempotency.attach(new Alias(stack, 'Live', { aliasName: 'live', version: fn.currentVersion }));
    idempotency.attach(fn.currentVersion);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: '/opt/cdk-idempotent-api/handler.handler' });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
  });
});

describe('F122: a version that is not published again', () => {
  const warningsOf = (handler: (fn: LambdaFunction, stack: Stack) => IFunction): unknown[] => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency').attach(handler(newFunction(stack), stack));
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => entry.data);
  };
  const warning = 'Stack/Idempotency: handler Stack/V1 is a version of Stack/Fn that is published once and never again: what calls it goes on running '
    + 'the code and the settings of that time, unprotected if it was before. Use fn.currentVersion, as fn.addAlias() does. '
    + '[ack: cdk-idempotent-api:versionNotCurrent]';

  test('warns, by itself and behind an alias', () => {
    expect(warningsOf((lambda, stack) => new Version(stack, 'V1', { lambda }))).toEqual([warning]);
    expect(warningsOf((lambda, stack) => new Alias(stack, 'Live', { aliasName: 'live', version: new Version(stack, 'V1', { lambda }) }))).toEqual([warning]);
  });

  test('does not of the current version, its aliases and $LATEST', () => {
    expect(warningsOf((fn) => fn.currentVersion)).toEqual([]);
    expect(warningsOf((fn) => fn.addAlias('live'))).toEqual([]);
    expect(warningsOf((fn) => fn.latestVersion)).toEqual([]);
  });
});

describe('functions that wrap in code', () => {
  test('get their environment from the construct', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency', { required: true, keySecret: new Secret(stack, 'Secret') });
    newFunction(stack, 'Fn', { environment: idempotency.environment({ ttl: Duration.hours(2), processingTimeout: Duration.minutes(1) }) });
    const template = Template.fromStack(stack);
    expect(Object.keys(environmentOf(template)).sort()).toEqual(['IDEMPOTENCY_KEY_SECRET', 'IDEMPOTENCY_SETTINGS', 'IDEMPOTENCY_TABLE_NAME']);
    expect(settingsOf(template)).toEqual({
      defaults: { required: true, ttlSeconds: 7200, processingTimeoutSeconds: 60, namespace: 'Stack/Idempotency' },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'index.handler', Layers: Match.absent() });
  });

  test('leave out what is not configured', () => {
    const stack = newStack();
    expect(Object.keys(new Idempotency(stack, 'Idempotency').environment())).toEqual(['IDEMPOTENCY_TABLE_NAME', 'IDEMPOTENCY_SETTINGS']);
  });

  test('throws when their ttl is not longer than their processing timeout', () => {
    const idempotency = new Idempotency(newStack(), 'Idempotency');
    expect(() => idempotency.environment({ ttl: Duration.seconds(30) }))
      .toThrow('Stack/Idempotency: ttl is 30 seconds, not longer than the processing timeout of 30 seconds');
  });

  test('F73: grantUse covers the table and the key secrets', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency', { keySecret: new Secret(stack, 'Secret') });
    const grant = idempotency.grantUse(newFunction(stack));
    expect(grant.success).toBe(true);
    expect(statementsOf(Template.fromStack(stack)).map((statement) => statement.Action)).toEqual([
      ['dynamodb:UpdateItem', 'dynamodb:GetItem'], 'secretsmanager:GetSecretValue',
    ]);
  });

  test('F73: grantUse takes a principal that is no construct', () => {
    const stack = newStack();
    const role = new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() });
    expect(new Idempotency(stack, 'Idempotency').grantUse({ grantPrincipal: role }).success).toBe(true);
    expect(statementsOf(Template.fromStack(stack), 'RoleDefaultPolicy')).toHaveLength(1);
  });

  const DECRYPT_BY_SECRETS_MANAGER = {
    Action: 'kms:Decrypt',
    Condition: { StringLike: { 'kms:ViaService': 'secretsmanager.*' } },
    Effect: 'Allow',
  };
  const IN_IRELAND = { env: { account: '111111111111', region: 'eu-west-1' } };

  test('F72: a key secret under a customer-managed key can be decrypted', () => {
    const stack = newStack('Stack', IN_IRELAND);
    const keySecret = new Secret(stack, 'Secret', { encryptionKey: new Key(stack, 'Key') });
    new Idempotency(stack, 'Idempotency', { keySecret }).grantUse(new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() }));
    expect(statementsOf(Template.fromStack(stack), 'RoleDefaultPolicy'))
      .toContainEqual({ ...DECRYPT_BY_SECRETS_MANAGER, Resource: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } });
  });

  test('F223: a key secret under an imported key can be decrypted, whose policy is not ours to change', () => {
    const stack = newStack('Stack', IN_IRELAND);
    const keyArn = 'arn:aws:kms:eu-west-1:111111111111:key/0b1c';
    const keySecret = Secret.fromSecretAttributes(stack, 'Secret', {
      secretCompleteArn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:keys-AbCdEf', encryptionKey: Key.fromKeyArn(stack, 'Key', keyArn),
    });
    new Idempotency(stack, 'Idempotency', { keySecret }).attach(newFunction(stack));
    expect(statementsOf(Template.fromStack(stack))).toContainEqual({ ...DECRYPT_BY_SECRETS_MANAGER, Resource: keyArn });
  });

  test('F223: the key of a secret allows a role of another account by its policy as well', () => {
    const stack = newStack('Stack', IN_IRELAND);
    const keySecret = new Secret(stack, 'Secret', { encryptionKey: new Key(stack, 'Key') });
    const foreign = 'arn:aws:iam::222222222222:role/pay';
    new Idempotency(stack, 'Idempotency', { keySecret }).grantUse(Role.fromRoleArn(stack, 'Role', foreign));
    expect(propertiesOf(Template.fromStack(stack), 'AWS::KMS::Key').KeyPolicy.Statement)
      .toContainEqual({ ...DECRYPT_BY_SECRETS_MANAGER, Principal: { AWS: foreign }, Resource: '*' });
  });

  test('F223: the key of a secret allows a principal that has no policies of its own', () => {
    const stack = newStack('Stack', IN_IRELAND);
    const keySecret = new Secret(stack, 'Secret', { encryptionKey: new Key(stack, 'Key') });
    new Idempotency(stack, 'Idempotency', { keySecret }).grantUse({ grantPrincipal: new AccountRootPrincipal() });
    expect(propertiesOf(Template.fromStack(stack), 'AWS::KMS::Key').KeyPolicy.Statement)
      .toContainEqual({ ...DECRYPT_BY_SECRETS_MANAGER, Principal: expect.anything(), Resource: '*' });
  });
});

describe('advice', () => {
  test('says once that bodies are not compared', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency');
    idempotency.attach(newFunction(stack, 'A'));
    idempotency.attach(newFunction(stack, 'B'));
    const infos = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('cdk-idempotent-api:requestHashOff'));
    expect(infos.map((info) => info.id)).toEqual(['/Stack/Idempotency']);
  });

  test('is silent where bodies are compared', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency', { includeRequestHash: true });
    expect(Annotations.fromStack(stack).findInfo('*', Match.anyValue())).toEqual([]);
  });

  test('F47: warns of a tenant that any client can name', () => {
    const stack = newStack();
    new Idempotency(stack, 'Idempotency', { tenant: TenantSource.all(TenantSource.untrustedHeader('X-Tenant'), TenantSource.apiKeyId()) });
    Annotations.fromStack(stack).hasWarning('/Stack/Idempotency', Match.stringLikeRegexp(
      'tenant comes from a request header, which any client can set.*cdk-idempotent-api:untrustedTenant',
    ));
  });

  test('warns of a ttl over seven days, given to one function only', () => {
    const stack = newStack();
    const idempotency = new Idempotency(stack, 'Idempotency', { ttl: Duration.days(7) });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    idempotency.attach(newFunction(stack), { ttl: Duration.days(7).plus(Duration.seconds(1)) });
    Annotations.fromStack(stack).hasWarning('/Stack/Idempotency', Match.stringLikeRegexp('longer than 7 days.*cdk-idempotent-api:longTtl'));
  });
});
