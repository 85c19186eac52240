import type { DeployedResource } from '../deployment';
import { forbidden, type Authorizer } from './authorizer';
import type { FrontContext } from './front';
import { planJwtAuthorizer } from './jwt-authorizer';
import { planLambdaAuthorizer } from './lambda-authorizer';

/** The authorizer of a route; `undefined` where it has none. One that cannot run here turns everything away. */
export function planAuthorizer(route: DeployedResource, context: FrontContext): Authorizer | undefined {
  const kind = route.string('AuthorizationType') ?? 'NONE';
  if (kind === 'NONE') return undefined;
  const authorizer = context.deployment.ofType('AWS::ApiGatewayV2::Authorizer').find(({ ref }) => ref === route.string('AuthorizerId'));
  if (kind === 'JWT' && authorizer) return planJwtAuthorizer(authorizer, route, context);
  if (kind === 'CUSTOM' && authorizer) return planLambdaAuthorizer(authorizer, context);
  context.notices.skip(route, `authorization by ${kind} is not run; requests to it get a 403`);
  return { authorize: async () => forbidden() };
}
