import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The function's own module, which the layer's entry stands in for. */
export interface UserModule {
  readonly handler: (...args: unknown[]) => unknown;
  /** `export const idempotency = { ... }`: options that only code can say. */
  readonly idempotency?: unknown;
}

/** The function's own handler cannot be loaded. The function fails to start, as it would without the layer. */
export class UserHandlerError extends Error {
  public constructor(
    public readonly code: 'IDEMPOTENCY_HANDLER_UNSET' | 'IDEMPOTENCY_HANDLER_NOT_FOUND' | 'IDEMPOTENCY_HANDLER_NOT_A_FUNCTION',
    message: string,
  ) {
    super(message);
    this.name = 'UserHandlerError';
  }
}

/**
 * Loads `dir/module.export.path` below the task root by the rules of Lambda's
 * own runtime: the file name ends at its first dot, the rest is a path into the
 * exports, and CommonJS is loaded by `require`, where tracers have their hooks.
 */
export async function loadUserHandler(handler: string | undefined, taskRoot: string): Promise<UserModule> {
  const { directory, moduleName, exportPath } = parse(handler);
  const loaded = await loadModule(path.resolve(taskRoot), directory, moduleName, handler!);
  // The namespace of an ES module, or what a CommonJS module exports; either may have all of it in `default`.
  const roots = [loaded, member(loaded, 'default')];
  const found = roots.map((root) => exportPath.reduce(member, root)).find((at) => typeof at === 'function');
  if (found === undefined) {
    throw new UserHandlerError(
      'IDEMPOTENCY_HANDLER_NOT_A_FUNCTION',
      `The function's own handler is ${handler}, but ${exportPath.join('.')} is not a function that ${moduleName} exports.`,
    );
  }
  return {
    handler: found as UserModule['handler'],
    idempotency: roots.map((root) => member(root, 'idempotency')).find((options) => options !== undefined),
  };
}

async function loadModule(taskRoot: string, directory: string, moduleName: string, handler: string): Promise<unknown> {
  const require = createRequire(path.join(taskRoot, 'index.js'));
  const base = path.resolve(taskRoot, directory, moduleName);
  if (isFile(base)) return require(base);
  if (isFile(`${base}.js`)) return isOfModules(path.dirname(base)) ? importFile(`${base}.js`) : requireOrImport(require, `${base}.js`);
  if (isFile(`${base}.mjs`)) return importFile(`${base}.mjs`);
  if (isFile(`${base}.cjs`)) return require(`${base}.cjs`);
  return require(resolve(require, base, moduleName, [taskRoot, path.dirname(base)], handler));
}

const importFile = (file: string): Promise<unknown> => import(pathToFileURL(file).href);

/** A `.js` file that is an ES module by its syntax alone is one for Node.js 24; if it awaits at its top level, only `import` loads it. */
async function requireOrImport(require: NodeJS.Require, file: string): Promise<unknown> {
  try {
    return require(file);
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return importFile(file);
  }
}

/** A folder with an index, or a package, of the function's own or of a layer. */
function resolve(require: NodeJS.Require, base: string, moduleName: string, paths: string[], handler: string): string {
  for (const attempt of [() => require.resolve(base), () => require.resolve(moduleName, { paths })]) {
    try {
      return attempt();
    } catch {
      // Not there.
    }
  }
  throw new UserHandlerError(
    'IDEMPOTENCY_HANDLER_NOT_FOUND',
    `The function's own handler is ${handler}, but there is no ${moduleName}.js, .mjs or .cjs: check the function's handler and code.`,
  );
}

/** By the nearest package.json, as Node.js looks for it. */
function isOfModules(folder: string): boolean {
  if (path.basename(folder) === 'node_modules') return false;
  const file = path.join(folder, 'package.json');
  if (isFile(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown } | null)?.type === 'module';
  return path.dirname(folder) !== folder && isOfModules(path.dirname(folder));
}

function parse(handler: string | undefined): { readonly directory: string; readonly moduleName: string; readonly exportPath: readonly string[] } {
  const match = /^([^.]+)\.(.+)$/.exec(path.basename(handler ?? ''));
  if (handler === undefined || match === null) {
    throw new UserHandlerError(
      'IDEMPOTENCY_HANDLER_UNSET',
      `The function's own handler must read file.export, got ${JSON.stringify(handler)}: the construct sets it, so redeploy the stack.`,
    );
  }
  return { directory: path.dirname(handler), moduleName: match[1]!, exportPath: match[2]!.split('.') };
}

const member = (object: unknown, name: string): unknown =>
  typeof object === 'object' || typeof object === 'function' ? (object as Record<string, unknown> | null)?.[name] : undefined;

const isFile = (candidate: string): boolean => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true;
