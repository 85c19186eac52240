import { WireTenant } from './contract';

/**
 * Where the tenant of a request comes from. Keys of different tenants never
 * meet: the same key sent by two tenants names two operations.
 *
 * A source that is named here is demanded: a request with a key but without
 * that tenant is answered 403 `IDEMPOTENCY_TENANT_MISSING`.
 */
export class TenantSource {
  /**
   * `account_id` from the authorizer if it gives one, else the authorizer's
   * principal (JWT `iss` and `sub`; IAM account and role without the session
   * name; Lambda authorizer `principalId`; API key id); "public" only where no
   * authorizer ran. An authorizer that leaves no identity is answered 403.
   */
  public static auto(): TenantSource {
    return new TenantSource('auto');
  }

  /**
   * A claim of the JWT that an HTTP API's JWT authorizer or a Cognito user pool
   * authorizer has verified. An empty claim counts as absent.
   *
   * @param name name of the claim, `account_id` for one
   */
  public static jwtClaim(name: string): TenantSource {
    return new TenantSource({ source: 'jwtClaim', name });
  }

  /**
   * A field that a Lambda authorizer returned in its `context`.
   *
   * @param name name of the field
   */
  public static lambdaContext(name: string): TenantSource {
    return new TenantSource({ source: 'lambdaContext', name });
  }

  /** Account and role (or user id) of an IAM-signed caller; the session name is cut off. */
  public static iamPrincipal(): TenantSource {
    return new TenantSource({ source: 'iamPrincipal' });
  }

  /** Id of the API key that a usage plan of a REST API matched; never its value. */
  public static apiKeyId(): TenantSource {
    return new TenantSource({ source: 'apiKeyId' });
  }

  /**
   * A request header, which any client can set to anything: only behind a proxy
   * of your own that overwrites it. Synth warns.
   *
   * @param name name of the header
   */
  public static untrustedHeader(name: string): TenantSource {
    return new TenantSource({ source: 'untrustedHeader', name });
  }

  /**
   * All of these together, each demanded: account and user, for one, where users
   * of one account must not replay each other's responses.
   *
   * @param sources at least one source; `none` is not a source
   */
  public static all(...sources: TenantSource[]): TenantSource {
    return new TenantSource({ source: 'all', of: sources.map((source) => source.wire) });
  }

  /** No tenant: one key space for all callers. */
  public static none(): TenantSource {
    return new TenantSource('none');
  }

  private constructor(private readonly wire: WireTenant) {}

  /** @internal */
  public _render(): WireTenant {
    return this.wire;
  }
}
