import { createHash, randomBytes } from 'node:crypto';
import { endpointOf } from '../../../../runtime/aws/endpoint';
import { MAX_BODY_BYTES } from '../../../../runtime/response/codec';
import { OverflowStoreError, S3OverflowStore, objectUrl } from '../../../../runtime/stores/overflow/s3-overflow-store';
import { CREDENTIALS, expectedSignature, signatureOf, startService, type TestService } from '../../../support/aws-service';
import { startS3, type TestS3 } from '../../../support/s3';

const before = { ...process.env };
beforeAll(() => Object.assign(process.env, CREDENTIALS));
afterAll(() => {
  process.env = before;
});

const PATIENT = { perTry: 20_000, inTotal: 40_000, tries: 3 };
/** For a service that never answers. */
const HASTY = { perTry: 500, inTotal: 40_000, tries: 3 };
const failure = (promise: Promise<unknown>): Promise<OverflowStoreError> =>
  promise.then(() => { throw new Error('it did not fail'); }, (error: OverflowStoreError) => error);

describe('F35: in a bucket', () => {
  let s3: TestS3;
  let store: S3OverflowStore;
  beforeAll(async () => {
    s3 = await startS3();
    await s3.createBucket('large-responses');
    store = new S3OverflowStore({ bucketName: 'large-responses' }, { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: s3.endpoint });
  });
  afterAll(() => s3.stop());

  test.each([0, 1, 400_000, 6_000_000])('F35: %i bytes come back as they were, from below the prefix', async (size) => {
    const body = randomBytes(size);
    await store.put(`id/${size}`, body);
    expect(Buffer.compare(await store.get(`id/${size}`), body)).toBe(0);
    expect((await s3.object('large-responses', `idempotency/id/${size}`))?.length).toBe(size);
  });

  test('an object that is gone is an error of its own', async () => {
    expect(await failure(store.get('id/never'))).toMatchObject({ name: 'OverflowStoreError', code: 'IDEMPOTENCY_OVERFLOW_MISSING' });
  });

  test('a bucket that is not there is an error, and keeps the cause', async () => {
    const other = new S3OverflowStore({ bucketName: 'nowhere' }, { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: s3.endpoint });
    const error = await failure(other.put('id/1', Buffer.from('x')));
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_OVERFLOW_UNAVAILABLE', cause: { code: 'NoSuchBucket', status: 404 } });
  });
});

