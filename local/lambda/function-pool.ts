import type { FunctionOptions, FunctionSpec, LocalFunction } from './local-function';

/**
 * A function as it runs here: as many sandboxes as its requests need, up to
 * `spec.maxSandboxes`, warm ones first; what exceeds them queues.
 *
 * @throws FunctionSpecError when the function cannot run here.
 */
export declare function createFunction(spec: FunctionSpec, options: FunctionOptions): LocalFunction;
