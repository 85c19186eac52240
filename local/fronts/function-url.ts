import { longName } from '../construct-id';
import type { DeployedResource } from '../deployment';
import type { FunctionPlan } from '../functions';
import { callFunction, MAX_PAYLOAD_BYTES } from './call-function';
import type { Api, Exchange, Front, FrontContext, GatewayRequest, GatewayResponse, Invoke } from './front';
import { preflightResponse, withCors, type CorsConfiguration } from './http-cors';
import { httpEvent } from './http-event';
import { responseOfResult } from './http-response';
import { iamAuthorizer, readIamCaller, UNVERIFIED_SIGNATURES } from './iam-caller';

/** A function may take this long, and a function URL waits for it. */
const MAX_FUNCTION_TIMEOUT_MS = 15 * 60 * 1000;

/** Lambda function URLs, "Invoking Lambda function URLs" (Lambda developer guide). */
export const functionUrlFront: Front = {
  resourceType: 'AWS::Lambda::Url',
  partTypes: [],
  plan: (resource, context) => {
    if (resource.string('InvokeMode') === 'RESPONSE_STREAM') return void context.notices.skip(resource, 'response streaming is not run');
    return new FunctionUrl(resource, context);
  },
};

class FunctionUrl implements Api {
  readonly kind = 'url';
  readonly maxBodyBytes = MAX_PAYLOAD_BYTES;
  private readonly urlId: string;
  private readonly function: FunctionPlan | undefined;
  private readonly cors: CorsConfiguration | undefined;
  private readonly signed: boolean;

  constructor(readonly resource: DeployedResource, { functions, notices }: FrontContext) {
    this.urlId = resource.attribute('UrlId');
    this.function = functions.find(resource.string('TargetFunctionArn') ?? '', resource);
    this.cors = resource.property('Cors') as CorsConfiguration | undefined;
    this.signed = resource.string('AuthType') === 'AWS_IAM';
    if (this.signed) notices.warn(`function URL ${longName(resource)}: ${UNVERIFIED_SIGNATURES}`);
  }

  async handle(request: GatewayRequest, invoke: Invoke): Promise<Exchange> {
    const preflight = this.cors && preflightResponse(this.cors, request);
    if (preflight) return { response: preflight };
    const exchange = await this.call(request, invoke);
    return this.cors ? { ...exchange, response: withCors(this.cors, request, exchange.response) } : exchange;
  }

  tooLarge = () => lambdaMessage(413, `Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation`);

  failed = (): GatewayResponse => ({ status: 502, headers: [['content-type', 'application/json']], body: Buffer.from('Internal Server Error') });

  private async call(request: GatewayRequest, invoke: Invoke): Promise<Exchange> {
    const caller = this.signed ? readIamCaller(request, this.resource.environment) : undefined;
    if (this.signed && !caller) return { response: lambdaMessage(403, 'Forbidden') };
    if (!this.function) return { response: this.failed() };
    const event = httpEvent(request, {
      apiId: this.urlId,
      domainName: `${this.urlId}.lambda-url.${this.resource.environment.region}.on.aws`,
      ...(caller ? { accountId: caller.accountId, authorizer: { iam: iamAuthorizer(caller) } } : { accountId: 'anonymous' }),
      stage: '$default',
      routeKey: '$default',
      rawPath: request.path,
      pathParameters: {},
    });
    return callFunction(this.function, request.id, event, MAX_FUNCTION_TIMEOUT_MS, invoke, {
      returned: (payload) => responseOfResult(payload, 'application/json') ?? this.failed(),
      failed: this.failed,
      timedOut: this.failed,
      tooLarge: this.tooLarge,
    });
  }
}

/** Lambda writes `Message` where API Gateway writes `message`. */
const lambdaMessage = (status: number, message: string): GatewayResponse =>
  ({ status, headers: [['content-type', 'application/json']], body: Buffer.from(JSON.stringify({ Message: message })) });
