import type { DeployedResource, Deployment } from '../deployment';
import { urlSuffixOf } from '../environment';
import type { FunctionPlan } from '../functions';
import { authorizerOf, proxyAuthorizerOf, type Authorization, type Authorizer, type RoutedRequest } from './authorizer';
import { callFunction } from './call-function';
import type { Api, Exchange, Front, FrontContext, GatewayRequest, Invoke } from './front';
import { planAuthorizer } from './http-authorizers';
import { preflightResponse, withCors, type CorsConfiguration } from './http-cors';
import { eventBody, httpEvent } from './http-event';
import { gatewayMessage, internalServerError, responseOfResult } from './http-response';
import { matchRoute, type HttpRoute, type RouteMatch } from './http-routes';
import { proxyEvent } from './proxy-event';
import { responseOfProxyResult } from './proxy-response';
import { headerOf } from './request-parts';

/** Quotas of API Gateway HTTP APIs. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_INTEGRATION_TIMEOUT_MS = 30_000;

const DEFAULT_STAGE = '$default';

interface Target {
  /** `undefined`: it cannot run here, and requests get a 500. */
  readonly function: FunctionPlan | undefined;
  readonly payloadFormat: '1.0' | '2.0';
  readonly timeoutMs: number;
  readonly authorizer: Authorizer | undefined;
}

interface Stage {
  readonly name: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** What functions without a content type of their own are taken to answer with. */
const DEFAULT_CONTENT_TYPE = 'text/plain;charset=UTF-8';

/** API Gateway HTTP APIs: routes that lead to functions. */
export const httpApiFront: Front = {
  resourceType: 'AWS::ApiGatewayV2::Api',
  partTypes: ['AWS::ApiGatewayV2::Route', 'AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Stage', 'AWS::ApiGatewayV2::Authorizer'],
  plan: (resource, context) => {
    const skip = (reason: string) => context.notices.skip(resource, reason);
    if (resource.string('ProtocolType') === 'WEBSOCKET') return void skip('WebSocket APIs are not run');
    if (resource.string('ProtocolType') !== 'HTTP') return void skip('an API declared by an OpenAPI document is not run');
    return new HttpApi(resource, context);
  },
};

class HttpApi implements Api {
  readonly kind = 'http';
  readonly maxBodyBytes = MAX_BODY_BYTES;
  private readonly apiId: string;
  private readonly routes: readonly HttpRoute<Target>[];
  private readonly stages: readonly Stage[];
  private readonly cors: CorsConfiguration | undefined;

  constructor(readonly resource: DeployedResource, context: FrontContext) {
    this.apiId = resource.ref;
    this.cors = resource.property('CorsConfiguration') as CorsConfiguration | undefined;
    this.stages = partsOf(context.deployment, this.apiId, 'AWS::ApiGatewayV2::Stage').map((stage) => ({
      name: stage.string('StageName') ?? DEFAULT_STAGE,
      variables: stage.property('StageVariables') as Record<string, string> | undefined,
    }));
    this.routes = partsOf(context.deployment, this.apiId, 'AWS::ApiGatewayV2::Route').map((route) => ({
      key: route.string('RouteKey') ?? DEFAULT_STAGE,
      target: this.target(route, context),
    }));
  }

  async handle(request: GatewayRequest, invoke: Invoke): Promise<Exchange> {
    const preflight = this.cors && preflightResponse(this.cors, request);
    if (preflight) return { response: preflight };
    const exchange = await this.route(request, invoke);
    return this.cors ? { ...exchange, response: withCors(this.cors, request, exchange.response) } : exchange;
  }

  tooLarge = () => gatewayMessage(413, 'Request Entity Too Large');
  failed = () => internalServerError();

  private async route(request: GatewayRequest, invoke: Invoke): Promise<Exchange> {
    const decoded = decodePath(request.path);
    if (decoded === undefined) return { response: gatewayMessage(400, 'Bad Request') };
    const { stage, path } = this.stageOf(decoded);
    const match = stage && matchRoute(this.routes, request.method, path);
    if (!match) return { response: gatewayMessage(404, 'Not Found') };
    const routed = this.routed(request, match, stage, path);
    const { function: plan, payloadFormat, timeoutMs, authorizer } = match.route.target;
    const verdict = await authorizer?.authorize(routed, invoke);
    if (verdict && 'denied' in verdict) return { response: verdict.denied };
    if (!plan) return { response: internalServerError() };
    const { event, parse } = payloadFormat === '1.0' ? callV1(routed, verdict?.allowed) : callV2(routed, verdict?.allowed);
    return callFunction(plan, request.id, event, timeoutMs, invoke, {
      returned: (payload) => parse(payload) ?? internalServerError(),
      failed: internalServerError,
      timedOut: () => gatewayMessage(503, 'Service Unavailable'),
      tooLarge: this.tooLarge,
    });
  }

