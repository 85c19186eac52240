import { Token } from 'aws-cdk-lib';
import { CfnMethod } from 'aws-cdk-lib/aws-apigateway';
import { CfnRoute } from 'aws-cdk-lib/aws-apigatewayv2';
import { WireTenant } from '../contract';

type Source = Extract<WireTenant, { readonly source: string }>['source'];

/** What is known of a caller once a route has let the request in. */
export interface RouteIdentity {
  /** What CloudFormation calls the authorizer; undefined where there is none. */
  readonly authorizer?: string;
  /** Tenant sources that have a value then. */
  readonly gives: readonly Source[];
}

const GIVEN_BY: Readonly<Record<string, Source>> = {
  JWT: 'jwtClaim',
  COGNITO_USER_POOLS: 'jwtClaim',
  CUSTOM: 'lambdaContext',
  AWS_IAM: 'iamPrincipal',
};

/** Undefined where it is not known at synth. */
export function identityOf(route: CfnRoute | CfnMethod): RouteIdentity | undefined {
  // The CDK's constructs always say it.
  const type = route.authorizationType!;
  if (Token.isUnresolved(type)) return undefined;
  const given = GIVEN_BY[type];
  // A key of an HTTP API identifies nobody: it has no usage plans.
  const keyed = route instanceof CfnMethod && route.apiKeyRequired === true;
  return {
    authorizer: type === 'NONE' ? undefined : type,
    gives: [...given === undefined ? [] : [given], ...keyed ? ['apiKeyId' as const] : []],
  };
}
