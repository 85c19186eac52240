import type { OverflowStore } from './overflow-store';
import { OVERFLOW_PREFIX } from '../../../lib/contract';
import { ANSWER_TOO_LARGE, AwsRequestError } from '../../aws/aws-error';
import { credentialsFrom } from '../../aws/credentials';
import { sha256 } from '../../aws/digest';
import { endpointOf, type Endpoint } from '../../aws/endpoint';
import { SignedRequests, refusal, type RequestLimits } from '../../aws/signed-requests';
import { MAX_BODY_BYTES } from '../../response/codec';
import type { CallOptions } from '../store';

export interface S3OverflowStoreOptions {
  /** Name of the bucket. Objects lie below `idempotency/` in it; nothing ever deletes them but the bucket's own lifecycle. */
  readonly bucketName: string;
  /**
   * Region of the bucket.
   *
   * @default - the function's own
   */
  readonly region?: string;
}

/** The overflow bucket did not do what was asked of it. */
export class OverflowStoreError extends Error {
  public constructor(
    public readonly code:
    | 'IDEMPOTENCY_CONFIGURATION'
    | 'IDEMPOTENCY_OVERFLOW_UNAVAILABLE'
    | 'IDEMPOTENCY_OVERFLOW_KEY'
    /** S3 says so only to who may list the bucket; others see it as forbidden. */
    | 'IDEMPOTENCY_OVERFLOW_MISSING'
    | 'IDEMPOTENCY_OVERFLOW_TOO_LARGE',
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'OverflowStoreError';
  }
}

/** A response has 10 s to be recorded in all, and half of it for this. */
const LIMITS: RequestLimits = { perTry: 2_500, inTotal: 5_000, tries: 3 };

/**
 * Bodies over the item limit in S3: PutObject and GetObject below one prefix,
 * and nothing else. Nothing is connected or constructed before the first body.
 */
export class S3OverflowStore implements OverflowStore {
  readonly #region: string;
  readonly #bucket: string;
  #requests: SignedRequests | undefined;

  /** @throws OverflowStoreError where the bucket is not named or the region is not known */
  public constructor(
    options: S3OverflowStoreOptions,
    private readonly env: Readonly<Record<string, string | undefined>> = process.env,
    private readonly limits: RequestLimits = LIMITS,
  ) {
    const { bucketName, region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION } = options;
    if (typeof bucketName !== 'string' || !/^[a-z0-9][a-z0-9.-]+$/.test(bucketName)) {
      throw new OverflowStoreError('IDEMPOTENCY_CONFIGURATION', `bucketName must be the name of an S3 bucket, got ${JSON.stringify(bucketName)}.`);
    }
    if (!region) {
      throw new OverflowStoreError('IDEMPOTENCY_CONFIGURATION', 'The region of the overflow bucket is not known: give region, or set AWS_REGION.');
    }
    this.#bucket = bucketName;
    this.#region = region;
  }

  public async put(key: string, body: Uint8Array, options?: CallOptions): Promise<void> {
    const headers = [['content-type', 'application/octet-stream'], ['x-amz-checksum-sha256', sha256(body).toString('base64')]] as const;
    await this.#send('PUT', key, { headers, body, maxBytes: ERROR_BYTES }, options);
  }

  public get(key: string, options?: CallOptions): Promise<Uint8Array> {
    return this.#send('GET', key, { maxBytes: MAX_BODY_BYTES }, options);
  }

  async #send(
    method: 'GET' | 'PUT',
    key: string,
    request: { readonly headers?: readonly (readonly [string, string])[]; readonly body?: Uint8Array; readonly maxBytes: number },
    options?: CallOptions,
  ): Promise<Uint8Array> {
    if (!KEY.test(key)) throw new OverflowStoreError('IDEMPOTENCY_OVERFLOW_KEY', 'The name of the object is none that this store gives.');
    const url = objectUrl(endpointOf('s3', this.#region, this.env), this.#bucket, OVERFLOW_PREFIX + key);
    this.#requests ??= new SignedRequests({
      service: 's3', region: this.#region, endpoint: url, credentials: credentialsFrom(this.env, this.#region), limits: this.limits,
    });
    try {
      const answer = await this.#requests.send({ method, path: url.pathname, ...request }, options);
      if (answer.ok) return answer.body;
      throw refusal(answer, `s3 (${method} ${url.host})`);
    } catch (cause) {
      throw overflowError(method, cause);
    }
  }
}

/** By the bucket's host name; by path where a certificate or an endpoint of one's own has no such names. */
export function objectUrl({ url, custom }: Endpoint, bucket: string, key: string): URL {
  const byPath = custom || bucket.includes('.');
  const host = byPath ? url.host : `${bucket}.${url.host}`;
  return new URL(`${url.protocol}//${host}${url.pathname.replace(/\/$/, '')}/${byPath ? `${bucket}/` : ''}${key}`);
}

/** As the names of objects are made. On a replay they come from the record, which somebody may have tampered with. */
const KEY = /^[\w-]+(\/[\w-]+)*$/;

/** An answer without a body, or with an error's. */
const ERROR_BYTES = 64 * 1024;

function overflowError(method: 'GET' | 'PUT', cause: unknown): OverflowStoreError {
  const { status, code } = cause instanceof AwsRequestError ? cause : { status: undefined, code: undefined };
  if (method === 'GET' && status === 404) {
    return new OverflowStoreError('IDEMPOTENCY_OVERFLOW_MISSING', 'The response is not in the overflow bucket any more: let its objects outlive the TTL.', { cause });
  }
  if (code === ANSWER_TOO_LARGE) {
    return new OverflowStoreError('IDEMPOTENCY_OVERFLOW_TOO_LARGE', 'What lies in the overflow bucket is larger than a response may be.', { cause });
  }
  return new OverflowStoreError('IDEMPOTENCY_OVERFLOW_UNAVAILABLE', 'The overflow bucket could not be used: look at its policy and its region.', { cause });
}
