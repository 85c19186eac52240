import { statSync } from 'node:fs';
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

const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

/**
 * Loads `dir/module.export.path` below the task root by Lambda's own rules: the
 * file name ends at its first dot, `.js` comes before `.mjs` and `.cjs`, and the
 * rest is a path into the exports.
 */
export async function loadUserHandler(handler: string | undefined, taskRoot: string): Promise<UserModule> {
  const { directory, moduleName, exportPath } = parse(handler);
  const base = path.resolve(taskRoot, directory, moduleName);
  const file = EXTENSIONS.map((extension) => base + extension).find(isFile);
  if (file === undefined) {
    throw new UserHandlerError(
      'IDEMPOTENCY_HANDLER_NOT_FOUND',
      `The function's own handler is ${handler}, but there is no ${moduleName}.js, .mjs or .cjs: check the function's handler and code.`,
    );
  }
  const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  // A CommonJS module's exports are whole only on `default`; Node guesses the rest.
  const roots = [loaded, loaded.default].filter((root) => typeof root === 'object' && root !== null) as Record<string, unknown>[];
  const found = roots.map((root) => memberAt(root, exportPath)).find((member) => typeof member === 'function');
  if (found === undefined) {
    throw new UserHandlerError(
      'IDEMPOTENCY_HANDLER_NOT_A_FUNCTION',
      `The function's own handler is ${handler}, but ${exportPath.join('.')} is not a function that ${path.basename(file)} exports.`,
    );
  }
  return {
    handler: found as UserModule['handler'],
    idempotency: roots.map((root) => root.idempotency).find((options) => options !== undefined),
  };
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

const memberAt = (root: Record<string, unknown>, exportPath: readonly string[]): unknown =>
  exportPath.reduce<unknown>(
    (object, name) => (typeof object === 'object' || typeof object === 'function' ? (object as Record<string, unknown> | null)?.[name] : undefined),
    root,
  );

const isFile = (candidate: string): boolean => statSync(candidate, { throwIfNoEntry: false })?.isFile() === true;
