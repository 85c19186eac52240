import http from 'node:http';
import type { Deployment } from '../deployment';
import { givenSecret, namesSecret, secretNameIn, secretValue } from './secret-value';
import { listenOnFreePort, type LocalService } from './service';
import { arnOf, callersEnvironment } from '../environment';
import { readBody } from '../http/body';
import { SECRET_TYPE } from '../stored-values';

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly value: string;
}

/** The template's secrets, and those that are given: what is given counts. */
export function planSecrets(deployment: Deployment, given: ReadonlyMap<string, string> = new Map()): readonly Secret[] {
  const declared = deployment.ofType(SECRET_TYPE).map((resource) => {
    const arn = resource.ref;
    return { arn, name: secretNameIn(arn), value: givenSecret(arn, given) ?? secretValue(resource) };
  });
  const known = new Set(declared.map(({ name }) => name));
  const others = [...given].map(([id, value]) => secretOf(id, value)).filter(({ name }) => !known.has(name));
  return [...declared, ...others];
}

/** A secret that no template declares, by its ARN or name. */
export function secretOf(id: string, value: string): Secret {
  return id.startsWith('arn:')
    ? { arn: id, name: secretNameIn(id), value }
    : { arn: arnOf(callersEnvironment(), 'secretsmanager', `secret:${id}-local1`), name: id, value };
}

/** The part of Secrets Manager that hands secrets out: GetSecretValue of the current version. */
export function startSecrets(secrets: () => readonly Secret[]): Promise<LocalService> {
  return listenOnFreePort(http.createServer((request, response) => {
    void readBody(request, 64 * 1024).then((body) => {
      const [status, answer] = answerTo(secrets(), String(request.headers['x-amz-target']), body);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    });
  }));
}

function answerTo(secrets: readonly Secret[], target: string, body: Buffer | string): readonly [number, unknown] {
  if (target !== 'secretsmanager.GetSecretValue') return [400, { __type: 'InvalidRequestException', message: `${target} is not run locally` }];
  const secretId = secretIdIn(body);
  const secret = secretId === undefined ? undefined : findSecret(secrets, secretId);
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

/** One that was given by its name is asked for by an ARN whose end nobody here knows. */
export const findSecret = (secrets: readonly Secret[], id: string): Secret | undefined =>
  secrets.find((secret) => namesSecret(id, secret)) ?? secrets.find(({ name }) => id.startsWith('arn:') && secretNameIn(id) === name);
