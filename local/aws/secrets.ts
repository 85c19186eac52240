import { createHash } from 'node:crypto';
import http from 'node:http';
import type { Deployment } from '../deployment';
import { listenOnFreePort, type LocalService } from './service';
import { readBody } from '../http/body';

export const SECRET_TYPE = 'AWS::SecretsManager::Secret';

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly value: string;
}

/**
 * The template's secrets. One whose value AWS would make up has a value made of
 * its ARN: the same at every start, so that record ids keyed by it stay the
 * same, and no secret at all.
 */
export function planSecrets(deployment: Deployment): readonly Secret[] {
  return deployment.ofType(SECRET_TYPE).map((resource) => {
    const arn = resource.ref;
    return {
      arn,
      name: arn.split(':').at(-1)!.replace(/-[^-]*$/, ''),
      value: resource.string('SecretString') ?? generated(resource.property('GenerateSecretString'), arn),
    };
  });
}

function generated(rules: unknown, arn: string): string {
  const { GenerateStringKey: key, SecretStringTemplate: template } = (rules ?? {}) as { GenerateStringKey?: string; SecretStringTemplate?: string };
  const made = createHash('sha256').update(arn).digest('base64url');
  return key === undefined ? made : JSON.stringify({ ...(JSON.parse(template ?? '{}') as object), [key]: made });
}

/** The part of Secrets Manager that hands secrets out: GetSecretValue of the current version. */
export function startSecrets(secrets: readonly Secret[]): Promise<LocalService> {
  return listenOnFreePort(http.createServer((request, response) => {
    void readBody(request, 64 * 1024).then((body) => {
      const [status, answer] = answerTo(secrets, String(request.headers['x-amz-target']), body);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    });
  }));
}

function answerTo(secrets: readonly Secret[], target: string, body: Buffer | string): readonly [number, unknown] {
  if (target !== 'secretsmanager.GetSecretValue') return [400, { __type: 'InvalidRequestException', message: `${target} is not run locally` }];
  const secretId = secretIdIn(body);
  const secret = secrets.find(({ arn, name }) => secretId === arn || secretId === name || arn.startsWith(`${secretId}-`));
  if (!secret) return [400, { __type: 'ResourceNotFoundException', message: "Secrets Manager can't find the specified secret." }];
  return [200, { ARN: secret.arn, Name: secret.name, SecretString: secret.value, VersionId: 'local', VersionStages: ['AWSCURRENT'] }];
}

function secretIdIn(body: Buffer | string): string | undefined {
  try {
    const { SecretId } = JSON.parse(body.toString()) as { SecretId?: unknown };
    return typeof SecretId === 'string' ? SecretId : undefined;
  } catch {
    return undefined;
  }
}
