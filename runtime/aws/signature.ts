import type { Credentials } from './credentials';
import { hmac, hmacHex, hmacKey, sha256Hex, type HmacKey } from './digest';
import type { EpochMillis } from '../time';

/** What is signed. There is no query: none of the calls that are made has one. */
export interface SignableRequest {
  readonly method: string;
  /** With the port, where it is not the protocol's own. */
  readonly host: string;
  /** As it is sent, percent-encoded. */
  readonly path: string;
  /**
   * Further headers: names in lower case, values without white space at their
   * ends or twice in a row. None that a signature leaves out, such as `user-agent`.
   */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | Uint8Array;
}

export interface SigningScope {
  readonly region: string;
  /** As in `s3` and `dynamodb`. */
  readonly service: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Signature Version 4 of one shape: a header `Authorization` over host, date,
 * the body's hash and whatever headers the call has.
 *
 * Source: "Create a signed AWS API request", AWS Identity and Access Management.
 */
export class Signer {
  readonly #scope: SigningScope;
  #cached: { readonly day: string; readonly credentials: Credentials; readonly key: HmacKey; readonly scope: string } | undefined;

  public constructor(scope: SigningScope) {
    this.#scope = scope;
  }

  /** The headers to send, those of the request among them. */
  public sign(request: SignableRequest, credentials: Credentials, now: EpochMillis): Record<string, string> {
    const time = stamp(now);
    const day = time.slice(0, 8);
    const { key, scope } = this.#key(day, credentials);
    const bodyHash = sha256Hex(request.body);
    const { sessionToken } = credentials;
    const headers: (readonly [string, string])[] = [
      ...request.headers,
      ['host', request.host],
      ['x-amz-content-sha256', bodyHash],
      ['x-amz-date', time],
    ];
    if (sessionToken !== undefined) headers.push(['x-amz-security-token', sessionToken]);
    headers.sort(byName);

    const sent: Record<string, string> = {};
    let canonical = '';
    let names = '';
    for (const header of headers) {
      const name = header[0];
      const value = header[1];
      sent[name] = value;
      canonical += `${name}:${value}\n`;
      names += names === '' ? name : `;${name}`;
    }
    const path = this.#scope.service === 's3' ? request.path : encodedAgain(request.path);
    const canonicalRequest = `${request.method}\n${path}\n\n${canonical}\n${names}\n${bodyHash}`;
    const signature = hmacHex(key, `${ALGORITHM}\n${time}\n${scope}\n${sha256Hex(canonicalRequest)}`);
    sent.authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return sent;
  }

  #key(day: string, credentials: Credentials): { readonly key: HmacKey; readonly scope: string } {
    if (this.#cached?.day === day && this.#cached.credentials === credentials) return this.#cached;
    const { region, service } = this.#scope;
    const derived = [region, service, 'aws4_request'].reduce(
      (key, part) => hmac(hmacKey(key), part),
      hmac(hmacKey(`AWS4${credentials.secretAccessKey}`), day),
    );
    this.#cached = { day, credentials, key: hmacKey(derived), scope: `${day}/${region}/${service}/aws4_request` };
    return this.#cached;
  }
}

const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1);

/** `20261120T010203Z`. */
function stamp(time: EpochMillis): string {
  const iso = new Date(time).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** Every service but S3 signs the path encoded once more than it is sent. */
const encodedAgain = (path: string): string =>
  /^[\w./~-]*$/.test(path) ? path : encodeURIComponent(path).replaceAll('%2F', '/').replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
