import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, SecretValue, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringListParameter, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { readAssembly } from '../../local/assembly';
import { startObjects } from '../../local/aws/objects';
import { planParameters, startParameters } from '../../local/aws/parameters';
import { planSecrets, startSecrets } from '../../local/aws/secrets';
import type { LocalService } from '../../local/aws/service';
import { Deployment } from '../../local/deployment';

let directory: string;
let service: LocalService;
beforeEach(() => { directory = mkdtempSync(path.join(tmpdir(), 'aws-')); });
afterEach(() => {
  service.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('secrets', () => {
  const planned = () => {
    const app = new App({ outdir: path.join(directory, 'cdk.out') });
    const stack = new Stack(app, 'Shop');
    new Secret(stack, 'Made');
    new Secret(stack, 'Given', { secretName: 'given', secretStringValue: SecretValue.unsafePlainText('open sesame') });
    new Secret(stack, 'Field', { generateSecretString: { secretStringTemplate: '{"user":"me"}', generateStringKey: 'password' } });
    return planSecrets(new Deployment(readAssembly(app.synth().directory).stacks));
  };
  const call = async (target: string, body: unknown) => {
    const response = await fetch(service.endpoint, { method: 'POST', headers: { 'x-amz-target': `secretsmanager.${target}` }, body: JSON.stringify(body) });
    const answer = (await response.json()) as Record<string, any>;
    return { ...answer, status: response.status } as Record<string, any>;
  };

  test('are handed out by ARN, by an ARN without its end, and by name', async () => {
    const [made, given] = planned();
    service = await startSecrets(() => [made!, given!]);
    expect((await call('GetSecretValue', { SecretId: made!.arn })).SecretString).toBe(made!.value);
    expect((await call('GetSecretValue', { SecretId: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:given' })).SecretString).toBe('open sesame');
    expect(await call('GetSecretValue', { SecretId: 'given' })).toMatchObject({ status: 200, ARN: given!.arn, Name: 'given' });
  });

  test('made up ones are the same at every start, and different from each other', async () => {
    const [made, , field] = planned();
    const [again] = planned();
    service = await startSecrets(() => []);
    expect(again!.value).toBe(made!.value);
    expect(made!.value.length).toBeGreaterThanOrEqual(32);
    expect(JSON.parse(field!.value)).toEqual({ user: 'me', password: expect.any(String) });
    expect(JSON.parse(field!.value).password).not.toBe(made!.value);
  });

  test.each([
    ['another secret', 'GetSecretValue', { SecretId: 'other' }, 'ResourceNotFoundException'],
    ['no secret', 'GetSecretValue', {}, 'ResourceNotFoundException'],
    ['another operation', 'PutSecretValue', { SecretId: 'given' }, 'InvalidRequestException'],
  ])('%s is refused', async (_, target, body, type) => {
    service = await startSecrets(planned);
    expect(await call(target, body)).toMatchObject({ status: 400, __type: type });
  });
});

describe('SSM parameters', () => {
  const start = async (given: ReadonlyMap<string, string> = new Map()) => {
    const app = new App({ outdir: path.join(directory, 'cdk.out') });
    const west = new Stack(app, 'West', { env: { account: '111111111111', region: 'eu-west-1' } });
    new StringParameter(west, 'Currency', { parameterName: '/shop/currency', stringValue: 'EUR' });
    new StringListParameter(west, 'Zones', { parameterName: '/shop/deep/zones', stringListValue: ['a', 'b'] });
    const east = new Stack(app, 'East', { env: { account: '111111111111', region: 'us-east-1' } });
    new StringParameter(east, 'Currency', { parameterName: '/shop/currency', stringValue: 'USD' });
    const parameters = planParameters(new Deployment(readAssembly(app.synth().directory).stacks), given);
    service = await startParameters(() => parameters);
  };
  const ask = async (operation: string, body: unknown, region = 'eu-west-1') => {
    const authorization = `AWS4-HMAC-SHA256 Credential=local/20261125/${region}/ssm/aws4_request, SignedHeaders=host, Signature=00`;
    const response = await fetch(service.endpoint, { method: 'POST', headers: { authorization, 'x-amz-target': `AmazonSSM.${operation}` }, body: JSON.stringify(body) });
    return { ...(await response.json() as Record<string, any>), status: response.status } as Record<string, any>;
  };

  test('that the template declares are served, each in its region', async () => {
    await start();
    expect(await ask('GetParameter', { Name: '/shop/currency' })).toEqual({
      status: 200,
      Parameter: {
        Name: '/shop/currency', Type: 'String', Value: 'EUR', Version: 1, DataType: 'text', ARN: 'arn:aws:ssm:eu-west-1:111111111111:parameter/shop/currency',
      },
    });
    expect((await ask('GetParameter', { Name: '/shop/currency:1' }, 'us-east-1')).Parameter.Value).toBe('USD');
    expect((await ask('GetParameter', { Name: 'arn:aws:ssm:eu-west-1:111111111111:parameter/shop/currency' })).Parameter.Value).toBe('EUR');
  });

  test('are served several at once, and by path', async () => {
    await start(new Map([['/account/key', 'k']]));
    expect(await ask('GetParameters', { Names: ['/shop/currency', '/account/key', '/none'] })).toMatchObject({
      Parameters: [{ Value: 'EUR' }, { Value: 'k' }], InvalidParameters: ['/none'],
    });
    expect((await ask('GetParametersByPath', { Path: '/shop' })).Parameters.map(({ Name }: { Name: string }) => Name)).toEqual(['/shop/currency']);
    expect((await ask('GetParametersByPath', { Path: '/shop/', Recursive: true })).Parameters).toMatchObject([{ Value: 'EUR' }, { Type: 'StringList', Value: 'a,b' }]);
  });

  test('given ones count more than declared ones', async () => {
    await start(new Map([['/shop/currency', 'CHF']]));
    expect((await ask('GetParameter', { Name: '/shop/currency' })).Parameter.Value).toBe('CHF');
  });

  test.each([
    ['another name', 'GetParameter', { Name: '/none' }, 'ParameterNotFound'],
    ['another operation', 'PutParameter', { Name: '/none' }, 'ValidationException'],
  ])('%s is refused', async (_, operation, body, type) => {
    await start();
    expect(await ask(operation, body)).toMatchObject({ status: 400, __type: type });
  });
});

describe('objects', () => {
  const object = (key: string) => `${service.endpoint}/responses/${key}`;
  beforeEach(async () => { service = await startObjects(() => ['responses'], path.join(directory, 'objects')); });

  test('are put, read and deleted as bytes', async () => {
    const body = Buffer.from([0, 255, 10, 13]);
    expect((await fetch(object('a/b%20c'), { method: 'PUT', body })).status).toBe(200);
    expect(Buffer.from(await (await fetch(object('a/b%20c'))).arrayBuffer())).toEqual(body);
    expect((await fetch(object('a/b%20c'), { method: 'HEAD' })).headers.get('content-length')).toBe('4');
    expect((await fetch(object('a/b%20c'), { method: 'DELETE' })).status).toBe(204);
    const gone = await fetch(object('a/b%20c'));
    expect([gone.status, await gone.text()]).toEqual([404, expect.stringContaining('<Code>NoSuchKey</Code>')]);
  });

  test('are found again by another start, and nothing unfinished beside them', async () => {
    await fetch(object('kept'), { method: 'PUT', body: 'one' });
    await fetch(object('kept'), { method: 'PUT', body: 'two' });
    service.stop();
    service = await startObjects(() => ['responses'], path.join(directory, 'objects'));
    expect(await (await fetch(object('kept'))).text()).toBe('two');
    expect(readdirSync(path.join(directory, 'objects', 'responses'))).toHaveLength(1);
  });

  test('a key cannot leave its bucket', async () => {
    await fetch(`${service.endpoint}/responses/..%2f..%2foutside`, { method: 'PUT', body: 'x' });
    expect(readdirSync(directory)).toEqual(['objects']);
    expect(readdirSync(path.join(directory, 'objects'))).toEqual(['responses']);
  });

  test.each([
    ['another bucket', '/others/a', {}, 404, 'NoSuchBucket'],
    ['the bucket itself', '/responses', {}, 404, 'NoSuchBucket'],
    ['a body signed in chunks', '/responses/a', { method: 'PUT', body: 'x', headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' } }, 501, 'NotImplemented'],
    ['another method', '/responses/a', { method: 'POST', body: 'x' }, 501, 'NotImplemented'],
  ])('%s is refused', async (_, url, init, status, code) => {
    const response = await fetch(service.endpoint + url, init);
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(`<Code>${code}</Code>`)]);
  });
});
