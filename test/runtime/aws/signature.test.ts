import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { Signer } from '../../../runtime/aws/signature';
import { epochMillis } from '../../../runtime/time';

/** SHA-256 as the SDK's signer wants it. */
class Sha256 {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Uint8Array };

  public constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }

  public update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  public async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  public reset(): void {}
}

const word = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const headerName = fc.stringMatching(/^x-amz-[a-z]{1,12}$/).filter((name) => !['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'].includes(name));
const headerValue = fc.stringMatching(/^[!-~]{1,30}( [!-~]{1,10}){0,2}$/);
/** As it goes over the wire: each part percent-encoded, and none that a server would resolve away. */
const path = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((part) => part !== '.' && part !== '..' && isWellFormed(part)), { maxLength: 4 })
  .map((parts) => `/${parts.map(encodeURIComponent).join('/')}`);
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const REQUESTS = 10_000;

test(`the signature of ${REQUESTS} requests is the one that the SDK's own signer makes`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        service: fc.constantFrom('dynamodb', 'lambda', 'secretsmanager', 's3'),
        region: word,
        method: fc.constantFrom('GET', 'PUT', 'POST'),
        host: fc.stringMatching(/^[a-z0-9.-]{1,30}(:\d{1,5})?$/),
        path,
        headers: fc.uniqueArray(fc.tuple(headerName, headerValue), { selector: ([name]) => name, maxLength: 4 }),
        body: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }).filter(isWellFormed), fc.uint8Array({ maxLength: 200 })),
        accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,24}$/),
        secretAccessKey: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 90 }),
        sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9/+=]{1,300}$/), { nil: undefined }),
        now: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
      }),
      async ({ service, region, method, host, path: at, headers, body, accessKeyId, secretAccessKey, sessionToken, now }) => {
        const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
        const mine = new Signer({ service, region }).sign({ method, host, path: at, headers, body }, credentials, epochMillis(now));
        const reference = new SignatureV4({ service, region, credentials, sha256: Sha256, uriEscapePath: service !== 's3' });
        const theirs = await reference.sign(
          { method, protocol: 'https:', hostname: host, path: at, query: {}, headers: { ...Object.fromEntries(headers), host }, body },
          { signingDate: new Date(now) },
        );
        expect(mine).toEqual(theirs.headers);
      },
    ),
    { numRuns: REQUESTS },
  );
});

test('the signing key is made anew when the day or the credentials change', () => {
  const signer = new Signer({ service: 'dynamodb', region: 'eu-west-1' });
  const request = { method: 'POST', host: 'h', path: '/', headers: [], body: '' };
  const day = Date.UTC(2026, 0, 1);
  const [first, second] = ['one', 'two'].map((secretAccessKey) => ({ accessKeyId: 'id', secretAccessKey }));
  const signatures = [
    signer.sign(request, first!, epochMillis(day)),
    signer.sign(request, second!, epochMillis(day)),
    signer.sign(request, first!, epochMillis(day + 86_400_000)),
    signer.sign(request, first!, epochMillis(day)),
  ].map(({ authorization }) => authorization);
  expect(new Set(signatures).size).toBe(3);
  expect(signatures[3]).toBe(signatures[0]);
});
