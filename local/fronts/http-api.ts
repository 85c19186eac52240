import type { DeployedResource, Deployment } from '../deployment';
import { REGION, URL_SUFFIX } from '../environment';
import type { FunctionPlan } from '../functions';
import type { Authorizer } from './authorizer';
import { callFunction } from './call-function';
import type { Api, Exchange, Front, FrontContext, GatewayRequest, Invoke } from './front';
import { planAuthorizer } from './http-authorizers';
import { preflightResponse, withCors, type CorsConfiguration } from './http-cors';
import { httpEvent } from './http-event';
import { gatewayMessage, internalServerError, responseOfResult } from './http-response';
import { matchRoute, type HttpRoute } from './http-routes';

/** Quotas of API Gateway HTTP APIs. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_INTEGRATION_TIMEOUT_MS = 30_000;

const DEFAULT_STAGE = '$default';

interface Target {
  /** `undefined`: it cannot run here, and requests get a 500. */
  readonly function: FunctionPlan | undefined;
  readonly timeoutMs: number;
  readonly authorizer: Authorizer | undefined;
}

interface Stage {
  readonly name: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** API Gateway HTTP APIs: routes that lead to functions with payload format 2.0. */
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
    const { function: plan, timeoutMs, authorizer } = match.route.target;
    const rawPath = stage.name === DEFAULT_STAGE ? path : `/${stage.name}${path}`;
    const event = httpEvent(request, {
      apiId: this.apiId,
      domainName: `${this.apiId}.execute-api.${REGION}.${URL_SUFFIX}`,
      stage: stage.name,
      ...(stage.variables ? { stageVariables: stage.variables } : {}),
      routeKey: match.route.key,
      rawPath,
      pathParameters: match.pathParameters,
    });
    const verdict = await authorizer?.authorize(event, invoke);
    if (verdict && 'denied' in verdict) return { response: verdict.denied };
    if (!plan) return { response: internalServerError() };
    const authorized = verdict ? { ...event, requestContext: { ...event.requestContext, authorizer: verdict.authorizer } } : event;
    return callFunction(plan, request.id, authorized, timeoutMs, invoke, {
      returned: (payload) => responseOfResult(payload, 'text/plain;charset=UTF-8') ?? internalServerError(),
      failed: internalServerError,
      timedOut: () => gatewayMessage(503, 'Service Unavailable'),
      tooLarge: this.tooLarge,
    });
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
      timeoutMs: Math.min(integration?.number('TimeoutInMillis') ?? MAX_INTEGRATION_TIMEOUT_MS, MAX_INTEGRATION_TIMEOUT_MS),
      authorizer: planAuthorizer(route, context),
    };
  }

  private integrated(integration: DeployedResource, context: FrontContext): FunctionPlan | undefined {
    const skip = (reason: string) =>
      void context.notices.skip(integration, `${reason}; requests to it get a 500`);
    const type = integration.string('IntegrationType');
    if (type !== 'AWS_PROXY' || integration.string('IntegrationSubtype')) return skip(`an integration of type ${type} is not run`);
    if (integration.string('PayloadFormatVersion') === '1.0') return skip('payload format 1.0 is not run');
    return context.functions.find(integration.string('IntegrationUri') ?? '');
  }
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
