import { Duration, Lazy } from 'aws-cdk-lib';
import {
  CorsPreflightOptions, HttpApi, HttpApiProps, HttpMethod, HttpNoneAuthorizer, HttpRoute, IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { adviseOnTenant, adviseOnTimeout } from './advice';
import { Attacher } from './attacher';
import { refuse } from './errors';
import { HeaderNames } from './header-names';
import { IdempotencySettings } from './idempotency-settings';
import { IdempotencyTable, IIdempotencyTable } from './idempotency-table';
import { honoursKeys } from './methods';

/** What an HTTP API waits for where the integration sets no timeout. */
const INTEGRATION_TIMEOUT = Duration.seconds(29);
const TIMED_OUT = 503;

/** Properties of an `IdempotentApi`. */
export interface IdempotentApiProps extends HttpApiProps, IdempotencySettings {
  /**
   * Where records are kept. Functions of another stack than the API's need one
   * from their own or a third stack.
   *
   * @default - a table of its own
   */
  readonly table?: IIdempotencyTable;
}

/** Routes of an `IdempotentApi`, and what of its settings differs on them. */
export interface IdempotentRouteOptions extends IdempotencySettings {
  /** The path of the routes, `/payments/{id}` for one. */
  readonly path: string;

  /**
   * The methods of the routes. A key counts on every method but GET, HEAD and
   * OPTIONS; a function that has only such routes is left as it is.
   *
   * @default [HttpMethod.ANY]
   */
  readonly methods?: HttpMethod[];

  /**
   * The function that handles the routes: a Node.js zip function of this app, or
   * a version or an alias of one. With `idempotent: false`, any function.
   */
  readonly handler: IFunction;

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
   * How long the API waits for the function, from 50 milliseconds to 29 seconds.
   *
   * @default Duration.seconds(29)
   */
  readonly integrationTimeout?: Duration;

  /**
   * Whether the routes are idempotent; if not, their requests go straight to the handler.
   *
   * @default true
   */
  readonly idempotent?: boolean;
}

/**
 * An HTTP API whose routes are safe to retry: a request with an
 * `Idempotency-Key` runs its handler once per tenant, and every retry gets the
 * recorded response, marked `X-Idempotent-Replay: true`.
 */
export class IdempotentApi extends Construct {
  /** The API itself. */
  public readonly httpApi: HttpApi;

  /** Where records are kept. */
  public readonly table: IIdempotencyTable;

  private readonly attacher: Attacher;
  private readonly defaultAuthorizer?: IHttpRouteAuthorizer;

  constructor(scope: Construct, id: string, props: IdempotentApiProps = {}) {
    super(scope, id);
    const cors = props.corsPreflight;
    this.table = props.table ?? new IdempotencyTable(this, 'Table');
    this.attacher = new Attacher({
      site: this,
      table: this.table,
      settings: props,
      cors: cors === undefined ? undefined : { allowOrigins: cors.allowOrigins ?? [], allowCredentials: cors.allowCredentials },
    });
    this.defaultAuthorizer = props.defaultAuthorizer;
    this.httpApi = new HttpApi(this, 'HttpApi', {
      ...props,
      apiName: props.apiName ?? id,
      corsPreflight: cors === undefined ? undefined : withHeaders(cors, this.attacher.headers),
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
  public addRoutes(options: IdempotentRouteOptions): HttpRoute[] {
    const methods = options.methods ?? [HttpMethod.ANY];
    const routes = methods.filter(honoursKeys).map((method) => `${method} ${options.path}`);
    if (options.idempotent === false) {
      this.attacher.exempt(options.handler, routes);
    } else if (routes.length > 0) {
      this.attachRoutes(options, routes);
    }
    return this.httpApi.addRoutes({
      path: options.path,
      methods,
      integration: new HttpLambdaIntegration('Integration', options.handler, { timeout: options.integrationTimeout }),
      authorizer: options.authorizer,
      authorizationScopes: options.authorizationScopes,
    });
  }

  private attachRoutes(options: IdempotentRouteOptions, routes: readonly string[]): void {
    const { fn, settings } = this.attacher.attachRoutes({ api: this.httpApi, handler: options.handler, routes, settings: options });
    const authorizer = options.authorizer ?? this.defaultAuthorizer;
    const authorized = authorizer !== undefined && !(authorizer instanceof HttpNoneAuthorizer);
    const where = routes.join(', ');
    adviseOnTenant(this, where, settings.tenant, authorized);
    adviseOnTimeout(this, where, fn, options.integrationTimeout ?? INTEGRATION_TIMEOUT, TIMED_OUT);
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
