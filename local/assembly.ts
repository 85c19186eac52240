import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { callersEnvironment, type Environment } from './environment';
import { LocalError, reasonOf } from './local-error';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  /** The name of the condition without which it is not deployed. */
  readonly Condition?: string;
}

/** The part of a CloudFormation template that is read here. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, Output>>;
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Mappings: Readonly<Record<string, unknown>>;
  /** Names of the macros that CloudFormation would run over it. */
  readonly Transform: readonly string[];
}

export interface Output {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

export interface Parameter {
  readonly Type?: string;
  readonly Default?: unknown;
  readonly AllowedValues?: readonly unknown[];
  readonly AllowedPattern?: string;
}

/** One stack of a cloud assembly. */
export interface Stack {
  /** The artifact id: unique in its assembly. */
  readonly id: string;
  /** The CloudFormation name. */
  readonly name: string;
  /** What made-up names of its resources begin with: its name, and its region and account where another stack has that name too. */
  readonly prefix: string;
  /** Where the stack stands in the construct tree: `Prod/Api`. */
  readonly path: string;
  /** Its own, or that of who runs it where it names none. */
  readonly environment: Environment;
  readonly template: Template;
  /** Construct paths below the stack by logical id: `Payments/HttpApi/Resource`; those of the stacks that it nests among them. */
  readonly constructPaths: ReadonlyMap<string, readonly string[]>;
  /** What the construct paths of its own begin with: `Inner/` for a nested stack. */
  readonly folder: string;
  /** Files and folders of the assembly by the object key that the template names. */
  readonly assets: ReadonlyMap<string, string>;
  /** Artifact ids of the stacks that deploy before it. */
  readonly dependencies: readonly string[];
  /** The stack that nests this one, and the resource there that does. */
  readonly parent?: { readonly stack: Stack; readonly logicalId: string };
}

export const NESTED_STACK_TYPE = 'AWS::CloudFormation::Stack';

export interface Assembly {
  readonly stacks: readonly Stack[];
  /** Lookups whose values were dummies at synthesis: their keys, none where all is known. */
  readonly missingContext: readonly string[];
}

interface Artifact {
  readonly type: string;
  /** `aws://111111111111/eu-west-1`, or `unknown-account` and `unknown-region`. */
  readonly environment?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
  readonly displayName?: string;
  readonly metadata?: ConstructMetadata;
  readonly additionalMetadataFile?: string;
}
type ConstructMetadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;
interface Manifest {
  readonly artifacts: Readonly<Record<string, Artifact>>;
  readonly missing?: readonly { readonly key: string }[];
}

/**
 * Reads a cloud assembly, the assemblies of nested stages included; `callers`
 * is the environment of stacks that name none. Throws `ASSEMBLY_INVALID` naming
 * what is missing or broken.
 */
export function readAssembly(directory: string, callers: Environment = callersEnvironment()): Assembly {
  const { stacks, missingContext } = readDirectory(directory, callers);
  const names = stacks.map(({ name }) => name);
  const isShared = (name: string) => names.indexOf(name) !== names.lastIndexOf(name);
  return {
    stacks: stacks
      .map((stack) => ({ ...stack, prefix: isShared(stack.name) ? inEnvironment(stack) : stack.name }))
      .flatMap(withNested),
    missingContext,
  };
}

/** A stack and those that it nests, as far as their templates are in the assembly. */
function withNested(stack: Stack): readonly Stack[] {
  const nested = Object.entries(stack.template.Resources).flatMap(([logicalId, { Type, Properties }]) => {
    const file = Type === NESTED_STACK_TYPE ? templateAsset(Properties.TemplateURL, stack.assets) : undefined;
    if (file === undefined) return [];
    const made = (name: string) => `${name}-${logicalId}`;
    return withNested({
      ...stack,
      id: `${stack.id}/${logicalId}`,
      name: made(stack.name),
      prefix: made(stack.prefix),
      template: readTemplate(file),
      folder: constructPathOf(stack, logicalId).replace(/\.NestedStack\/[^/]+$/, '/'),
      parent: { stack, logicalId },
    });
  });
  return [stack, ...nested];
}

/** The URL is made of intrinsics, and ends with the asset's object key. */
function templateAsset(url: unknown, assets: Stack['assets']): string | undefined {
  const text = JSON.stringify(url ?? null);
  return [...assets].find(([key]) => text.includes(`/${key}"`))?.[1];
}

const inEnvironment = ({ name, environment: { account, region } }: Stack): string => `${name}-${region}-${account}`;

function readDirectory(directory: string, callers: Environment): Assembly {
  if (!existsSync(directory)) {
    throw new LocalError('ASSEMBLY_INVALID', `the assembly "${directory}" does not exist; run "npx cdk synth" first, or give --app instead of --assembly`);
  }
  if (!existsSync(path.join(directory, 'manifest.json'))) {
    throw new LocalError('ASSEMBLY_INVALID', `"${directory}" holds no manifest.json, so it is no cloud assembly; give the output folder of "cdk synth" (cdk.out)`);
  }
  const manifest = readJson<Manifest>(path.join(directory, 'manifest.json'));
  const stacks: Stack[] = [];
  const missing = (manifest.missing ?? []).map(({ key }) => key);
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type === 'aws:cloudformation:stack') {
      stacks.push(readStack(directory, id, artifact, manifest, callers));
    } else if (artifact.type === 'cdk:cloud-assembly') {
      const nested = readDirectory(path.join(directory, String(artifact.properties?.directoryName)), callers);
      stacks.push(...nested.stacks);
      missing.push(...nested.missingContext);
    }
  }
  return { stacks, missingContext: missing };
}

