import { dirname, join } from 'node:path';
import { lambdaRuntimeFiles } from '../lambda-runtime-files';
import { findPythonBinary } from './python-binary';
import type { RuntimeFamily } from './runtime-family';

/** Python, on this machine's own and a bootstrap of ours. */
export const pythonRuntimes: RuntimeFamily = {
  runs: (runtime) => versionIn(runtime) !== undefined,
  missing: (runtime, { path }) => (findPythonBinary(versionIn(runtime)!, path)
    ? undefined
    : `the runtime ${runtime} needs python3, which is not on this machine's PATH: install Python ${versionIn(runtime)} or another Python 3`),
  launch: ({ runtime, codeDirectory }, { machine, optDirectory, notice }) => {
    const declared = versionIn(runtime)!;
    const python = findPythonBinary(declared, machine.path)!;
    if (!python.version.startsWith(`${declared}.`)) notice(`Functions for Python ${declared} run on this machine's Python ${python.version}.`);
    const { python: bootstrap } = lambdaRuntimeFiles();
    return {
      command: python.path,
      // -S: of packages Lambda has those of the function, its layers and the SDK, and none of this machine's.
      // -B: nothing is written beside the code, which is an asset named after its content.
      arguments: ['-u', '-S', '-B', bootstrap],
      runtimeDirectory: dirname(bootstrap),
      executionEnvironment: `AWS_Lambda_${runtime}`,
      defaults: {},
      message: {
        path: [
          codeDirectory,
          join(optDirectory, 'python', 'lib', `python${declared}`, 'site-packages'),
          join(optDirectory, 'python'),
        ],
        sdkRoots: python.sitePackages,
      },
      marksItsOutput: true,
      endsByItself: process.platform === 'win32',
    };
  },
};

const versionIn = (runtime: string): string | undefined => /^python(3\.\d+)$/.exec(runtime)?.[1];
