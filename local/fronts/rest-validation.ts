import type { DeployedResource } from '../deployment';
import type { FrontContext, GatewayRequest } from './front';
import { headerOf, queryPairs } from './request-parts';

/** The required parameters that a request lacks, by name; none where all are there. */
export type RequestValidation = (request: GatewayRequest) => readonly string[];

/**
 * A method's request validator, for headers and query parameters. Bodies are
 * not checked against models, which a notice says.
 */
export function planValidation(method: DeployedResource, { deployment, notices }: FrontContext): RequestValidation | undefined {
  const validatorId = method.string('RequestValidatorId');
  const validator = deployment.ofType('AWS::ApiGateway::RequestValidator').find(({ ref }) => ref === validatorId);
  if (!validator) return undefined;
  if (validator.string('ValidateRequestBody') === 'true') notices.skip(validator, 'bodies are not validated against models');
  if (validator.string('ValidateRequestParameters') !== 'true') return undefined;
  const parameters = (method.property('RequestParameters') ?? {}) as Readonly<Record<string, unknown>>;
  const required = Object.entries(parameters)
    .filter(([, demanded]) => String(demanded) === 'true')
    .map(([source]) => /^method\.request\.(header|querystring)\.(.+)$/.exec(source))
    .filter((match) => match !== null);
  return (request) => required
    .filter(([, place, name]) => !(place === 'header' ? headerOf(request, name!.toLowerCase()) : valueInQuery(request, name!)))
    .map(([, , name]) => name!);
}

const valueInQuery = ({ query }: GatewayRequest, wanted: string) => queryPairs(query).find(([name]) => name === wanted)?.[1];
