import { LocalError } from './local-error';

/** What the names in a template stand for. Each throws where it knows no answer. */
export interface Scope {
  /** `Ref` of a pseudo parameter, a parameter or a resource; `undefined` for `AWS::NoValue`. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  importValue(name: string): unknown;
  stackOutput(stackName: string, output: string): unknown;
}

/**
 * A template value with its intrinsic functions evaluated: Ref, Fn::GetAtt,
 * Fn::Join, Fn::Sub, Fn::Select, Fn::Split, Fn::ImportValue and
 * Fn::GetStackOutput. Properties that resolve to `AWS::NoValue` are left out.
 * Throws `TEMPLATE_UNSUPPORTED` naming any other function and `where` it stands.
 */
export function resolve(value: unknown, scope: Scope, where: string): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope, where)).filter((item) => item !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    return call(name, argument, scope, where);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, resolve(item, scope, where)] as const).filter(([, item]) => item !== undefined),
  );
}

/** `resolve` where only a string will do. */
export function resolveString(value: unknown, scope: Scope, where: string): string {
  const resolved = resolve(value, scope, where);
  if (typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  throw unsupported(`${where} is not a string`);
}

function call(name: string, argument: unknown, scope: Scope, where: string): unknown {
  const value = (item: unknown) => resolve(item, scope, where);
  const text = (item: unknown) => resolveString(item, scope, where);
  switch (name) {
    case 'Ref':
      return scope.ref(String(argument));
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = typeof argument === 'string' ? splitOnce(argument, '.') : list(argument, 2, name, where);
      return scope.attribute(String(logicalId), text(attribute));
    }
    case 'Fn::Join': {
      const [separator, parts] = list(argument, 2, name, where);
      return list(value(parts), undefined, name, where).map(text).join(String(separator));
    }
    case 'Fn::Split': {
      const [separator, source] = list(argument, 2, name, where);
      return text(source).split(String(separator));
    }
    case 'Fn::Select': {
      const [index, items] = list(argument, 2, name, where);
      const choices = list(value(items), undefined, name, where);
      const chosen = choices[Number(value(index))];
      if (chosen === undefined) throw unsupported(`${where}: Fn::Select asks for item ${String(value(index))} of ${choices.length}`);
      return chosen;
    }
    case 'Fn::Sub':
      return substitute(argument, scope, where);
    case 'Fn::ImportValue':
      return scope.importValue(text(argument));
    case 'Fn::GetStackOutput': {
      const { StackName, OutputName } = argument as { StackName: unknown; OutputName: unknown };
      return scope.stackOutput(text(StackName), text(OutputName));
    }
    default:
      throw unsupported(`${where} uses ${name}, which is not evaluated locally; give the value literally or leave the stack out with --stack`);
  }
}

/** `${Name}`, `${Name.Attribute}`, `${!Literal}`, and the two-argument form with names of its own. */
function substitute(argument: unknown, scope: Scope, where: string): string {
  const [template, names] = Array.isArray(argument) ? (argument as [unknown, unknown]) : [argument, {}];
  const own = new Map(Object.entries((names ?? {}) as Record<string, unknown>));
  return String(template).replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (own.has(name)) return resolveString(own.get(name), scope, where);
    const [logicalId, attribute] = splitOnce(name, '.');
    const found = attribute === undefined ? scope.ref(name) : scope.attribute(logicalId, attribute);
    return resolveString(found, scope, where);
  });
}

function list(value: unknown, length: number | undefined, name: string, where: string): unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  throw unsupported(`${where}: ${name} has arguments that CloudFormation does not allow`);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

const unsupported = (message: string) => new LocalError('TEMPLATE_UNSUPPORTED', message);
