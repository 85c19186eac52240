/** What becomes of routes that reach a function past the runtime, so that a retry runs it again. */
export enum UnprotectedRoutes {
  /** Synth warns and names them. */
  WARN = 'warn',

  /** Synth fails and names them. */
  ERROR = 'error',

  /** Nothing: they are listed by `protection` and by `idempotent-api audit` alone. */
  ALLOW = 'allow',
}
