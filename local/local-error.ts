export type LocalErrorCode =
  | 'USAGE'
  | 'APP_FAILED'
  | 'ASSEMBLY_INVALID'
  | 'STACK_UNKNOWN'
  | 'TEMPLATE_UNSUPPORTED'
  | 'PORT_IN_USE'
  | 'DYNAMODB_MISSING'
  | 'DYNAMODB_FAILED';

/**
 * A start that cannot succeed, told in one line that names the option, the
 * value and the remedy. Everything else that is thrown is a bug of ours.
 */
export class LocalError extends Error {
  readonly code: LocalErrorCode;
  /** The exit status of the command: 2 for a wrong command line, an app's own where it failed, else 1. */
  readonly exitCode: number;

  constructor(code: LocalErrorCode, message: string, options: { readonly cause?: unknown; readonly exitCode?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LocalError';
    this.code = code;
    this.exitCode = options.exitCode ?? (code === 'USAGE' ? 2 : 1);
  }
}

/** What went wrong, for the end of a line: a message without its stack. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
