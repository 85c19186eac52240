import type { Parameter, Stack } from './assembly';
import type { GivenParameter } from './given';
import { LocalError } from './local-error';

/** What `--parameter` gives a parameter of a stack, the last one if several do; `undefined` where none does. */
export function givenFor(stack: Stack, name: string, given: readonly GivenParameter[]): string | undefined {
  return given.findLast((parameter) => parameter.name === name && isFor(parameter, stack))?.value;
}

/** Throws `USAGE` for what no stack declares: a slip of the pen would otherwise go unnoticed. */
export function refuseUndeclared(given: readonly GivenParameter[], stacks: readonly Stack[]): void {
  // What a nested stack gets is its parent's to say.
  const roots = stacks.filter(({ parent }) => parent === undefined);
  for (const parameter of given) {
    const declaring = roots.filter((stack) => isFor(parameter, stack) && Object.hasOwn(stack.template.Parameters, parameter.name));
    if (declaring.length > 0) continue;
    const known = [...new Set(roots.flatMap(({ template }) => Object.keys(template.Parameters)))].join(', ') || 'none';
    const where = parameter.stack === undefined ? 'no stack declares' : `the stack "${parameter.stack}" does not declare`;
    throw new LocalError('USAGE', `--parameter ${parameter.name}: ${where} it; the parameters are: ${known}`);
  }
}

/** Throws `USAGE` where CloudFormation would turn a value down. */
export function checkedValue(value: string, declared: Parameter, where: string): string {
  const { AllowedValues: allowed, AllowedPattern: pattern, Type: type } = declared;
  if (allowed && !allowed.map(String).includes(value)) throw refused(where, value, `one of: ${allowed.join(', ')}`);
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) throw refused(where, value, `what matches ${pattern}`);
  if (type === 'Number' && (value.trim() === '' || Number.isNaN(Number(value)))) throw refused(where, value, 'a number');
  return value;
}

/** Whether the parameter's value is the name of an SSM parameter, whose value it then has. */
export const isSsmValue = (type: string | undefined): boolean => type?.startsWith('AWS::SSM::Parameter::Value<') ?? false;

/** Lists are written with commas. */
export function typed(value: unknown, type: string | undefined): unknown {
  return type !== undefined && /(^|<)(CommaDelimitedList|List<)/.test(type) ? String(value).split(',').map((item) => item.trim()) : value;
}

const isFor = ({ stack: wanted }: GivenParameter, { name, id, path }: Stack): boolean =>
  wanted === undefined || [name, id, path].includes(wanted);

const refused = (where: string, value: string, allowed: string) =>
  new LocalError('USAGE', `${where} is "${value}"; it must be ${allowed}; give it with --parameter`);
