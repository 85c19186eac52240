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
