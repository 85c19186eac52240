import { Duration, Lazy } from 'aws-cdk-lib';
import {
  AuthorizationType, CfnMethod, CfnRestApi, Cors, CorsOptions, IAuthorizer, LambdaIntegration, Method, MethodOptions, RestApi, RestApiProps,
} from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { WireSettings } from './contract';
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
import { RequiredKey } from './private/required-key';
import { defined } from './private/wire-settings';
import { RouteProtection } from './route-protection';

const INTEGRATION_TIMEOUT = Duration.seconds(29);
const TIMED_OUT = 504;

/** Properties of an `IdempotentRestApi`. */
export interface IdempotentRestApiProps extends RestApiProps, IdempotencyProps {}

/** Routes of an `IdempotentRestApi`, and what of its settings differs on them. */
export interface IdempotentRestRouteOptions extends IdempotentRouteOptions {
  /**
   * Authorizer of the routes.
   *
   * @default - the authorizer of the API's `defaultMethodOptions`, if there is one
   */
  readonly authorizer?: IAuthorizer;

  /**
   * How callers are authorized, `AuthorizationType.IAM` for one.
   *
   * @default - that of the authorizer, else of the API's `defaultMethodOptions`, else none
   */
  readonly authorizationType?: AuthorizationType;

  /**
   * OAuth scopes that a Cognito authorizer demands.
   *
   * @default - those of the API's `defaultMethodOptions`, if there are any
   */
  readonly authorizationScopes?: string[];

  /**
   * Whether callers must send an API key.
   *
   * @default - that of the API's `defaultMethodOptions`, else false
   */
  readonly apiKeyRequired?: boolean;

  /**
   * Whether the function's policy allows each method by itself, about 400 bytes a
   * method, twice that with `allowTestInvoke`, of the 20 KB that the policy of a
   * function may have: 30 methods are too many then. If not, one statement allows
   * the whole API.
   *
   * @default true
   */
  readonly scopePermissionToMethod?: boolean;

  /**
   * Whether the console of API Gateway may call the function to test the method.
   *
   * @default true
   */
  readonly allowTestInvoke?: boolean;

  /**
   * What else the CDK takes for a method. What the route says itself wins over
   * it; with parameters or a validator in it, a required key is left to the runtime.
   *
   * @default - nothing else
   */
  readonly methodOptions?: MethodOptions;
}

/**
 * A REST API whose routes are safe to retry: a request with an
 * `Idempotency-Key` runs its handler once per tenant, and every retry gets the
 * recorded response, marked `X-Idempotent-Replay: true`.
 *
 * A key that is `required` on a route is enforced by the gateway too, unless
 * there are aliases of its header.
 */
export class IdempotentRestApi extends IdempotentConstruct {
  /** The API itself. */
  public readonly restApi: RestApi;

  private readonly requiredKey: RequiredKey;

  constructor(scope: Construct, id: string, props: IdempotentRestApiProps = {}) {
    const cors = props.defaultCorsPreflightOptions;
    const wireCors = cors && { allowOrigins: cors.allowOrigins, allowCredentials: cors.allowCredentials };
    super(scope, id, props, wireCors);
    requireNamedHeaders(this, 'defaultCorsPreflightOptions', cors);
    requireNoDefaultIntegration(this, props.defaultIntegration, 'addRoutes({ path: "/{proxy+}", handler }), and with path "/" for the root');
    this.restApi = new RestApi(this, 'RestApi', {
      ...props,
      restApiName: props.restApiName ?? id,
      // An account has one such role; an API that makes it takes it from the others.
      cloudWatchRole: props.cloudWatchRole ?? false,
      defaultCorsPreflightOptions: cors && withHeaders(cors, this._attacher.headers),
    });
    guardRoutes(this, this.restApi.node.defaultChild as CfnRestApi, props.unprotectedRoutes);
    this.requiredKey = new RequiredKey({
      restApi: this.restApi,
      settings: this._attacher.defaults,
      cors: wireCors,
      otherParameters: props.defaultMethodOptions?.requestParameters !== undefined,
    });
  }

