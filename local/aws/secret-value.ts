import { createHash } from 'node:crypto';

/** A secret of a template, as far as its value goes. */
export interface SecretSource {
  readonly ref: string;
  string(name: string): string | undefined;
  property(name: string): unknown;
}

/**
 * A secret's value. One that AWS would make up is made of its ARN: the same at
 * every start, so that record ids keyed by it stay the same, and no secret at all.
 */
export const secretValue = (secret: SecretSource): string =>
  secret.string('SecretString') ?? generated(secret.property('GenerateSecretString'), secret.ref);

export const madeUpSecret = (arn: string): string => createHash('sha256').update(arn).digest('base64url');

function generated(rules: unknown, arn: string): string {
  const { GenerateStringKey: key, SecretStringTemplate: template } = (rules ?? {}) as { GenerateStringKey?: string; SecretStringTemplate?: string };
  return key === undefined ? madeUpSecret(arn) : JSON.stringify({ ...(JSON.parse(template ?? '{}') as object), [key]: madeUpSecret(arn) });
}

/** The end of an ARN without what AWS puts behind the name. */
export const secretNameIn = (arn: string): string => (arn.split(':')[6] ?? '').replace(/-[A-Za-z0-9]{6}$/, '');

/** Whether an id, a name or a whole or partial ARN, is that of the secret. */
export function namesSecret(id: string, { arn, name }: { readonly arn: string; readonly name: string }): boolean {
  return id === arn || id === name || arn.startsWith(`${id}-`);
}

/** A given value: under its name, its ARN, or an ARN without its end. */
export function givenSecret(id: string, given: ReadonlyMap<string, string>): string | undefined {
  const name = id.startsWith('arn:') ? secretNameIn(id) : id;
  const key = [...given.keys()].find((candidate) => candidate === id || candidate === name || namesSecret(candidate, { arn: id, name }));
  return key === undefined ? undefined : given.get(key);
}
