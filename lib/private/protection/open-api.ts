import { Deployed, fieldsOf, textOf, Value } from './deployed';

/** A route of an OpenAPI description. */
export interface DescribedRoute {
  readonly method: string;
  readonly path: string;
  /** Why it cannot be seen what stands there. */
  readonly hidden?: string;
  /** What kind of integration it has, `aws_proxy`. */
  readonly type?: string;
  /** What it calls. */
  readonly uri?: Value;
  /** What it changes of a request. */
  readonly parameters?: Value;
}

const ANY_METHOD = 'x-amazon-apigateway-any-method';
/** What else a path has, its parameters for one, is no operation. */
const OPERATIONS: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', ANY_METHOD]);

const ELSEWHERE = 'its OpenAPI description is not in the template';
const MADE_LATER = 'its OpenAPI description is put together at the deployment';

/** The routes that the OpenAPI description of an API declares. */
export function describedRoutes({ properties }: Deployed): readonly DescribedRoute[] {
  const { Body, DefinitionBody, BodyS3Location, DefinitionUri, CloneFrom } = properties;
  if (CloneFrom !== undefined) return hidden('it is a copy of another API');
  if (BodyS3Location !== undefined || DefinitionUri !== undefined) return hidden(ELSEWHERE);
  const body = Body ?? DefinitionBody;
  if (body === undefined) return [];
  if (!isPlain(body)) return hidden(MADE_LATER);
  const paths = fieldsOf(body).paths ?? {};
  return isPlain(paths) ? Object.entries(paths).flatMap(routesAt) : hidden(MADE_LATER);
}

function routesAt([key, item]: [string, Value]): readonly DescribedRoute[] {
  const path = key === '/$default' ? '$default' : key;
  const operations = item ?? {};
  if (!isPlain(operations) || '$ref' in operations) return hidden(MADE_LATER, path);
  return Object.entries(operations).filter(([name]) => OPERATIONS.has(name.toLowerCase())).flatMap(([name, operation]) => {
    const method = name.toLowerCase() === ANY_METHOD ? 'ANY' : name.toUpperCase();
    if (operation === null) return [];
    if (!isPlain(operation)) return hidden(MADE_LATER, path, method);
    const integration = fieldsOf(operation)['x-amazon-apigateway-integration'];
    if (integration === undefined) return [];
    if (!isPlain(integration)) return hidden(MADE_LATER, path, method);
    const { uri, type, requestParameters: parameters } = fieldsOf(integration);
    return [{ method, path, uri, parameters, ...type !== undefined && { type: textOf(type).toLowerCase() } }];
  });
}

const hidden = (reason: string, path = '*', method = 'ANY'): readonly DescribedRoute[] => [{ method, path, hidden: reason }];

/** As it stands, with nothing that CloudFormation has to work out first. */
const isPlain = (value: Value): value is object =>
  typeof value === 'object' && value !== null && !Object.keys(value).some((name) => name.startsWith('Fn::') || name === 'Ref');
