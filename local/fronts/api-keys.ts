import type { DeployedResource } from '../deployment';
import type { FrontContext, GatewayRequest } from './front';
import { shortId } from '../resource-values';
import { headerOf } from './request-parts';

/** An API key that was accepted. */
export interface KnownApiKey {
  readonly apiKey: string;
  readonly apiKeyId: string;
}

/** Who may call methods that require an API key; `undefined` where the key is missing or wrong. */
export type ApiKeys = (request: GatewayRequest) => KnownApiKey | undefined;

/**
 * The template's API keys. Where their values are left to AWS to make up,
 * nobody here can know them: any key is taken then, each with an id of its own.
 */
export function planApiKeys({ deployment, notices }: FrontContext): ApiKeys {
  const keys: readonly DeployedResource[] = deployment.ofType('AWS::ApiGateway::ApiKey');
  const known = new Map(keys.filter((key) => key.string('Enabled') !== 'false').map((key) => [key.string('Value'), key.ref]));
  const anyKey = keys.length === 0 || known.has(undefined);
  if (anyKey) notices.warn('API keys: the template holds no value to compare with, so that ANY x-api-key is accepted here');
  return (request) => {
    const apiKey = headerOf(request, 'x-api-key');
    if (apiKey === undefined || apiKey === '') return undefined;
    const apiKeyId = known.get(apiKey) ?? (anyKey ? shortId('api-key', apiKey) : undefined);
    return apiKeyId === undefined ? undefined : { apiKey, apiKeyId };
  };
}
