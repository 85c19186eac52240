import { Lazy, Token } from 'aws-cdk-lib';
import { CfnMethod, IRequestValidator, Method, MethodOptions, ResponseType, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HEADERS, WireCors, WireSettings } from '../contract';
import { documentationOf, linkTo } from './error-documentation';
import { honoursKeys } from './methods';

const CODE = 'IDEMPOTENCY_KEY_MISSING';
/** What API Gateway itself answers, for the required parameters of methods that are not ours. */
const OWN_TEMPLATE = '{"message":$context.error.messageString}';

export interface RequiredKeyProps {
  readonly restApi: RestApi;
  /** As given to the API; a route whose error would differ is left to the runtime. */
  readonly settings: WireSettings;
  readonly cors?: WireCors;
  /** Whether the methods have parameters of their own by default. */
  readonly otherParameters: boolean;
}

/**
 * Lets the gateway of a REST API refuse requests without a required key, before
 * any function runs. It has one answer per API for whichever parameter is
 * missing, so it does so only where that answer is true of every request it
 * would be given to; the runtime enforces the rest, with the same body.
 */
export class RequiredKey {
  private readonly methods = new Set<Method>();
  private validator?: IRequestValidator;

  constructor(private readonly props: RequiredKeyProps) {}

  /** What a method needs so that the gateway refuses requests without a key; undefined where that is left to the runtime. */
  public optionsFor(method: string, route: WireSettings, own: MethodOptions = {}): MethodOptions | undefined {
    if (!this.canEnforce(method, route) || validatesItself(own)) return undefined;
    this.validator ??= this.addValidator();
    // The CDK's type knows no tokens here; CloudFormation gets a boolean.
    const enforced = Lazy.any({ produce: () => this.isAlone() }) as unknown as boolean;
    return { requestValidator: this.validator, requestParameters: { [`method.request.header.${headerOf(route)}`]: enforced } };
  }

  /** Tells apart the methods that were made with `optionsFor`. */
  public note(method: Method): void {
    this.methods.add(method);
  }

  private canEnforce(method: string, route: WireSettings): boolean {
    const { settings, cors, otherParameters } = this.props;
    return route.required === true
      && !route.headerAliases?.length
      // ANY stands for GET too, which needs no key.
      && method !== HttpMethod.ANY && honoursKeys(method)
      && !Token.isUnresolved(headerOf(route)) && answersAlike(route, settings)
      && !otherParameters
      // A gateway response names one origin.
      && (cors === undefined || cors.allowOrigins.length === 1);
  }

  /** Whether no other method has required parameters, which the same answer would be given for. */
  private isAlone(): boolean {
    return !this.props.restApi.methods.some((method) => {
      if (this.methods.has(method)) return false;
      const { requestParameters, requestValidatorId } = method.node.defaultChild as CfnMethod;
      return requestValidatorId !== undefined && Object.values(requestParameters ?? {}).includes(true);
    });
  }

  private addValidator(): IRequestValidator {
    this.props.restApi.addGatewayResponse('IdempotencyKeyMissing', {
      type: ResponseType.BAD_REQUEST_PARAMETERS,
      statusCode: '400',
      responseHeaders: this.headers(),
      templates: { 'application/json': Lazy.string({ produce: () => this.isAlone() ? this.body() : OWN_TEMPLATE }) },
    });
    return this.props.restApi.addRequestValidator('IdempotencyKeyValidator', { validateRequestParameters: true });
  }

  private headers(): Record<string, string> {
    const { settings, cors } = this.props;
    const hints = settings.retryHintHeaders ?? [HEADERS.SHOULD_RETRY];
    const origin = cors?.allowOrigins[0];
    const headers: Record<string, string | undefined> = {
      'Content-Type': settings.errorFormat === 'problem' ? 'application/problem+json' : undefined,
      'Link': settings.errorFormat === 'problem' ? undefined : linkTo(CODE),
      ...Object.fromEntries(hints.map((name) => [name, 'false'])),
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': origin && hints.join(','),
      'Access-Control-Allow-Credentials': cors?.allowCredentials ? 'true' : undefined,
    };
    return Object.fromEntries(Object.entries(headers).filter(([, value]) => value).map(([name, value]) => [name, `'${value}'`]));
  }

  private body(): string {
    const message = `The header ${headerOf(this.props.settings)} is required`;
    return JSON.stringify(this.props.settings.errorFormat === 'problem'
      ? { type: documentationOf(CODE), title: 'Idempotency key is missing', status: 400, detail: message, code: CODE }
      : { code: CODE, message, status: 400 });
  }
}

const validatesItself = ({ requestParameters, requestValidator, requestValidatorOptions }: MethodOptions): boolean =>
  (requestParameters ?? requestValidator ?? requestValidatorOptions) !== undefined;

const headerOf = (settings: WireSettings): string => settings.headerName ?? HEADERS.KEY;

function answersAlike(one: WireSettings, other: WireSettings): boolean {
  const parts = (settings: WireSettings) => JSON.stringify([headerOf(settings), settings.errorFormat, settings.retryHintHeaders]);
  return parts(one) === parts(other);
}