  private routed(request: GatewayRequest, { route, pathParameters }: RouteMatch<Target>, stage: Stage, path: string): RoutedRequest {
    const rawPath = stage.name === DEFAULT_STAGE ? path : `/${stage.name}${path}`;
    const { environment } = this.resource;
    const common = {
      accountId: environment.account,
      apiId: this.apiId,
      domainName: `${this.apiId}.execute-api.${environment.region}.${urlSuffixOf(environment)}`,
      stage: stage.name,
      ...(stage.variables ? { stageVariables: stage.variables } : {}),
      pathParameters,
    };
    return {
      request,
      event: httpEvent(request, { ...common, routeKey: route.key, rawPath }),
      proxyEvent: () => proxyEvent(request, {
        ...common,
        version: '1.0',
        resource: route.key.split(' ')[1] ?? route.key,
        resourceId: null,
        path: rawPath,
        contextPath: rawPath,
        body: eventBody(request.body, headerOf(request, 'content-type'), headerOf(request, 'content-encoding')),
      }),
    };
  }

  /**
   * The stage whose name begins the path, else `$default`. An API without
   * `$default` has one address per stage on AWS; here its only stage is served
   * at the root as well.
   */
  private stageOf(path: string): { readonly stage: Stage | undefined; readonly path: string } {
    const named = this.stages.find(({ name }) => path === `/${name}` || path.startsWith(`/${name}/`));
    if (named) return { stage: named, path: path.slice(named.name.length + 1) || '/' };
    const atRoot = this.stages.find(({ name }) => name === DEFAULT_STAGE) ?? (this.stages.length === 1 ? this.stages[0] : undefined);
    return { stage: atRoot, path };
  }

  private target(route: DeployedResource, context: FrontContext): Target {
    const integrationId = /^integrations\/(.+)$/.exec(route.string('Target') ?? '')?.[1];
    const integration = partsOf(context.deployment, this.apiId, 'AWS::ApiGatewayV2::Integration').find(({ ref }) => ref === integrationId);
    return {
      function: integration && this.integrated(integration, context),
      payloadFormat: integration?.string('PayloadFormatVersion') === '1.0' ? '1.0' : '2.0',
      timeoutMs: Math.min(integration?.number('TimeoutInMillis') ?? MAX_INTEGRATION_TIMEOUT_MS, MAX_INTEGRATION_TIMEOUT_MS),
      authorizer: planAuthorizer(route, context),
    };
  }

  private integrated(integration: DeployedResource, context: FrontContext): FunctionPlan | undefined {
    const skip = (reason: string) =>
      void context.notices.skip(integration, `${reason}; requests to it get a 500`);
    const type = integration.string('IntegrationType');
    if (type !== 'AWS_PROXY' || integration.string('IntegrationSubtype')) return skip(`an integration of type ${type} is not run`);
    return context.functions.find(integration.string('IntegrationUri') ?? '', integration);
  }
}

function callV2({ event }: RoutedRequest, allowed: Authorization | undefined) {
  return {
    event: allowed ? { ...event, requestContext: { ...event.requestContext, authorizer: authorizerOf(allowed) } } : event,
    parse: (payload: unknown) => responseOfResult(payload, DEFAULT_CONTENT_TYPE),
  };
}

function callV1(routed: RoutedRequest, allowed: Authorization | undefined) {
  const event = routed.proxyEvent();
  return {
    event: { ...event, requestContext: { ...event.requestContext, authorizer: proxyAuthorizerOf(allowed) } },
    parse: (payload: unknown) => responseOfProxyResult(payload, { strict: false, decodes: true, contentType: DEFAULT_CONTENT_TYPE }),
  };
}

const partsOf = (deployment: Deployment, apiId: string, type: string): readonly DeployedResource[] =>
  deployment.ofType(type).filter((part) => part.string('ApiId') === apiId);

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