/**
 * The stacks to serve, and with them those that they depend on. Throws
 * `STACK_UNKNOWN` listing what there is.
 */
export function selectStacks(assembly: Assembly, name: string | undefined): { readonly served: readonly Stack[]; readonly all: readonly Stack[] } {
  if (name === undefined) return { served: assembly.stacks, all: assembly.stacks };
  const roots = assembly.stacks.filter(({ parent }) => parent === undefined);
  const named = roots.filter((stack) => [stack.name, stack.id, stack.path].includes(name));
  if (named.length === 0) {
    const known = roots.map((stack) => stack.name).join(', ') || 'none';
    throw new LocalError('STACK_UNKNOWN', `--stack "${name}" is not in the assembly; its stacks are: ${known}`);
  }
  const wanted = new Set<Stack>();
  const add = (stack: Stack): void => {
    if (wanted.has(stack)) return;
    wanted.add(stack);
    roots.filter(({ id }) => stack.dependencies.includes(id)).forEach(add);
  };
  named.forEach(add);
  return {
    served: assembly.stacks.filter((stack) => named.includes(rootOf(stack))),
    all: assembly.stacks.filter((stack) => wanted.has(rootOf(stack))),
  };
}

/** The stack that is deployed by itself. */
export const rootOf = (stack: Stack): Stack => (stack.parent === undefined ? stack : rootOf(stack.parent.stack));

function readStack(directory: string, id: string, artifact: Artifact, manifest: Manifest, callers: Environment): Stack {
  const name = typeof artifact.properties?.stackName === 'string' ? artifact.properties.stackName : id;
  const place = artifact.displayName ?? id;
  return {
    id,
    name,
    prefix: name,
    path: place,
    environment: environmentOf(artifact, callers),
    template: readTemplate(path.join(directory, String(artifact.properties?.templateFile))),
    constructPaths: constructPaths(directory, artifact, place),
    folder: '',
    assets: readAssets(directory, artifact, manifest),
    dependencies: artifact.dependencies ?? [],
  };
}

function readTemplate(file: string): Template {
  const { Resources = {}, Outputs = {}, Parameters = {}, Conditions = {}, Mappings = {}, Transform = [] } = readJson<Partial<Template>>(file);
  return {
    Resources: mapValues(Resources, (resource) => ({ ...resource, Properties: resource.Properties ?? {} })),
    Outputs,
    Parameters,
    Conditions,
    Mappings,
    Transform: [Transform].flat(),
  };
}

function environmentOf(artifact: Artifact, callers: Environment): Environment {
  const [, account = 'unknown-account', region = 'unknown-region'] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
  return {
    account: account === 'unknown-account' ? callers.account : account,
    region: region === 'unknown-region' ? callers.region : region,
  };
}

function constructPaths(directory: string, artifact: Artifact, stackPath: string): Map<string, string[]> {
  const metadata: ConstructMetadata = {
    ...artifact.metadata,
    ...(artifact.additionalMetadataFile ? readJson<ConstructMetadata>(path.join(directory, artifact.additionalMetadataFile)) : {}),
  };
  const paths = new Map<string, string[]>();
  for (const [construct, entries] of Object.entries(metadata)) {
    const logicalId = entries.find(({ type }) => type === 'aws:cdk:logicalId')?.data;
    const prefix = `/${stackPath}/`;
    if (typeof logicalId === 'string') {
      const below = construct.startsWith(prefix) ? construct.slice(prefix.length) : construct.split('/').slice(2).join('/');
      paths.set(logicalId, [...paths.get(logicalId) ?? [], below]);
    }
  }
  return paths;
}

/**
 * The construct path of a resource below its outermost stack, or the logical id
 * in a template that no CDK wrote. A nested stack may have its parent's logical
 * ids, for the same path below it: the parent's is the shorter one then.
 */
export function constructPathOf({ constructPaths: paths, folder }: Stack, logicalId: string): string {
  const own = (paths.get(logicalId) ?? []).filter((candidate) => candidate.startsWith(folder));
  return own.sort((a, b) => a.length - b.length)[0] ?? folder + logicalId;
}

/** Assets by object key: the key holds the content's hash, so that the bucket need not be compared. */
function readAssets(directory: string, artifact: Artifact, manifest: Manifest): Map<string, string> {
  const assets = new Map<string, string>();
  for (const dependency of artifact.dependencies ?? []) {
    const assetArtifact = manifest.artifacts[dependency];
    if (assetArtifact?.type !== 'cdk:asset-manifest') continue;
    const { files = {} } = readJson<AssetManifest>(path.join(directory, String(assetArtifact.properties?.file)));
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue;
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path.resolve(directory, source.path));
    }
  }
  return assets;
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, {
    readonly source: { readonly path?: string };
    readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
  }>>;
}

function readJson<T>(file: string): T {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (cause) {
    throw new LocalError('ASSEMBLY_INVALID', `the assembly's file ${file} cannot be read (${reasonOf(cause)}); synthesize it again with "npx cdk synth"`, { cause });
  }
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
