import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';

/** As much of a CloudFormation template as decides whether its resources can be made in some order. */
interface Template {
  readonly Resources?: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
}

interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Output {
  readonly Value?: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name?: unknown };
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, { readonly source: { readonly path?: string } }>>;
}

/** What one value refers to. */
type Reference =
  | { readonly kind: 'name' | 'attribute' | 'condition' | 'mapping'; readonly id: string; readonly attribute?: string }
  | { readonly kind: 'export'; readonly name: unknown };

/**
 * Why CloudFormation could not deploy these stacks, as far as their templates
 * tell: names that nothing has, resources or stacks that wait for each other,
 * exports that nobody makes. Empty where nothing is wrong.
 */
export function undeployable({ directory, stacksRecursively }: CloudAssembly): string[] {
  const problems: string[] = [];
  const exporters = new Map<string, string>();
  const templates = stacksRecursively.map((stack) => ({ stack, template: stack.template as Template }));
  for (const { stack, template } of templates) {
    for (const { Export } of Object.values(template.Outputs ?? {})) {
      if (Export !== undefined) exporters.set(JSON.stringify(Export.Name), stack.id);
    }
  }
  const needs = new Map<string, Set<string>>();
  for (const { stack, template } of templates) {
    const folder = stack.assembly.directory ?? directory;
    problems.push(...templateProblems(stack.id, template, folder));
    const needed = new Set(stack.dependencies.map(({ id }) => id).filter((id) => templates.some((other) => other.stack.id === id)));
    for (const reference of allReferences(template, folder)) {
      if (reference.kind !== 'export') continue;
      const exporter = exporters.get(JSON.stringify(reference.name));
      if (exporter === undefined) problems.push(`${stack.id}: imports ${JSON.stringify(reference.name)}, which no stack exports`);
      else needed.add(exporter);
    }
    needs.set(stack.id, needed);
  }
  const circle = circleIn(needs);
  if (circle !== undefined) problems.push(`stacks wait for each other: ${circle.join(' -> ')}`);
  return problems;
}

function templateProblems(where: string, template: Template, folder: string): string[] {
  const resources = Object.entries(template.Resources ?? {});
  const problems: string[] = [];
  const needs = new Map<string, Set<string>>();
  const follow = (from: string, references: readonly Reference[]): Set<string> => {
    const needed = new Set<string>();
    for (const reference of references) {
      const missing = resolve(template, folder, reference);
      if (missing !== undefined) problems.push(`${where}: ${from} refers to ${missing}`);
      else if ((reference.kind === 'name' || reference.kind === 'attribute') && reference.id in (template.Resources ?? {})) needed.add(reference.id);
    }
    return needed;
  };

  for (const [id, resource] of resources) {
    const depends = [resource.DependsOn ?? []].flat().map((other): Reference => ({ kind: 'attribute', id: other }));
    const conditions: Reference[] = resource.Condition === undefined ? [] : [{ kind: 'condition', id: resource.Condition }];
    needs.set(id, follow(id, [...depends, ...conditions, ...referencesIn(resource.Properties)]));
    if (resource.Type === 'AWS::CloudFormation::Stack') problems.push(...nestedProblems(where, id, resource, folder));
  }
  for (const [id, output] of Object.entries(template.Outputs ?? {})) {
    follow(`output ${id}`, [...referencesIn(output.Value), ...output.Condition === undefined ? [] : [{ kind: 'condition', id: output.Condition } as const]]);
  }
  for (const [id, condition] of Object.entries(template.Conditions ?? {})) follow(`condition ${id}`, referencesIn(condition));

  const circle = circleIn(needs);
  if (circle !== undefined) problems.push(`${where}: resources wait for each other: ${circle.join(' -> ')}`);
  return problems;
}

/** The template of a nested stack, which gets a value for each parameter without a default. */
function nestedProblems(where: string, id: string, resource: Resource, folder: string): string[] {
  const nested = nestedTemplate(resource, folder);
  if (nested === undefined) return [];
  const given = Object.keys(resource.Properties?.Parameters ?? {});
  const declared = Object.entries(nested.Parameters ?? {});
  return [
    ...given.filter((name) => !declared.some(([known]) => known === name)).map((name) => `${where}: ${id} passes ${name}, which its template has no parameter for`),
    ...declared.filter(([name, { Default }]) => Default === undefined && !given.includes(name)).map(([name]) => `${where}: ${id} is passed nothing for ${name}`),
    ...templateProblems(`${where}/${id}`, nested, folder),
  ];
}