describe('on the wire', () => {
  let service: TestService;
  let store: S3OverflowStore;
  beforeEach(async () => {
    service = await startService();
    store = new S3OverflowStore({ bucketName: 'bucket' }, { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: service.endpoint }, PATIENT);
  });
  afterEach(() => service.stop());

  test('requests bear the signature that AWS computes, the session token and the body’s checksum', async () => {
    await store.put('id/a_b-c', Buffer.from('body'));
    await store.get('id/1');
    expect(service.received.map(({ method, path }) => `${method} ${path}`)).toEqual(['PUT /bucket/idempotency/id/a_b-c', 'GET /bucket/idempotency/id/1']);
    for (const request of service.received) {
      expect(signatureOf(request)).toBe(expectedSignature(request));
      expect(request.headers).toMatchObject({ 'x-amz-security-token': 'session', 'authorization': expect.stringContaining('/eu-west-1/s3/aws4_request') });
    }
    const [put] = service.received;
    expect(put!.headers).toMatchObject({
      'content-length': '4',
      'x-amz-content-sha256': createHash('sha256').update('body').digest('hex'),
      'x-amz-checksum-sha256': createHash('sha256').update('body').digest('base64'),
    });
  });

  test.each([500, 503, 429, 'cut' as const])('F9: what may pass (%s) is sent again', async (first) => {
    service.reply = (number) => (number < 3 ? (first === 'cut' ? first : { status: first, body: '<Error><Code>SlowDown</Code></Error>' }) : { status: 200, body: 'stored' });
    expect(Buffer.from(await store.get('id/1')).toString()).toBe('stored');
    expect(service.received).toHaveLength(3);
  });

  test('a refusal is final', async () => {
    service.reply = () => ({ status: 403, body: '<Error><Code>AccessDenied</Code><Message>secret detail</Message></Error>' });
    const error = await failure(store.put('id/1', Buffer.from('x')));
    expect(error).toMatchObject({ code: 'IDEMPOTENCY_OVERFLOW_UNAVAILABLE', cause: { code: 'AccessDenied', status: 403 } });
    expect(JSON.stringify([error.message, (error.cause as Error).message])).not.toContain('secret detail');
    expect(service.received).toHaveLength(1);
  });

  test('F31: a server that never answers is given up after the last try', async () => {
    service.reply = () => 'hang';
    const hasty = new S3OverflowStore({ bucketName: 'bucket' }, { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: service.endpoint }, HASTY);
    expect(await failure(hasty.get('id/1'))).toMatchObject({ code: 'IDEMPOTENCY_OVERFLOW_UNAVAILABLE' });
    expect(service.received).toHaveLength(3);
  });

  test('F31: and the tries together are bounded as well', async () => {
    service.reply = () => 'hang';
    const hasty = new S3OverflowStore({ bucketName: 'bucket' }, { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: service.endpoint }, { perTry: 200, inTotal: 200, tries: 50 });
    expect(await failure(hasty.get('id/1'))).toMatchObject({ code: 'IDEMPOTENCY_OVERFLOW_UNAVAILABLE' });
    expect(service.received.length).toBeLessThan(3);
  });

  test.each(['../other', 'id/../../other', 'id/./x', '', '/id', 'id//x', 'id/x?acl', 'id/x#', 'id/%2e%2e', 'id\\x', 'id/x\r\n'])(
    'F66: a pointer that somebody tampered with (%j) reaches nothing',
    async (key) => {
      expect(await failure(store.get(key))).toMatchObject({ code: 'IDEMPOTENCY_OVERFLOW_KEY' });
      expect(service.received).toHaveLength(0);
    },
  );

  test('once nobody waits any more there is no further try', async () => {
    const stop = new AbortController();
    service.reply = () => {
      stop.abort();
      return { status: 503 };
    };
    await failure(store.get('id/1', { signal: stop.signal }));
    expect(service.received).toHaveLength(1);
  });

  test('F66: no more is read than a response may have', async () => {
    service.reply = () => ({ status: 200, body: Buffer.alloc(MAX_BODY_BYTES + 1) });
    const patient = new S3OverflowStore({ bucketName: 'bucket' }, { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: service.endpoint });
    expect(await failure(patient.get('id/1'))).toMatchObject({ code: 'IDEMPOTENCY_OVERFLOW_TOO_LARGE' });
    expect(service.received).toHaveLength(1);
  });
});

describe('where an object is', () => {
  test.each<[string, string, Record<string, string>, string, string]>([
    ['by the host name of its bucket', 'us-east-1', {}, 'bucket', 'https://bucket.s3.us-east-1.amazonaws.com/idempotency/id/1'],
    ['in another partition', 'cn-north-1', {}, 'bucket', 'https://bucket.s3.cn-north-1.amazonaws.com.cn/idempotency/id/1'],
    ['behind a FIPS endpoint', 'us-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'bucket', 'https://bucket.s3-fips.us-east-1.amazonaws.com/idempotency/id/1'],
    ['by path where the certificate would not fit', 'us-east-1', {}, 'a.bucket', 'https://s3.us-east-1.amazonaws.com/a.bucket/idempotency/id/1'],
    ['by path at an endpoint of one’s own', 'us-east-1', { AWS_ENDPOINT_URL: 'http://localhost:9000/s3/' }, 'bucket', 'http://localhost:9000/s3/bucket/idempotency/id/1'],
    ['at AWS where endpoints are to be ignored', 'us-east-1', { AWS_ENDPOINT_URL: 'http://localhost:9000', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, 'bucket', 'https://bucket.s3.us-east-1.amazonaws.com/idempotency/id/1'],
  ])('%s', (_, region, env, bucket, expected) => {
    expect(objectUrl(endpointOf('s3', region, env), bucket, 'idempotency/id/1').href).toBe(expected);
  });

});

test.each<[string, unknown, Record<string, string>, RegExp]>([
  ['no bucket', '', { AWS_REGION: 'us-east-1' }, /bucketName must be the name of an S3 bucket, got ""/],
  ['a bucket that is a host', 'evil.example/', { AWS_REGION: 'us-east-1' }, /bucketName must be/],
  ['no region', 'bucket', {}, /give region, or set AWS_REGION/],
])('throws when given %s', (_, bucketName, env, message) => {
  expect(() => new S3OverflowStore({ bucketName: bucketName as string }, env)).toThrow(message);
});
