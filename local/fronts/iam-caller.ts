import { partitionOf, type Environment } from '../environment';
import type { GatewayRequest } from './front';
import { headerOf } from './request-parts';

/** An IAM user as the gateway tells functions of it. */
export interface IamCaller {
  readonly accessKey: string;
  readonly accountId: string;
  readonly userArn: string;
  /** The unique id, which is made of the access key here. */
  readonly userId: string;
}

/** The caller, of the API's own account, named by an AWS Signature Version 4, which is read and NOT verified; `undefined` without one. */
export function readIamCaller(request: GatewayRequest, environment: Environment): IamCaller | undefined {
  const accessKey = /^AWS4-\S+\s.*\bCredential=([^/,\s]+)\//.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (accessKey === undefined) return undefined;
  const accountId = environment.account;
  return { accessKey, accountId, userArn: `arn:${partitionOf(environment)}:iam::${accountId}:user/${accessKey}`, userId: accessKey };
}

/** `requestContext.authorizer.iam` of payload format 2.0. */
export const iamAuthorizer = (caller: IamCaller) => ({
  accessKey: caller.accessKey,
  accountId: caller.accountId,
  callerId: caller.userId,
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: caller.userArn,
  userId: caller.userId,
});

export const UNVERIFIED_SIGNATURES = 'signatures (AWS_IAM) are NOT VERIFIED here; whatever access key a request names is believed';
