import { LocalError } from './local-error';

/** What the names in a template stand for. Each throws where it knows no answer. */
export interface Scope {
  /** `Ref` of a pseudo parameter, a parameter or a resource; `undefined` for `AWS::NoValue`. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  importValue(name: string): unknown;
  /** `region` stands where the reference names one. */
  stackOutput(stackName: string, output: string, region: string | undefined): unknown;
  /** Whether a condition of the template holds. */
  condition(name: string): boolean;
  /** A value of a map of the template; `undefined` where there is none. */
  mapped(map: string, topLevelKey: string, secondLevelKey: string): unknown;
  /** The value that `{{resolve:service:reference}}` stands for. */
  dynamicReference(service: string, reference: string, where: string): string;
}

/**
 * A template value with its intrinsic functions and dynamic references
 * evaluated. Properties that resolve to `AWS::NoValue` are left out. Throws
 * `TEMPLATE_UNSUPPORTED` naming a function that is not evaluated here and
 * `where` it stands.
 */
export function resolve(value: unknown, scope: Scope, where: string): unknown {
  if (typeof value === 'string') return withReferences(value, scope, where);
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope, where)).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const called = intrinsicIn(value);
  if (called) {
    const result = call(called.name, called.argument, scope, where);
    return typeof result === 'string' ? withReferences(result, scope, where) : result;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolve(item, scope, where)] as const).filter(([, item]) => item !== undefined),
  );
}

/** `resolve` where only a string will do. */
export function resolveString(value: unknown, scope: Scope, where: string): string {
  return textOf(resolve(value, scope, where), where);
}

/** A value that is evaluated already, where only a string will do. */
export function textOf(resolved: unknown, where: string): string {
  if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  throw unsupported(`${where} is not a string`);
}

/** A value whose own members can be asked for: as it stands in the template, or what a function makes of it. */
export function opened(value: unknown, scope: Scope, where: string): unknown {
  const called = intrinsicIn(value);
  if (!called) return value;
  return called.name === 'Fn::If' ? opened(branch(called.argument, scope, where), scope, where) : resolve(value, scope, where);
}

/** Whether a condition function holds: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, or the name of another condition. */
export function holds(value: unknown, scope: Scope, where: string): boolean {
  const [name, argument] = Object.entries((value ?? {}) as Record<string, unknown>)[0] ?? [];
  const each = (length?: number) => list(argument, length, name ?? 'a condition', where);
  switch (name) {
    case 'Condition':
      return scope.condition(textOf(argument, where));
    case 'Fn::Equals': {
      const [one, other] = each(2).map((item) => comparable(resolve(item, scope, where)));
      return one === other;
    }
    case 'Fn::And':
      return each().every((item) => holds(item, scope, where));
    case 'Fn::Or':
      return each().some((item) => holds(item, scope, where));
    case 'Fn::Not':
      return !holds(each(1)[0], scope, where);
    default:
      throw unsupported(`${where} uses ${name ?? 'no function'}, which is no condition that is evaluated locally`);
  }
}

/** CloudFormation compares text: `true` equals `"true"`. */
const comparable = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function intrinsicIn(value: unknown): { readonly name: string; readonly argument: unknown } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [[name, argument] = [], ...others] = Object.entries(value);
  const isCall = name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
  return isCall ? { name, argument } : undefined;
}

function call(name: string, argument: unknown, scope: Scope, where: string): unknown {
  const value = (item: unknown) => resolve(item, scope, where);
  const text = (item: unknown) => resolveString(item, scope, where);
  switch (name) {
    case 'Ref':
      return scope.ref(textOf(argument, where));
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = typeof argument === 'string' ? splitOnce(argument, '.') : list(argument, 2, name, where);
      return scope.attribute(textOf(logicalId, where), text(attribute));
    }
    case 'Fn::Join': {
      const [separator, parts] = list(argument, 2, name, where);
      return list(value(parts), undefined, name, where).map(text).join(textOf(separator, where));
    }
    case 'Fn::Split': {
      const [separator, source] = list(argument, 2, name, where);
      return text(source).split(textOf(separator, where));
    }
    case 'Fn::Select': {
      const [index, items] = list(argument, 2, name, where);
      const choices = list(value(items), undefined, name, where);
      const at = text(index);
      const chosen = choices[Number(at)];
      if (chosen === undefined) throw unsupported(`${where}: Fn::Select asks for item ${at} of ${choices.length}`);
      return chosen;
    }
    case 'Fn::Sub':
      return substitute(argument, scope, where);
    case 'Fn::If':
      return value(branch(argument, scope, where));
    case 'Fn::FindInMap':
      return findInMap(argument, scope, where);
    case 'Fn::Base64':
      return Buffer.from(text(argument)).toString('base64');
    case 'Fn::Length':
      return list(value(argument), undefined, name, where).length;
    case 'Fn::ToJsonString':
      return JSON.stringify(value(argument));
    case 'Fn::ImportValue':
      return scope.importValue(text(argument));
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName, Region } = argument as { StackName: unknown; OutputName: unknown; Region?: unknown };
      return scope.stackOutput(text(StackName), text(OutputName), Region === undefined ? undefined : text(Region));
    }
    default:
      throw unsupported(`${where} uses ${name}, which is not evaluated locally; give the value literally or leave the stack out with --stack`);
  }
}

/** What `Fn::If` chooses, not evaluated yet: what it does not choose need not have a value. */
function branch(argument: unknown, scope: Scope, where: string): unknown {
  const [condition, whenTrue, whenFalse] = list(argument, 3, 'Fn::If', where);
  return scope.condition(textOf(condition, `${where}: Fn::If`)) ? whenTrue : whenFalse;
}

function findInMap(argument: unknown, scope: Scope, where: string): unknown {
  const [map, top, second, options] = list(argument, undefined, 'Fn::FindInMap', where);
  const keys = [map, top, second].map((key) => resolveString(key, scope, where)) as [string, string, string];
  const found = scope.mapped(...keys);
  if (found !== undefined) return found;
  const fallback = (options as { DefaultValue?: unknown } | undefined)?.DefaultValue;
  if (fallback === undefined) throw unsupported(`${where}: the map ${keys[0]} has no value for ${keys[1]}, ${keys[2]}`);
  return resolve(fallback, scope, where);
}

/** `${Name}`, `${Name.Attribute}`, `${!Literal}`, and the two-argument form with names of its own. */
function substitute(argument: unknown, scope: Scope, where: string): string {
  const [template, names] = Array.isArray(argument) ? (argument as [unknown, unknown]) : [argument, {}];
  const own = new Map(Object.entries((names ?? {}) as Record<string, unknown>));
  return textOf(template, where).replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (own.has(name)) return resolveString(own.get(name), scope, where);
    const [logicalId, attribute] = splitOnce(name, '.');
    const found = attribute === undefined ? scope.ref(name) : scope.attribute(logicalId, attribute);
    return resolveString(found, scope, where);
  });
}

const withReferences = (text: string, scope: Scope, where: string): string =>
  text.replace(/\{\{resolve:([^:{}]+):([^{}]*)\}\}/g, (_, service: string, reference: string) => scope.dynamicReference(service, reference, where));

function list(value: unknown, length: number | undefined, name: string, where: string): unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  throw unsupported(`${where}: ${name} has arguments that CloudFormation does not allow`);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const unsupported = (message: string) => new LocalError('TEMPLATE_UNSUPPORTED', message);
