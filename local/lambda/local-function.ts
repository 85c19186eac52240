import type { Environment } from '../environment';

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

/** Lambda's own error document. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  /** The stack, line by line. */
  readonly trace?: readonly string[];
  /** As the runtime posted it, which is what a caller of Invoke gets. */
  readonly document?: Buffer;
}

/** What came of one invocation. */
export type InvocationResult = (
  /** `payload` is what `body` says in JSON, `undefined` where it is none. */
  | { readonly kind: 'returned'; readonly payload: unknown; readonly body: Buffer }
  /** The handler threw or rejected, or the module failed to load. */
  | { readonly kind: 'threw'; readonly error: FunctionError }
  /** Killed at the function's timeout. */
  | { readonly kind: 'timed-out' }
  /** The process ended while it ran. */
  | { readonly kind: 'crashed'; readonly detail: string }
  /** It has not run: every sandbox that the function may have is taken. */
  | { readonly kind: 'throttled' }
) & {
  /**
   * Resolves once every line that the function wrote before it answered has
   * been handed to `onLog`; never rejects. Usually within a millisecond of the
   * answer, which does not wait for it.
   */
  readonly drained?: Promise<void>;
};

export interface LogLine {
  readonly functionId: string;
  /** The invocation in progress when the line came, if any. */
  readonly requestId?: string;
  readonly line: string;
}

/** An invocation as Lambda's Invoke takes it. */
export interface InvocationRequest {
  readonly requestId: string;
  /** JSON. */
  readonly event: string;
  /** JSON, for `context.clientContext`. */
  readonly clientContext?: string;
  /** As the caller named the function, qualifier included. @default the unqualified one */
  readonly functionArn?: string;
  /** With no sandbox free, and none more to be had, it is throttled. @default it queues */
  readonly refusesToWait?: boolean;
  /** Fires when nobody waits for it any more: queueing still, it is throttled and never run. @default it is waited for */
  readonly signal?: AbortSignal;
}

export interface LocalFunction {
  readonly spec: FunctionSpec;
  /** It has run an invocation. */
  readonly isUsed: boolean;
  /** Runs the handler in a sandbox of its own for the time being. Never rejects. */
  invoke(requestId: string, event: unknown): Promise<InvocationResult>;
  run(request: InvocationRequest): Promise<InvocationResult>;
  /** Starts a sandbox ahead of an invocation; resolves once it is ready, or with what kept it from that. */
  warmUp(): Promise<InvocationResult | undefined>;
  /** Closes once what it has been given is answered; it is given nothing more. */
  retire(): Promise<void>;
  /** Ends every sandbox, whatever it is doing; resolves once no child process is left. */
  close(): Promise<void>;
}

export interface FunctionOptions {
  /**
   * Where the user's packages are looked for: Node binaries of other majors,
   * the AWS SDK that Lambda ships with its runtimes.
   * @default the working directory
   */
  readonly userDirectory?: string;
  /** Where the function is deployed. @default what the CDK would take from this process' own environment */
  readonly environment?: Environment;
  /** Seconds that a module may take to load, as in Lambda. @default 10 */
  readonly initTimeoutSeconds?: number;
  /**
   * Milliseconds that a sandbox which has answered is waited for until it asks
   * for its next invocation, before another one is started. @default 100
   */
  readonly lingerMs?: number;
  /** Every line of stdout and stderr, in order, and the lines that Lambda itself adds. */
  onLog(line: LogLine): void;
  /** What people should know and no request tells them; each text once per process. */
  onNotice?(notice: string): void;
}
