import { ACCOUNT, PARTITION, REGION } from '../environment';

/** `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`, as authorizers are told it and policies name it. */
export const executeApiArn = (apiId: string, stage: string, method: string, path: string): string =>
  `arn:${PARTITION}:execute-api:${REGION}:${ACCOUNT}:${apiId}/${stage}/${method}${path}`;
