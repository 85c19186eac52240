import type { DeployedResource } from '../deployment';
import { urlSuffixOf } from '../environment';
import type { FunctionPlan } from '../functions';
import { planApiKeys, type ApiKeys } from './api-keys';
import { callFunction } from './call-function';
import type { Api, Exchange, Front, FrontContext, GatewayRequest, Invoke } from './front';
import { GatewayResponses } from './gateway-responses';
import { isRecord } from './http-response';
import { matchRoute, type HttpRoute } from './http-routes';
import { matchesMediaType } from './media-types';
import { planMock, type MockIntegration } from './mock-integration';
import { proxyEvent } from './proxy-event';
import { responseOfProxyResult } from './proxy-response';
import { headerOf } from './request-parts';
import { planRestAuthorizer, type RestAuthorizer } from './rest-authorizers';
import { restResources, type RestResource } from './rest-resources';
import { planValidation, type RequestValidation } from './rest-validation';

/** Quotas of API Gateway REST APIs. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 29_000;

interface Method {
  readonly name: string;
  /** `undefined`: it is of a kind that is not run, and requests get a 500; without its function they get what a function that fails gets. */
  readonly integration: { readonly function: FunctionPlan | undefined; readonly timeoutMs: number } | { readonly mock: MockIntegration } | undefined;
  readonly authorizer: RestAuthorizer | undefined;
  readonly validation: RequestValidation | undefined;
  readonly needsApiKey: boolean;
}

interface Target {
  readonly resource: RestResource;
  readonly methods: readonly Method[];
}

interface Stage {
  readonly name: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** API Gateway REST APIs: methods that lead to functions by the proxy integration. */
export const restApiFront: Front = {
  resourceType: 'AWS::ApiGateway::RestApi',
  partTypes: ['Resource', 'Method', 'Stage', 'Authorizer', 'RequestValidator', 'GatewayResponse', 'ApiKey', 'UsagePlan', 'UsagePlanKey']
    .map((part) => `AWS::ApiGateway::${part}`),
  plan: (resource, context) => {
    if (resource.property('Body') !== undefined || resource.property('BodyS3Location') !== undefined) {
      return void context.notices.skip(resource, 'an API declared by an OpenAPI document is not run');
    }
    return new RestApi(resource, context);
  },
};

class RestApi implements Api {
  readonly kind = 'rest';
  readonly maxBodyBytes = MAX_BODY_BYTES;
  private readonly routes: readonly HttpRoute<Target>[];
  private readonly stages: readonly Stage[];
  private readonly responses: GatewayResponses;
  private readonly binaryMediaTypes: readonly string[];
  private readonly apiKeys: ApiKeys;

  constructor(readonly resource: DeployedResource, private readonly context: FrontContext) {
    const ofApi = (type: string) => context.deployment.ofType(type).filter((part) => part.string('RestApiId') === resource.ref);
    this.responses = new GatewayResponses(ofApi('AWS::ApiGateway::GatewayResponse'));
    this.binaryMediaTypes = (resource.property('BinaryMediaTypes') ?? []) as readonly string[];
    this.stages = ofApi('AWS::ApiGateway::Stage').map((stage) => ({
      name: stage.string('StageName') ?? 'prod',
      variables: stage.property('Variables') as Record<string, string> | undefined,
    }));
    // The path alone selects a resource: one that lacks the method does not give way to another.
    this.routes = restResources(context.deployment, resource).map((part) => ({
      key: `ANY ${part.path}`,
      target: { resource: part, methods: part.methods.map((method) => this.method(method)) },
    }));
    const needsApiKeys = this.routes.some(({ target }) => target.methods.some(({ needsApiKey }) => needsApiKey));
    this.apiKeys = needsApiKeys ? planApiKeys(context) : () => undefined;
  }

  tooLarge = () => this.responses.of('REQUEST_TOO_LARGE', '');
  failed = () => this.responses.failedFunction('');

