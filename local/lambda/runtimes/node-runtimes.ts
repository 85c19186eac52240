import { delimiter, dirname, join } from 'node:path';
import { lambdaRuntimeFiles } from '../lambda-runtime-files';
import { findNodeBinary } from './node-binary';
import { lambdaNodeFlags } from './node-flags';
import type { RuntimeFamily } from './runtime-family';

const MAJORS: Readonly<Record<string, number>> = { 'nodejs20.x': 20, 'nodejs22.x': 22, 'nodejs24.x': 24 };

/** Node.js, on AWS's own runtime interface client. */
export const nodeRuntimes: RuntimeFamily = {
  runs: (runtime) => Object.hasOwn(MAJORS, runtime),
  // Another Node than the declared one stands in, and is named.
  missing: () => undefined,
  launch: (spec, { optDirectory, roots, notice }) => {
    const major = MAJORS[spec.runtime]!;
    const files = lambdaRuntimeFiles();
    const sdkRoots = [...roots, dirname(files.shim)];
    const node = findNodeBinary(major, sdkRoots);
    if (node.notice !== undefined) notice(node.notice);
    return {
      command: node.path,
      arguments: [...lambdaNodeFlags(node.version, spec.environment.NODE_OPTIONS), '--require', files.shim, files.client],
      runtimeDirectory: dirname(files.client),
      executionEnvironment: `AWS_Lambda_${spec.runtime}`,
      defaults: {
        NODE_PATH: [join(optDirectory, 'nodejs', `node${major}`, 'node_modules'), join(optDirectory, 'nodejs', 'node_modules')].join(delimiter),
      },
      // Where the AWS SDK is looked for if the function does not bring it.
      message: { sdkRoots },
      marksItsOutput: true,
      endsByItself: true,
    };
  },
};
