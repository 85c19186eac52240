import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { RuntimeFamily } from './runtime-family';

const IDENTIFIERS = ['provided', 'provided.al2', 'provided.al2023'];

/**
 * OS-only runtimes: the function's own `bootstrap`, else its layers', is
 * executed and calls the Runtime API by itself.
 *
 * Source: "Building a custom runtime for AWS Lambda", AWS Lambda developer guide.
 */
export const customRuntimes: RuntimeFamily = {
  runs: (runtime) => IDENTIFIERS.includes(runtime),
  missing: (runtime) => (process.platform === 'win32' ? `the runtime ${runtime} is not run on Windows` : undefined),
  launch: ({ codeDirectory }, { optDirectory }) => ({
    command: bootstrapIn(codeDirectory, optDirectory),
    arguments: [],
    runtimeDirectory: '/var/runtime',
    defaults: { LD_LIBRARY_PATH: [codeDirectory, join(codeDirectory, 'lib'), join(optDirectory, 'lib')].join(delimiter) },
    marksItsOutput: false,
    endsByItself: false,
  }),
};

/** What Lambda would start; where there is neither, the function's own, so that the failure is the sandbox's to tell. */
function bootstrapIn(codeDirectory: string, optDirectory: string): string {
  const candidates = [join(codeDirectory, 'bootstrap'), join(optDirectory, 'bootstrap')];
  return candidates.find((file) => existsSync(file)) ?? candidates[0]!;
}

/** Why a program cannot be started, in Lambda's words. */
export function entrypointProblem(program: string): string | undefined {
  if (!existsSync(program)) return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
  try {
    accessSync(program, constants.X_OK);
    return undefined;
  } catch {
    return 'fork/exec /var/task/bootstrap: permission denied';
  }
}
