import { Duration, Lazy } from 'aws-cdk-lib';
import {
  CorsPreflightOptions, HttpApi, HttpApiProps, HttpMethod, HttpNoneAuthorizer, HttpRoute, IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import { IdempotencyProps } from './idempotency-props';
import { IdempotentRouteOptions } from './idempotent-route-options';
import { refuse } from './private/errors';
import { HeaderNames } from './private/header-names';
import { IdempotentConstruct } from './private/idempotent-construct';
import { honoursKeys } from './private/methods';

/** What the CDK takes for the longest; the service itself waits for 30 seconds. */
const INTEGRATION_TIMEOUT = Duration.seconds(30);
const TIMED_OUT = 503;

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
    this.httpApi = new HttpApi(this, 'HttpApi', {
      ...props,
      apiName: props.apiName ?? id,
      corsPreflight: cors && withHeaders(cors, this._attacher.headers),
    });
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

  /**
   * Adds routes and makes them idempotent.
   *
   * @param options the routes, their handler, and what of the API's settings differs on them
   */
  public addRoutes(options: IdempotentHttpRouteOptions): HttpRoute[] {
    const methods = options.methods ?? [HttpMethod.ANY];
    const routes = methods.filter(honoursKeys).map((method) => `${method} ${options.path}`);
    if (options.idempotent === false) {
      this._attacher.exempt(options.handler, routes);
    } else if (routes.length > 0) {
      this._attacher.attachRoutes({
        handler: options.handler,
        routes,
        settings: options,
        authorized: isAuthorizer(options.authorizer ?? this.httpApi.defaultAuthorizer),
        gateway: { timeout: options.integrationTimeout ?? INTEGRATION_TIMEOUT, status: TIMED_OUT },
      });
    }
    return this.httpApi.addRoutes({
      path: options.path,
      methods,
      integration: new HttpLambdaIntegration('Integration', options.handler, { timeout: options.integrationTimeout }),
      authorizer: options.authorizer,
      authorizationScopes: options.authorizationScopes,
    });
  }
}

function isAuthorizer(authorizer: IHttpRouteAuthorizer | undefined): boolean {
  return authorizer !== undefined && !(authorizer instanceof HttpNoneAuthorizer);
}

/** Headers of routes that are added later count too, so both lists are made at synth. */
function withHeaders(cors: CorsPreflightOptions, headers: HeaderNames): CorsPreflightOptions {
  return {
    ...cors,
    allowHeaders: Lazy.list({ produce: () => headers.allowed(cors.allowHeaders ?? []) }),
    exposeHeaders: Lazy.list({ produce: () => headers.exposed(cors.exposeHeaders ?? []) }),
  };
}
