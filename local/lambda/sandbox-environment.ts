import { delimiter, join } from 'node:path';
import type { FunctionSpec } from './local-function';
import type { Launch } from './runtimes/runtime-family';

/**
 * What stands in for the function's role. Emulators keep one database per
 * access key, so whoever else talks to the same one uses these too.
 */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'local' } as const;

export interface SandboxEnvironmentInput {
  readonly spec: FunctionSpec;
  readonly launch: Launch;
  readonly optDirectory: string;
  /** An empty folder, so that no profile of the user's is read as the function's. */
  readonly home: string;
  readonly region: string;
  readonly logStream: string;
  /** Host and port. */
  readonly runtimeApi: string;
  /** PATH of this process; the rest of its environment stays out. */
  readonly path: string;
}

/**
 * The environment as Lambda makes it: defaults first, the function's own
 * variables over them, what Lambda reserves on top.
 *
 * Source: "Defined runtime environment variables", AWS Lambda developer guide.
 */
export function sandboxEnvironment(input: SandboxEnvironmentInput): Record<string, string> {
  const { spec, launch, optDirectory: opt } = input;
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    HOME: input.home,
    PATH: [input.path, join(opt, 'bin')].join(delimiter),
    ...launch.defaults,
    ...withOptMapped(spec.environment, opt),
    _HANDLER: mapOpt(spec.handler, opt),
    AWS_REGION: input.region,
    AWS_DEFAULT_REGION: input.region,
    ...(launch.executionEnvironment === undefined ? {} : { AWS_EXECUTION_ENV: launch.executionEnvironment }),
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: LOCAL_CREDENTIALS.sessionToken,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: input.logStream,
    AWS_LAMBDA_RUNTIME_API: input.runtimeApi,
    LAMBDA_TASK_ROOT: spec.codeDirectory,
    LAMBDA_RUNTIME_DIR: launch.runtimeDirectory,
  };
}

/** Read by programs themselves, before any code could redirect them to the layers' real place. */
const PATHS = new Set(['NODE_OPTIONS', 'NODE_PATH', 'PYTHONPATH', 'LD_LIBRARY_PATH', 'PATH']);

function withOptMapped(environment: Readonly<Record<string, string>>, opt: string): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(
    ([name, value]) => [name, PATHS.has(name) ? mapOpt(value, opt) : value],
  ));
}

function mapOpt(value: string, opt: string): string {
  return value.replace(/(^|[\s=:])\/opt(?=\/)/g, (_, before: string) => before + opt);
}
