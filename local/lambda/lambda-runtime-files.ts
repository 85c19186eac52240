import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a child process is started with, as absolute paths. */
export interface LambdaRuntimeFiles {
  /** AWS's runtime interface client; one file without imports beyond Node's own. */
  readonly client: string;
  /** Preloaded into the child before the client. */
  readonly shim: string;
  /** What runs a Python handler. */
  readonly python: string;
}

/**
 * The files stand in `lambda-runtime/` beside the bundled CLI; in this
 * repository the client comes from its package and the shim from its source.
 */
export function lambdaRuntimeFiles(here: string = dirname(fileURLToPath(import.meta.url))): LambdaRuntimeFiles {
  const bundled = join(here, 'lambda-runtime');
  if (existsSync(bundled)) {
    return { client: join(bundled, 'index.mjs'), shim: join(bundled, 'shim', 'shim.cjs'), python: join(bundled, 'python', 'bootstrap.py') };
  }
  return {
    client: createRequire(import.meta.url).resolve('aws-lambda-ric/index.mjs'),
    shim: join(here, 'shim', 'shim.cjs'),
    python: join(here, 'python', 'bootstrap.py'),
  };
}
