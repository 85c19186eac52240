import { isRecord } from './http-response';

/**
 * Whether a policy document lets `execute-api:Invoke` through on a resource:
 * some statement allows it and none denies it. Conditions are not evaluated: a
 * statement with one counts when it denies and not when it allows.
 */
export function allows(policy: Readonly<Record<string, unknown>>, resourceArn: string): boolean {
  const statements = asList(policy.Statement).filter(isRecord);
  const applying = statements.filter((statement) =>
    asList(statement.Action).some((action) => matches(String(action), 'execute-api:Invoke', 'i')) &&
    asList(statement.Resource).some((resource) => matches(String(resource), resourceArn, '')));
  const denied = applying.some(({ Effect }) => Effect === 'Deny');
  return !denied && applying.some(({ Effect, Condition }) => Effect === 'Allow' && Condition === undefined);
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** `*` stands for any characters, `?` for one. */
function matches(pattern: string, text: string, flags: string): boolean {
  const expression = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, flags).test(text);
}
