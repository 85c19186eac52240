import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';

/** A bare object is a 200 with JSON from an HTTP API. */
export const handler = async (event: APIGatewayProxyEventV2WithJWTAuthorizer): Promise<unknown> => ({
  account: event.requestContext.authorizer.jwt.claims.account_id,
  resource: randomUUID(),
});
