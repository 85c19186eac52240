/** A Lambda function as the template declares it, with everything resolved to this machine. */
export interface FunctionSpec {
  /** The construct id, for people. */
  readonly id: string;
  /** The function's name, as `AWS_LAMBDA_FUNCTION_NAME` has it. */
  readonly name: string;
  /** `index.handler`, or below a layer: `/opt/dir/handler.handler`. */
  readonly handler: string;
  /** `nodejs24.x`. */
  readonly runtime: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** The unpacked code asset. */
  readonly codeDirectory: string;
  /** Unpacked layers in the template's order: later ones win. */
  readonly layerDirectories: readonly string[];
  /** How many sandboxes at the most; what exceeds them queues. */
  readonly maxSandboxes: number;
}

/** What came of one invocation. */
export type InvocationResult =
  | { readonly kind: 'returned'; readonly payload: unknown }
  /** The handler threw or rejected, or the module failed to load; Lambda's own error document. */
  | { readonly kind: 'threw'; readonly error: { readonly errorType: string; readonly errorMessage: string } }
  /** Killed at the function's timeout. */
  | { readonly kind: 'timed-out' }
  /** The process ended while it ran. */
  | { readonly kind: 'crashed'; readonly detail: string };

export interface LogLine {
  readonly functionId: string;
  /** The invocation in progress when the line came, if any. */
  readonly requestId?: string;
  readonly line: string;
}

export interface LocalFunction {
  readonly spec: FunctionSpec;
  /** Runs the handler in a sandbox of its own for the time being. Never rejects. */
  invoke(requestId: string, event: unknown): Promise<InvocationResult>;
  /** Ends every sandbox, whatever it is doing; resolves once no child process is left. */
  close(): Promise<void>;
}
