import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { callersEnvironment, type Environment } from './environment';
import { LocalError, reasonOf } from './local-error';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** The part of a CloudFormation template that is read here. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>>;
  readonly Parameters: Readonly<Record<string, { readonly Type?: string; readonly Default?: unknown }>>;
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
  /** Construct paths below the stack by logical id: `Payments/HttpApi/Resource`. */
  readonly constructPaths: ReadonlyMap<string, string>;
  /** Files and folders of the assembly by the object key that the template names. */
  readonly assets: ReadonlyMap<string, string>;
  /** Artifact ids of the stacks that deploy before it. */
  readonly dependencies: readonly string[];
}

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
    stacks: stacks.map((stack) => ({ ...stack, prefix: isShared(stack.name) ? inEnvironment(stack) : stack.name })),
    missingContext,
  };
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
  const served = assembly.stacks.filter((stack) => [stack.name, stack.id, stack.path].includes(name));
  if (served.length === 0) {
    const known = assembly.stacks.map((stack) => stack.name).join(', ') || 'none';
    throw new LocalError('STACK_UNKNOWN', `--stack "${name}" is not in the assembly; its stacks are: ${known}`);
  }
  const wanted = new Set<Stack>();
  const add = (stack: Stack): void => {
    if (wanted.has(stack)) return;
    wanted.add(stack);
    assembly.stacks.filter(({ id }) => stack.dependencies.includes(id)).forEach(add);
  };
  served.forEach(add);
  return { served, all: assembly.stacks.filter((stack) => wanted.has(stack)) };
}

function readStack(directory: string, id: string, artifact: Artifact, manifest: Manifest, callers: Environment): Stack {
  const template = readJson<Partial<Template>>(path.join(directory, String(artifact.properties?.templateFile)));
  const name = typeof artifact.properties?.stackName === 'string' ? artifact.properties.stackName : id;
  const place = artifact.displayName ?? id;
  return {
    id,
    name,
    prefix: name,
    path: place,
    environment: environmentOf(artifact, callers),
    template: {
      Resources: mapValues(template.Resources ?? {}, (resource) => ({ ...resource, Properties: resource.Properties ?? {} })),
      Outputs: template.Outputs ?? {},
      Parameters: template.Parameters ?? {},
    },
    constructPaths: constructPaths(directory, artifact, place),
    assets: readAssets(directory, artifact, manifest),
    dependencies: artifact.dependencies ?? [],
  };
}

function environmentOf(artifact: Artifact, callers: Environment): Environment {
  const [, account = 'unknown-account', region = 'unknown-region'] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
  return {
    account: account === 'unknown-account' ? callers.account : account,
    region: region === 'unknown-region' ? callers.region : region,
  };
}

function constructPaths(directory: string, artifact: Artifact, stackPath: string): Map<string, string> {
  const metadata: ConstructMetadata = {
    ...artifact.metadata,
    ...(artifact.additionalMetadataFile ? readJson<ConstructMetadata>(path.join(directory, artifact.additionalMetadataFile)) : {}),
  };
  const paths = new Map<string, string>();
  for (const [construct, entries] of Object.entries(metadata)) {
    const logicalId = entries.find(({ type }) => type === 'aws:cdk:logicalId')?.data;
    const prefix = `/${stackPath}/`;
    if (typeof logicalId === 'string') {
      paths.set(logicalId, construct.startsWith(prefix) ? construct.slice(prefix.length) : construct.split('/').slice(2).join('/'));
    }
  }
  return paths;
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