/** A nested stack names its template by the hash of an asset; undefined for one that is no asset of this assembly. */
function nestedTemplate(resource: Resource, folder: string): Template | undefined {
  const hash = /[0-9a-f]{64}/.exec(JSON.stringify(resource.Properties?.TemplateURL) ?? '')?.[0];
  const sources = readdirSync(folder)
    .filter((file) => file.endsWith('.assets.json'))
    .map((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as AssetManifest).files?.[hash ?? '']?.source.path);
  const file = sources.find((source) => source !== undefined);
  return file === undefined ? undefined : JSON.parse(readFileSync(join(folder, file), 'utf8')) as Template;
}

/** What is wrong with a reference; undefined where it resolves. */
function resolve(template: Template, folder: string, reference: Reference): string | undefined {
  switch (reference.kind) {
    case 'export':
      return undefined;
    case 'condition':
      return reference.id in (template.Conditions ?? {}) ? undefined : `condition ${reference.id}, which there is not`;
    case 'mapping':
      return reference.id in (template.Mappings ?? {}) ? undefined : `mapping ${reference.id}, which there is not`;
    case 'name': {
      const known = reference.id.startsWith('AWS::') || reference.id in (template.Resources ?? {}) || reference.id in (template.Parameters ?? {});
      return known ? undefined : `${reference.id}, which there is not`;
    }
    case 'attribute': {
      const resource = template.Resources?.[reference.id];
      if (resource === undefined) return `resource ${reference.id}, which there is not`;
      if (resource.Type !== 'AWS::CloudFormation::Stack' || !reference.attribute?.startsWith('Outputs.')) return undefined;
      const output = reference.attribute.slice('Outputs.'.length);
      const nested = nestedTemplate(resource, folder);
      return nested === undefined || output in (nested.Outputs ?? {}) ? undefined : `output ${output} of ${reference.id}, which there is not`;
    }
  }
}

/** References of a template and of those nested in it. */
function allReferences(template: Template, folder: string): Reference[] {
  const nested = Object.values(template.Resources ?? {})
    .filter(({ Type }) => Type === 'AWS::CloudFormation::Stack')
    .map((resource) => nestedTemplate(resource, folder));
  return [
    ...referencesIn(Object.values(template.Resources ?? {}).map(({ Properties }) => Properties)),
    ...referencesIn(Object.values(template.Outputs ?? {}).map(({ Value }) => Value)),
    ...nested.flatMap((inner) => inner === undefined ? [] : allReferences(inner, folder)),
  ];
}

/** Everything that a value refers to, however deep. */
function referencesIn(value: unknown): Reference[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const [name, argument] = entries.length === 1 ? entries[0]! : [];
  switch (name) {
    case 'Ref':
      return [{ kind: 'name', id: argument }];
    case 'Fn::GetAtt': {
      const [id, ...attribute] = typeof argument === 'string' ? argument.split('.') : argument;
      return [{ kind: 'attribute', id, attribute: attribute.join('.') }];
    }
    case 'Fn::Sub': {
      const [text, given = {}] = typeof argument === 'string' ? [argument] : argument;
      return [...substituted(text, Object.keys(given)), ...referencesIn(given)];
    }
    case 'Fn::ImportValue':
      return [{ kind: 'export', name: argument }, ...referencesIn(argument)];
    case 'Fn::If':
      return [{ kind: 'condition', id: argument[0] }, ...referencesIn(argument.slice(1))];
    case 'Condition':
      return typeof argument === 'string' ? [{ kind: 'condition', id: argument }] : referencesIn(argument);
    case 'Fn::FindInMap':
      return [...typeof argument[0] === 'string' ? [{ kind: 'mapping', id: argument[0] } as const] : [], ...referencesIn(argument)];
    default:
      return entries.flatMap(([, member]) => referencesIn(member));
  }
}

function substituted(text: string, given: readonly string[]): Reference[] {
  return [...text.matchAll(/\$\{(?!!)([^}]+)\}/g)]
    .map(([, placeholder]) => placeholder!.trim())
    .filter((placeholder) => !given.includes(placeholder))
    .map((placeholder): Reference => {
      const [id, ...attribute] = placeholder.split('.');
      return attribute.length === 0 ? { kind: 'name', id: id! } : { kind: 'attribute', id: id!, attribute: attribute.join('.') };
    });
}

/** The members of a circle in order, its first one again at the end; undefined where an order exists. */
function circleIn(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id)) return undefined;
    for (const next of needs.get(id) ?? []) {
      const circle = visit(next, [...path, id]);
      if (circle !== undefined) return circle;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const circle = visit(id, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
