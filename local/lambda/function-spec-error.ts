export type FunctionSpecErrorCode =
  | 'UNSUPPORTED_RUNTIME'
  | 'CODE_NOT_FOUND'
  | 'LAYERS_NOT_MERGED';

/** A function of the template that cannot run here, said before anything is started. */
export class FunctionSpecError extends Error {
  readonly code: FunctionSpecErrorCode;

  constructor(code: FunctionSpecErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'FunctionSpecError';
    this.code = code;
  }
}
