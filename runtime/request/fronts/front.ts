/**
 * A front is the kind of event a function is called with. One file each; past
 * this interface nothing sees an event's shape again.
 */

export type FrontKind = 'http-api' | 'rest-api' | 'function-url' | 'alb';

/** Who calls, as the authorizer in front of the function established it. */
export interface Identity {
  /** An authorizer ran, whether or not it left anything usable. */
  readonly authenticated: boolean;
  /** Claims of a verified JWT (HTTP API JWT authorizer, Cognito user pool authorizer). */
  readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> };
  /** A Lambda authorizer's own fields, its `principalId` among them where there is one. */
  readonly lambda?: { readonly principalId?: string; readonly context: Readonly<Record<string, unknown>> };
  /** An IAM-signed caller. */
  readonly iam?: {
    readonly accountId?: string;
    readonly userArn?: string;
    readonly userId?: string;
    /** Of a Cognito identity pool, whose users all sign with one role. */
    readonly cognitoIdentityId?: string;
  };
  /** The id (never the value) of the API key that a usage plan matched. */
  readonly apiKeyId?: string;
}

/** A request as every later step sees it. */
export interface HttpRequest {
  readonly front: FrontKind;
  /** In upper case. */
  readonly method: string;
  /** As the handler sees it: stage and base-path mapping removed. */
  readonly path: string;
  /** The raw query string without `?`, order kept; `''` where there is none. */
  readonly query: string;
  /** The route template (`/payments/{id}`), `$default`, or the path where the front has no routes. */
  readonly route: string;
  /** Header names in lower case, each with its values in the order received. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The decoded body; empty where there is none. */
  readonly body: Uint8Array;
  readonly identity: Identity;
}

/** A response as the gateway would send it, whatever shape the handler returned. */
export interface HttpResponse {
  readonly statusCode: number;
  /** Pairs, so that a name may stand more than once; `Set-Cookie` is in `cookies`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
  /** As the handler returned it: text, or base64 where `isBase64Encoded`. */
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export interface Front {
  readonly kind: FrontKind;
  /** Whether this front understands the event. Never throws. */
  accepts(event: unknown): boolean;
  /** The request in the event. */
  request(event: unknown): HttpRequest;
  /**
   * What the gateway makes of a handler's result (HTTP API: a bare object is
   * 200 JSON). A result that the gateway refuses comes back as its own error
   * response with `malformed: true`.
   */
  normalise(result: unknown): HttpResponse & { readonly malformed?: true };
  /** What the gateway answers when the handler throws. */
  thrown(): HttpResponse;
  /** The result to return so that the gateway sends `response`. */
  render(response: HttpResponse, event: unknown): unknown;
  /** The handler's own result, otherwise unchanged, with headers added. */
  withHeaders(result: unknown, headers: readonly (readonly [string, string])[], event: unknown): unknown;
}
