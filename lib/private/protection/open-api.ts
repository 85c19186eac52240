import { Deployed, Value } from './deployed';

/** A route of an OpenAPI description. */
export interface DescribedRoute {
  readonly method: string;
  readonly path: string;
  /** Why it cannot be seen what stands there. */
  readonly hidden?: string;
  readonly mock?: boolean;
  /** What it calls. */
  readonly uri?: Value;
}

interface Operation {
  readonly 'x-amazon-apigateway-integration'?: { readonly uri?: Value; readonly type?: string };
}

const ELSEWHERE = 'its OpenAPI description is not in the template';
const MADE_LATER = 'its OpenAPI description is put together at the deployment';

/** The routes that the OpenAPI description of an API declares. */
export function describedRoutes({ properties }: Deployed): readonly DescribedRoute[] {
  const { Body, DefinitionBody, BodyS3Location, DefinitionUri, CloneFrom } = properties;
  if (CloneFrom !== undefined) return hidden('it is a copy of another API');
  if (BodyS3Location !== undefined || DefinitionUri !== undefined) return hidden(ELSEWHERE);
  const body = Body ?? DefinitionBody;
  if (body === undefined) return [];
  const { paths } = (isPlain(body) ? body : {}) as { paths?: Value };
  return !isPlain(body) || (paths !== undefined && !isPlain(paths)) ? hidden(MADE_LATER) : Object.entries(paths ?? {}).flatMap(routesAt);
}

function routesAt([key, operations]: [string, Value]): readonly DescribedRoute[] {
  const path = key === '/$default' ? '$default' : key;
  if (!isPlain(operations)) return hidden(MADE_LATER, path);
  return Object.entries(operations as Record<string, Operation>).flatMap(([name, operation]) => {
    const integration = operation['x-amazon-apigateway-integration'];
    if (integration === undefined) return [];
    const { uri, type } = integration;
    const method = name === 'x-amazon-apigateway-any-method' ? 'ANY' : name.toUpperCase();
    return [{ method, path, uri, mock: String(type).toLowerCase() === 'mock' }];
  });
}

const hidden = (reason: string, path = '*'): readonly DescribedRoute[] => [{ method: 'ANY', path, hidden: reason }];

/** As it stands, with nothing that CloudFormation has to work out first. */
const isPlain = (value: Value): value is object =>
  typeof value === 'object' && value !== null && !Object.keys(value).some((name) => name.startsWith('Fn::') || name === 'Ref');
