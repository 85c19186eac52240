import { Duration, Lazy } from 'aws-cdk-lib';
import {
  CfnApi, CfnRoute, CorsPreflightOptions, HttpApi, HttpApiProps, HttpMethod, HttpRoute, HttpRouteKey, IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { IdempotencyProps } from './idempotency-props';
import { IdempotentRouteOptions } from './idempotent-route-options';
import { requireNoDefaultIntegration } from './private/default-integration';
import { refuse } from './private/errors';
import { HeaderNames, requireNamedHeaders } from './private/header-names';
import { IdempotentConstruct } from './private/idempotent-construct';
import { honoursKeys } from './private/methods';
import { requireTypes, ROUTE_OPTIONS } from './private/option-types';
import { guardRoutes, routesOf } from './private/protection/guard';
import { EXEMPT_METADATA } from './private/protection/routes';
import { RouteProtection } from './route-protection';

/** What the CDK takes for the longest; the service itself waits for 30 seconds. */
const INTEGRATION_TIMEOUT = Duration.seconds(30);
const TIMED_OUT = 503;
const DEFAULT_ROUTE = '$default';

/** Properties of an `IdempotentApi`. */
export interface IdempotentApiProps extends HttpApiProps, IdempotencyProps {}

/** Routes of an `IdempotentApi`, and what of its settings differs on them. */
export interface IdempotentHttpRouteOptions extends IdempotentRouteOptions {
  /**
   * Authorizer of the routes; `HttpNoneAuthorizer` for none.
   *
   * @default - the API's default authorizer, if it has one
   */
  readonly authorizer?: IHttpRouteAuthorizer;

  /**
   * OAuth scopes that the authorizer demands.
   *
   * @default - the API's default scopes, if it has any
   */
  readonly authorizationScopes?: string[];

  /**
   * Whether the function's policy allows each route by itself, about 400 bytes a
   * route of the 20 KB that the policy of a function may have. If not, one
   * statement allows the whole API.
   *
   * @default true
   */
  readonly scopePermissionToRoute?: boolean;
}

/**
 * An HTTP API whose routes are safe to retry: a request with an
 * `Idempotency-Key` runs its handler once per tenant, and every retry gets the
 * recorded response, marked `X-Idempotent-Replay: true`.
 */
export class IdempotentApi extends IdempotentConstruct {
  /** The API itself. */
  public readonly httpApi: HttpApi;

  constructor(scope: Construct, id: string, props: IdempotentApiProps = {}) {
    const cors = props.corsPreflight;
    super(scope, id, props, cors && { allowOrigins: cors.allowOrigins ?? [], allowCredentials: cors.allowCredentials });
    requireNamedHeaders(this, 'corsPreflight', cors);
    requireNoDefaultIntegration(this, props.defaultIntegration, 'addRoutes({ path: "$default", handler })');
    this.httpApi = new HttpApi(this, 'HttpApi', {
      ...props,
      apiName: props.apiName ?? id,
      corsPreflight: cors && withHeaders(cors, this._attacher.headers),
    });
    guardRoutes(this, this.httpApi.node.defaultChild as CfnApi, props.unprotectedRoutes);
  }

  /**
   * URL of the default stage.
   *
   * @throws if the API was made without one
   */
  public get url(): string {
    return this.httpApi.url ?? refuse({
      site: this,
      prop: 'url',
      problem: 'is asked for, but the API was made with createDefaultStage: false',
      remedy: 'Use the url of the stage that you add to httpApi',
    });
  }

  /** Every route of the API as it is now, whoever added it, and whether a retry on it is safe. */
  public get protection(): RouteProtection[] {
    return routesOf(this.httpApi.node.defaultChild as CfnApi);
  }

  /**
   * Adds routes and makes them idempotent. The path `$default` takes what no other route does.
   *
   * @param options the routes, their handler, and what of the API's settings differs on them
   */
  public addRoutes(options: IdempotentHttpRouteOptions): HttpRoute[] {
    requireTypes(this, ROUTE_OPTIONS, options);
    const methods = [...new Set(options.methods ?? [HttpMethod.ANY])];
    if (options.path === DEFAULT_ROUTE) this.requireEveryMethod(methods);
    const routes = methods.filter(honoursKeys).map((method) => `${method} ${options.path}`);
    const handler = routes.length === 0 ? options.handler : this._attacher.invoked(options);
    if (options.idempotent === false) {
      this._attacher.exempt(options.handler, routes);
    } else if (routes.length > 0) {
      this._attacher.attachRoutes({
        handler,
        routes,
        settings: options,
        gateway: { timeout: options.integrationTimeout ?? INTEGRATION_TIMEOUT, status: TIMED_OUT },
      });
    }
    const made = this.makeRoutes(options, methods, handler);
    made.forEach((route, n) => {
      const resource = route.node.defaultChild as CfnRoute;
      if (options.idempotent === false) resource.addMetadata(EXEMPT_METADATA, true);
      this._attacher.adviseOnIdentity(`${methods[n]} ${options.path}`, resource);
    });
    return made;
  }

  /** @param handler of the methods on which a key counts */
  private makeRoutes(options: IdempotentHttpRouteOptions, methods: HttpMethod[], handler: IFunction): HttpRoute[] {
    const { path, authorizer, authorizationScopes, integrationTimeout, scopePermissionToRoute } = options;
    const integrationOf = (id: string, fn: IFunction) => new HttpLambdaIntegration(id, fn, { timeout: integrationTimeout, scopePermissionToRoute });
    const integration = integrationOf('Integration', handler);
    const direct = handler === options.handler ? integration : integrationOf('Direct', options.handler);
    if (path !== DEFAULT_ROUTE) {
      return methods.flatMap((method) => this.httpApi.addRoutes({
        path, methods: [method], integration: honoursKeys(method) ? integration : direct, authorizer, authorizationScopes,
      }));
    }
    return [new HttpRoute(this.httpApi, 'DefaultRoute', {
      httpApi: this.httpApi,
      routeKey: HttpRouteKey.DEFAULT,
      integration,
      authorizer: authorizer ?? this.httpApi.defaultAuthorizer,
      authorizationScopes: authorizationScopes ?? this.httpApi.defaultAuthorizationScopes,
    })];
  }

  private requireEveryMethod(methods: readonly HttpMethod[]): void {
    if (methods.length === 1 && methods[0] === HttpMethod.ANY) return;
    refuse({
      site: this,
      prop: 'methods',
      problem: `is ${methods.join(', ')} for the path "${DEFAULT_ROUTE}", which takes whatever no other route does`,
      remedy: 'Leave methods out, or use the path "/{proxy+}" for some methods of every path',
    });
  }
}

/** Headers of routes that are added later count too, so both lists are made at synth. */
function withHeaders(cors: CorsPreflightOptions, headers: HeaderNames): CorsPreflightOptions {
  return {
    ...cors,
    allowHeaders: Lazy.list({ produce: () => headers.allowed(cors.allowHeaders ?? []) }),
    exposeHeaders: Lazy.list({ produce: () => headers.exposed(cors.exposeHeaders ?? []) }),
  };
}
