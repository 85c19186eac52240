import { arnOf, type Environment } from '../environment';

/** `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`, as authorizers are told it and policies name it. */
export const executeApiArn = (environment: Environment, apiId: string, stage: string, method: string, path: string): string =>
  arnOf(environment, 'execute-api', `${apiId}/${stage}/${method}${path}`);
