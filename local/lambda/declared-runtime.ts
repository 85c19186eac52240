import { FunctionSpecError } from './function-spec-error';
import type { FunctionSpec } from './local-function';

const SUPPORTED: Readonly<Record<string, number>> = { 'nodejs20.x': 20, 'nodejs22.x': 22, 'nodejs24.x': 24 };

export const isSupportedRuntime = (runtime: string): boolean => Object.hasOwn(SUPPORTED, runtime);

/**
 * The major version of Node that the function declares.
 *
 * @throws FunctionSpecError `UNSUPPORTED_RUNTIME`
 */
export function declaredMajor(spec: FunctionSpec): number {
  const major = Object.hasOwn(SUPPORTED, spec.runtime) ? SUPPORTED[spec.runtime] : undefined;
  if (major === undefined) {
    throw new FunctionSpecError(
      'UNSUPPORTED_RUNTIME',
      `Function ${spec.id} declares the runtime "${spec.runtime}", which does not run locally: use ${Object.keys(SUPPORTED).join(', ')}.`,
    );
  }
  return major;
}

/**
 * Lambda switches these features of Node off, in the runtimes where they are
 * still experimental; a function that relies on them works here only if it
 * asks for them in NODE_OPTIONS, as it must there. The minor version is the
 * first to know the flag.
 *
 * Source: "Building Lambda functions with Node.js", AWS Lambda developer guide.
 */
const DISABLED_FEATURES = [
  { major: 20, minor: 17, feature: 'experimental-require-module' },
  { major: 22, minor: 0, feature: 'experimental-require-module' },
  { major: 22, minor: 0, feature: 'experimental-detect-module' },
] as const;

/** Node's flags for a binary of `version` (`22.11.0`), given the function's own NODE_OPTIONS. */
export function lambdaNodeFlags(version: string, nodeOptions = ''): string[] {
  const [major, minor] = version.split('.').map(Number);
  return DISABLED_FEATURES
    .filter((entry) => entry.major === major && entry.minor <= minor && !nodeOptions.includes(`--${entry.feature}`))
    .map((entry) => `--no-${entry.feature}`);
}
