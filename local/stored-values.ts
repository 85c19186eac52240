import type { Stack } from './assembly';
import { givenSecret, namesSecret, secretNameIn, secretValue, type SecretSource } from './aws/secret-value';
import { isSameEnvironment } from './environment';
import type { Given } from './given';
import { LocalError } from './local-error';
import { nearest } from './nearest';

export const PARAMETER_TYPE = 'AWS::SSM::Parameter';
export const SECRET_TYPE = 'AWS::SecretsManager::Secret';

type Stored = SecretSource & { readonly stack: Stack };

/**
 * What SSM parameters and secrets stand for in a template: the value given on
 * the command line, else that which the assembly declares. Throws
 * `TEMPLATE_UNSUPPORTED` naming the flag where nobody knows it.
 */
export class StoredValues {
  constructor(private readonly deployment: { ofType(type: string): readonly Stored[] }, private readonly given: Given) {}

  /** What `{{resolve:service:reference}}` stands for. */
  reference(service: string, reference: string, asker: Stack, where: string): string {
    switch (service) {
      case 'ssm':
      case 'ssm-secure':
        // There is one version here, the newest.
        return this.parameter(reference.split(':')[0]!, asker);
      case 'secretsmanager':
        return this.secret(reference, asker);
      default:
        throw unresolved(`${where}: {{resolve:${service}:...}} is a dynamic reference that is not resolved locally; give the value literally`);
    }
  }

  /** The value of an SSM parameter. */
  parameter(name: string, asker: Stack): string {
    const given = this.given.ssm.get(name);
    if (given !== undefined) return given;
    const declared = this.deployment.ofType(PARAMETER_TYPE)
      .filter(({ ref, stack }) => ref === name && isSameEnvironment(stack.environment, asker.environment));
    const found = nearest(declared, asker)?.string('Value');
    if (found === undefined) throw unresolved(`${asker.name}: the SSM parameter ${name} is not in the assembly; give its value with --ssm ${name}=VALUE`);
    return found;
  }

  /** `secret-id:SecretString:json-key:version-stage:version-id`; the id may be an ARN, which has six colons of its own. */
  private secret(reference: string, asker: Stack): string {
    const parts = reference.split(':');
    const idLength = parts[0] === 'arn' ? 7 : 1;
    const id = parts.slice(0, idLength).join(':');
    const jsonKey = parts[idLength + 1];
    const declared = this.deployment.ofType(SECRET_TYPE).filter(({ ref }) => namesSecret(id, { arn: ref, name: secretNameIn(ref) }));
    const found = nearest(declared, asker);
    const value = givenSecret(id, this.given.secrets) ?? (found && secretValue(found));
    if (value === undefined) throw unresolved(`${asker.name}: the secret ${id} is not in the assembly; give its value with --secret ${id}=VALUE`);
    if (!jsonKey) return value;
    const member = jsonMember(value, jsonKey);
    if (member === undefined) throw unresolved(`${asker.name}: the secret ${id} is no JSON object with "${jsonKey}"; give one with --secret ${id}='{"${jsonKey}":"VALUE"}'`);
    return member;
  }
}

function jsonMember(text: string, key: string): string | undefined {
  try {
    const object = JSON.parse(text) as Record<string, unknown> | null;
    return typeof object === 'object' && object !== null && Object.hasOwn(object, key) ? String(object[key]) : undefined;
  } catch {
    return undefined;
  }
}

const unresolved = (message: string) => new LocalError('TEMPLATE_UNSUPPORTED', message);
