import type { DeployedResource } from '../deployment';
import type { GatewayResponse } from './front';

/** What a REST API answers by itself: "Gateway response types" (API Gateway developer guide). */
export type GatewayResponseType = keyof typeof DEFAULTS;

interface Default {
  readonly status: number;
  readonly message: string;
  readonly template: string;
}

// AWS writes a space into some of its answers, and one name with a capital.
const plain = '{"message":$context.error.messageString}';
const spaced = '{"message": $context.error.messageString}';

const DEFAULTS = {
  ACCESS_DENIED: { status: 403, message: 'User is not authorized to access this resource', template: '{"Message":$context.error.messageString}' },
  API_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error', template: spaced },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error', template: spaced },
  BAD_REQUEST_PARAMETERS: { status: 400, message: 'Missing required request parameters', template: spaced },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out', template: spaced },
  INVALID_API_KEY: { status: 403, message: 'Forbidden', template: plain },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token', template: plain },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Entity Too Large', template: plain },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized', template: plain },
} as const satisfies Readonly<Record<string, Default>>;

/** A function that failed answers as `DEFAULT_5XX` with this status, which the template can change as well. */
const FAILED_FUNCTION: Default = { status: 502, message: 'Internal server error', template: spaced };

interface Customisation {
  readonly status: number | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly template: string | undefined;
}

/** The gateway responses of one REST API, customised by `AWS::ApiGateway::GatewayResponse`. */
export class GatewayResponses {
  private readonly customised: ReadonlyMap<string, Customisation>;

  constructor(resources: readonly DeployedResource[]) {
    this.customised = new Map(resources.map((resource) => [resource.string('ResponseType') ?? '', customisation(resource)]));
  }

  of(type: GatewayResponseType, requestId: string, message: string = DEFAULTS[type].message): GatewayResponse {
    return this.render(type, { ...DEFAULTS[type], message }, requestId);
  }

  failedFunction(requestId: string): GatewayResponse {
    return this.render('DEFAULT_5XX', FAILED_FUNCTION, requestId);
  }

  private render(type: string, { status, message, template }: Default, requestId: string): GatewayResponse {
    const own = this.customised.get(type) ?? this.customised.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
    const headers = own?.headers ?? [];
    return {
      status: own?.status ?? status,
      headers: headers.some(([name]) => name === 'content-type') ? headers : [['content-type', 'application/json'], ...headers],
      body: Buffer.from(fillIn(own?.template ?? template, type, message, requestId)),
    };
  }
}

function customisation(resource: DeployedResource): Customisation {
  const parameters = (resource.property('ResponseParameters') ?? {}) as Readonly<Record<string, string>>;
  const templates = (resource.property('ResponseTemplates') ?? {}) as Readonly<Record<string, string>>;
  return {
    status: resource.number('StatusCode'),
    headers: Object.entries(parameters).flatMap(([name, value]) => {
      const header = /^gatewayresponse\.header\.(.+)$/.exec(name)?.[1];
      const literal = /^'(.*)'$/s.exec(value)?.[1];
      return header === undefined || literal === undefined ? [] : [[header.toLowerCase(), literal] as const];
    }),
    template: templates['application/json'] ?? Object.values(templates)[0],
  };
}

/** Variables are replaced and nothing else: these templates know no statements. */
function fillIn(template: string, type: string, message: string, requestId: string): string {
  const values: Readonly<Record<string, string>> = {
    'error.message': message,
    'error.messageString': JSON.stringify(message),
    'error.responseType': type,
    'error.validationErrorString': message,
    'requestId': requestId,
    'extendedRequestId': requestId,
  };
  return template.replace(/\$context\.([A-Za-z.]*[A-Za-z])/g, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole));
}
