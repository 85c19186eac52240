import { KeySecretError, secretFrom } from '../../../runtime/configuration/secrets-manager';
import { IdempotencyConfigurationError } from '../../../runtime/errors';
import { CREDENTIALS, expectedSignature, signatureOf, startService, type TestService } from '../../support/aws-service';

const ARN = 'arn:aws:secretsmanager:eu-north-1:123456789012:secret:pepper-AbCdEf';
const PATIENT = { perTry: 20_000, inTotal: 40_000, tries: 3 };
/** For a service that never answers. */
const HASTY = { perTry: 500, inTotal: 40_000, tries: 3 };

const before = { ...process.env };
let service: TestService;
beforeAll(() => Object.assign(process.env, CREDENTIALS));
afterAll(() => {
  process.env = before;
});
beforeEach(async () => {
  service = await startService();
  service.reply = () => ({ status: 200, body: JSON.stringify({ ARN, SecretString: 'pepper' }) });
});
afterEach(() => service.stop());

const secret = (reference = ARN, patience = PATIENT): (() => Promise<string>) =>
  secretFrom(reference, 'KEY_SECRET', { AWS_ENDPOINT_URL_SECRETS_MANAGER: service.endpoint }, patience);
const failure = (promise: Promise<unknown>): Promise<Error & { code?: string }> =>
  promise.then(() => { throw new Error('it did not fail'); }, (error: Error) => error);

test('F51: a secret is fetched once, however many ask at once and afterwards', async () => {
  const pepper = secret();
  expect(await Promise.all(Array.from({ length: 20 }, pepper))).toEqual(Array(20).fill('pepper'));
  expect(await pepper()).toBe('pepper');
  expect(service.received).toHaveLength(1);
});

test('nothing is asked before somebody needs it', () => {
  secret();
  expect(service.received).toHaveLength(0);
});

test('the request is GetSecretValue, signed for the region of the secret', async () => {
  await secret()();
  const [request] = service.received;
  expect(request).toMatchObject({ method: 'POST', path: '/' });
  expect(request!.headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.GetSecretValue',
    'authorization': expect.stringContaining('/eu-north-1/secretsmanager/aws4_request'),
  });
  expect(JSON.parse(request!.body.toString())).toEqual({ SecretId: ARN });
  expect(signatureOf(request!)).toBe(expectedSignature(request!));
});

test('F78: a version that is named is the one that is fetched, whatever has become current since', async () => {
  await secret(`${ARN}:::a1b2c3d4-5678-90ab-cdef-EXAMPLE11111`)();
  expect(JSON.parse(service.received[0]!.body.toString())).toEqual({ SecretId: ARN, VersionId: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE11111' });
});

test('a binary secret is the base64 that it comes in', async () => {
  service.reply = () => ({ status: 200, body: JSON.stringify({ SecretBinary: 'cGVwcGVy' }) });
  expect(await secret()()).toBe('cGVwcGVy');
});

test('a failure is told to all who wait, and the next one asks again', async () => {
  const pepper = secret();
  service.reply = () => ({ status: 400, body: JSON.stringify({ __type: 'com.amazonaws#AccessDeniedException', Message: 'User: arn' }) });
  const failures = await Promise.all([failure(pepper()), failure(pepper())]);
  expect(failures[0]).toBeInstanceOf(KeySecretError);
  expect(failures[1]).toBe(failures[0]);
  expect(failures[0]).toMatchObject({ code: 'IDEMPOTENCY_KEY_SECRET_UNAVAILABLE', cause: { code: 'AccessDeniedException', status: 400 } });
  expect(service.received).toHaveLength(1);
  service.reply = () => ({ status: 200, body: JSON.stringify({ SecretString: 'pepper' }) });
  expect(await pepper()).toBe('pepper');
});

test.each<[string, (number: number) => { status: number; body: string }]>([
  ['throttling', () => ({ status: 400, body: '{"__type":"ThrottlingException"}' })],
  ['a failure of the service', () => ({ status: 500, body: '{"__type":"InternalServiceError"}' })],
])('%s is tried again', async (_, first) => {
  service.reply = (number) => (number === 1 ? first(number) : { status: 200, body: JSON.stringify({ SecretString: 'pepper' }) });
  expect(await secret()()).toBe('pepper');
  expect(service.received).toHaveLength(2);
});

test('F31: a service that never answers is given up', async () => {
  service.reply = () => 'hang';
  expect(await failure(secret(ARN, HASTY)())).toBeInstanceOf(KeySecretError);
  expect(service.received).toHaveLength(3);
});

test.each([
  ['an empty one', JSON.stringify({ SecretString: '' })],
  ['none', '{}'],
  ['something else', '["hunter2"]'],
  ['no JSON, which is not repeated', 'hunter2 is no JSON'],
  ['more than a secret can be', JSON.stringify({ SecretString: 'hunter2'.repeat(100_000) })],
])('an answer with %s is a failure', async (_, body) => {
  service.reply = () => ({ status: 200, body });
  const error = await failure(secret()());
  expect(error).toBeInstanceOf(KeySecretError);
  expect(`${error.message} ${String((error.cause as Error | undefined)?.message)}`).not.toContain('hunter2');
});

test.each(['pepper', 'arn:aws:s3:::bucket', `${ARN}:AWSCURRENT`, `${ARN}:::`, ''])('%j is no reference to a secret', (reference) => {
  expect(() => secretFrom(reference, 'KEY_SECRET')).toThrow(IdempotencyConfigurationError);
  expect(() => secretFrom(reference, 'KEY_SECRET')).toThrow(/KEY_SECRET must be the ARN of a secret/);
});
