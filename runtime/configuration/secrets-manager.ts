import { credentialsFrom } from '../aws/credentials';
import { endpointOf } from '../aws/endpoint';
import { SignedRequests, refusal, type RequestLimits } from '../aws/signed-requests';
import { IdempotencyConfigurationError } from '../errors';

/** The secret that keys the record ids could not be fetched, or holds nothing. */
export class KeySecretError extends Error {
  public readonly code = 'IDEMPOTENCY_KEY_SECRET_UNAVAILABLE';

  public constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'KeySecretError';
  }
}

/** A request waits for it before anything else happens. */
const LIMITS: RequestLimits = { perTry: 1_000, inTotal: 2_500, tries: 3 };

/** More than the 64 KB that a secret may have, written as JSON. */
const MAX_BYTES = 512 * 1024;

/**
 * `arn:aws:secretsmanager:<region>:<account>:secret:<name>`, and `:::<version id>`
 * after it as container definitions write it: without one, the version is
 * the current one at the time that each sandbox asks.
 */
const REFERENCE = /^(arn:[^:]+:secretsmanager:([^:]+):[^:]*:secret:[^:]+)(?::::([^:]+))?$/;

/**
 * What fetches the value of a secret in Secrets Manager, by GetSecretValue: once
 * for the life of a sandbox, and again only after it failed. Nothing is
 * connected before the first request that needs it.
 *
 * @param option named in the error about a malformed `reference`
 * @throws IdempotencyConfigurationError where `reference` is no ARN of a secret
 */
export function secretFrom(
  reference: string,
  option: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
  limits: RequestLimits = LIMITS,
): () => Promise<string> {
  const match = REFERENCE.exec(reference);
  if (match === null) {
    throw new IdempotencyConfigurationError(option, `${option} must be the ARN of a secret, got ${JSON.stringify(reference.slice(0, 100))}.`);
  }
  const [, secretId, region, versionId] = match as unknown as [string, string, string, string?];
  const endpoint = lazily(() => endpointOf('secretsmanager', region, env).url);
  const requests = lazily(() => new SignedRequests({ service: 'secretsmanager', region, endpoint: endpoint(), credentials: credentialsFrom(env, region), limits }));
  const fetchValue = async (): Promise<string> => {
    try {
      const answer = await requests().send({
        method: 'POST',
        path: endpoint().pathname,
        headers: [['content-type', 'application/x-amz-json-1.1'], ['x-amz-target', 'secretsmanager.GetSecretValue']],
        body: JSON.stringify({ SecretId: secretId, ...(versionId === undefined ? {} : { VersionId: versionId }) }),
        maxBytes: MAX_BYTES,
      });
      if (!answer.ok) throw refusal(answer, 'secretsmanager:GetSecretValue');
      return valueIn(answer.body);
    } catch (cause) {
      if (cause instanceof KeySecretError) throw cause;
      throw new KeySecretError(`The key secret ${secretId} could not be fetched: look at its policy and its version.`, { cause });
    }
  };
  let fetched: Promise<string> | undefined;
  return () => {
    fetched ??= fetchValue().catch((error: unknown) => {
      fetched = undefined;
      throw error;
    });
    return fetched;
  };
}

/** The text of the secret; a binary one as the base64 that it comes in. */
function valueIn(answer: Uint8Array): string {
  const { SecretString, SecretBinary } = parse(answer);
  const value = SecretString ?? SecretBinary;
  if (typeof value !== 'string' || value === '') throw new KeySecretError('The key secret holds nothing: give it a value.');
  return value;
}

function parse(answer: Uint8Array): { readonly SecretString?: unknown; readonly SecretBinary?: unknown } {
  try {
    return JSON.parse(Buffer.from(answer).toString('utf8')) as object;
  } catch {
    // The parser's error quotes what it was given, which may be the secret.
    throw new KeySecretError('The answer of Secrets Manager is not JSON.');
  }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