  /**
   * URL of the deployed stage.
   *
   * @throws if the API was made without one
   */
  public get url(): string {
    if (this.restApi.deploymentStage !== undefined) return this.restApi.url;
    return refuse({
      site: this,
      prop: 'url',
      problem: 'is asked for, but the API was made with deploy: false',
      remedy: 'Use the url of the stage that you add, or set restApi.deploymentStage',
    });
  }

  /** Every route of the API as it is now, whoever added it, and whether a retry on it is safe. */
  public get protection(): RouteProtection[] {
    return routesOf(this.restApi.node.defaultChild as CfnRestApi);
  }

  /**
   * Adds routes and makes them idempotent.
   *
   * @param options the routes, their handler, and what of the API's settings differs on them
   */
  public addRoutes(options: IdempotentRestRouteOptions): Method[] {
    requireTypes(this, ROUTE_OPTIONS, options);
    if (options.path === '$default') {
      refuse({
        site: this,
        prop: 'path',
        problem: 'is "$default", which only HTTP APIs have',
        remedy: 'Use the path "/{proxy+}", and "/" for the root',
      });
    }
    const resource = this.restApi.root.resourceForPath(options.path);
    const methods = [...new Set(options.methods ?? [HttpMethod.ANY])];
    const routes = methods.filter(honoursKeys).map((method) => `${method} ${resource.path}`);
    const handler = routes.length === 0 ? options.handler : this._attacher.invoked(options);
    const settings = this.attach({ ...options, handler }, routes);
    const { integrationTimeout, scopePermissionToMethod, allowTestInvoke, methodOptions } = options;
    const integrationOf = (fn: IFunction) => new LambdaIntegration(fn, { timeout: integrationTimeout, scopePermissionToMethod, allowTestInvoke });
    const integration = integrationOf(handler);
    const direct = handler === options.handler ? integration : integrationOf(options.handler);
    return methods.map((name) => {
      const { authorizer, authorizationType, authorizationScopes, apiKeyRequired } = options;
      const enforced = settings && this.requiredKey.optionsFor(name, settings, methodOptions);
      const own = defined({ authorizer, authorizationType, authorizationScopes, apiKeyRequired });
      const method = resource.addMethod(name, honoursKeys(name) ? integration : direct, { ...methodOptions, ...own, ...enforced });
      if (enforced !== undefined) this.requiredKey.note(method);
      const made = method.node.defaultChild as CfnMethod;
      if (options.idempotent === false) made.addMetadata(EXEMPT_METADATA, true);
      this._attacher.adviseOnIdentity(`${name} ${resource.path}`, made);
      return method;
    });
  }

  /** What holds on the routes, or undefined where none is idempotent. */
  private attach(options: IdempotentRestRouteOptions, routes: readonly string[]): WireSettings | undefined {
    if (options.idempotent === false) {
      this._attacher.exempt(options.handler, routes);
      return undefined;
    }
    if (routes.length === 0) return undefined;
    return this._attacher.attachRoutes({
      handler: options.handler,
      routes,
      settings: options,
      gateway: { timeout: options.integrationTimeout ?? INTEGRATION_TIMEOUT, status: TIMED_OUT },
    });
  }
}

/** Headers of routes that are added later count too, so both lists are made at synth. */
function withHeaders(cors: CorsOptions, headers: HeaderNames): CorsOptions {
  const joined = (produce: () => string[]) => [Lazy.string({ produce: () => produce().join(',') })];
  return {
    ...cors,
    allowHeaders: joined(() => headers.allowed(cors.allowHeaders ?? Cors.DEFAULT_HEADERS)),
    exposeHeaders: joined(() => headers.exposed(cors.exposeHeaders ?? [])),
  };
}
