import { longName } from '../construct-id';
import type { DeployedResource } from '../deployment';
import { forbidden, type Authorizer } from './authorizer';
import type { FrontContext } from './front';
import { iamAuthorizer, readIamCaller, UNVERIFIED_SIGNATURES } from './iam-caller';
import { planJwtAuthorizer } from './jwt-authorizer';
import { planLambdaAuthorizer } from './lambda-authorizer';

/** The authorizer of a route; `undefined` where it has none. One that cannot run here turns everything away. */
export function planAuthorizer(route: DeployedResource, context: FrontContext): Authorizer | undefined {
  const kind = route.string('AuthorizationType') ?? 'NONE';
  if (kind === 'NONE') return undefined;
  if (kind === 'AWS_IAM') return planIamAuthorizer(route, context);
  const authorizer = context.deployment.ofType('AWS::ApiGatewayV2::Authorizer').find(({ ref }) => ref === route.string('AuthorizerId'));
  if (kind === 'JWT' && authorizer) return planJwtAuthorizer(authorizer, route, context);
  if (kind === 'CUSTOM' && authorizer) return planLambdaAuthorizer(authorizer, context);
  context.notices.skip(route, `its authorization (${kind}) is not run; requests to it get a 403`);
  return { authorize: async () => forbidden() };
}

function planIamAuthorizer(route: DeployedResource, { notices }: FrontContext): Authorizer {
  notices.warn(`route ${longName(route)}: ${UNVERIFIED_SIGNATURES}`);
  return {
    authorize: async ({ request }) => {
      const caller = readIamCaller(request, route.environment);
      return caller ? { allowed: { iam: iamAuthorizer(caller) } } : forbidden();
    },
  };
}
