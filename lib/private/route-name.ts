import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { IConstruct } from 'constructs';
import { refuse } from './errors';
import { honoursKeys } from './methods';

const METHODS: readonly string[] = Object.values(HttpMethod);

/** A route as the gateway names it to the function. Any other name would hold for no request, in silence. */
export function requireRoute(site: IConstruct, route: string): void {
  const [, method, path] = /^(\S+) (\S+)$/.exec(route) ?? [];
  if (method === undefined || !METHODS.includes(method) || !(/^\/[^?#]*$/.test(path!) || path === '$default')) {
    refuse({
      site,
      prop: 'routes',
      problem: `has ${JSON.stringify(route)}, which no gateway names a route by`,
      remedy: 'Name it by method and template, as in "POST /payments/{id}" or "ANY $default"',
    });
  }
  if (!honoursKeys(method)) {
    refuse({
      site,
      prop: 'routes',
      problem: `has ${JSON.stringify(route)}, but a key means nothing on ${method}`,
      remedy: 'Leave it out: such requests go straight to the handler',
    });
  }
}