  async handle(request: GatewayRequest, invoke: Invoke): Promise<Exchange> {
    const { stage, path } = this.stageOf(request.path);
    const match = matchRoute(this.routes, request.method, path.length > 1 ? path.replace(/\/$/, '') : path);
    const methods = match?.route.target.methods ?? [];
    const method = methods.find(({ name }) => name === request.method) ?? methods.find(({ name }) => name === 'ANY');
    if (!match || !method) return { response: this.responses.of('MISSING_AUTHENTICATION_TOKEN', request.id) };
    const { resource } = match.route.target;
    const { integration, authorizer, validation, needsApiKey } = method;

    const { environment, ref } = this.resource;
    const eventContext = {
      accountId: environment.account,
      apiId: ref,
      domainName: `${ref}.execute-api.${environment.region}.${urlSuffixOf(environment)}`,
      stage: stage.name,
      ...(stage.variables ? { stageVariables: stage.variables } : {}),
      resource: resource.path,
      resourceId: resource.id,
      path,
      contextPath: `/${stage.name}${path}`,
      pathParameters: match.pathParameters,
      body: this.body(request),
    };
    const verdict = await authorizer?.authorize(request, proxyEvent(request, eventContext), invoke);
    if (verdict && 'denied' in verdict) return { response: this.responses.of(verdict.denied, request.id) };
    const apiKey = needsApiKey ? this.apiKeys(request) : undefined;
    if (needsApiKey && !apiKey) return { response: this.responses.of('INVALID_API_KEY', request.id) };
    const missing = validation?.(request) ?? [];
    if (missing.length > 0) {
      return { response: this.responses.of('BAD_REQUEST_PARAMETERS', request.id, `Missing required request parameters: [${missing.join(', ')}]`) };
    }
    if (!integration) return { response: this.responses.of('API_CONFIGURATION_ERROR', request.id) };
    if ('mock' in integration) return { response: integration.mock(request) };

    const event = proxyEvent(request, {
      ...eventContext,
      ...(verdict?.authorizer ? { authorizer: verdict.authorizer } : {}),
      identity: { ...verdict?.identity, ...apiKey },
    });
    const failed = () => this.responses.failedFunction(request.id);
    if (!integration.function) return { response: failed() };
    return callFunction(integration.function, request.id, event, integration.timeoutMs, invoke, {
      returned: (payload) => responseOfProxyResult(payload, {
        strict: true,
        decodes: this.isBinary((headerOf(request, 'accept') ?? '*/*').split(',')[0]!),
        contentType: 'application/json',
      }) ?? failed(),
      failed,
      timedOut: () => this.responses.of('INTEGRATION_TIMEOUT', request.id),
      tooLarge: () => this.responses.of('REQUEST_TOO_LARGE', request.id),
    });
  }

  /** REST APIs are served under their stage's name, as on AWS, and at the root as well. */
  private stageOf(path: string): { readonly stage: Stage; readonly path: string } {
    const named = this.stages.find(({ name }) => path === `/${name}` || path.startsWith(`/${name}/`));
    if (named) return { stage: named, path: path.slice(named.name.length + 1) || '/' };
    return { stage: this.stages[0] ?? { name: 'prod' }, path };
  }

  private body({ body, headers }: GatewayRequest) {
    if (body.length === 0) return { isBase64Encoded: false };
    const isBase64Encoded = this.isBinary(headerOf({ headers }, 'content-type') ?? 'application/json');
    return { body: body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
  }

  private isBinary(mediaType: string): boolean {
    return this.binaryMediaTypes.some((binary) => matchesMediaType(binary, mediaType));
  }

  private method(method: DeployedResource): Method {
    return {
      name: method.string('HttpMethod') ?? 'ANY',
      integration: this.integration(method),
      authorizer: planRestAuthorizer(method, this.context),
      validation: planValidation(method, this.context),
      needsApiKey: method.string('ApiKeyRequired') === 'true',
    };
  }

  private integration(method: DeployedResource): Method['integration'] {
    const integration = method.property('Integration');
    const { Type, Uri, TimeoutInMillis } = isRecord(integration) ? integration : {};
    const mock = Type === 'MOCK' && isRecord(integration) ? planMock(integration) : undefined;
    if (mock) return { mock };
    if (Type !== 'AWS_PROXY') {
      this.context.notices.skip(method, `an integration of type ${String(Type)} is not run; requests to it get a 500`);
      return undefined;
    }
    return { function: this.context.functions.find(String(Uri), method), timeoutMs: Number(TimeoutInMillis ?? DEFAULT_TIMEOUT_MS) };
  }
}
