import type { FunctionPlan } from '../functions';
import type { Exchange, GatewayResponse, Invoke } from './front';

/** Lambda's quota for the payload of a synchronous invocation. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** What a gateway makes of an invocation. */
export interface Answers {
  returned(payload: unknown): GatewayResponse;
  /** The handler threw, timed out or died, or what it returned is no JSON. */
  failed(): GatewayResponse;
  /** The function takes longer than the gateway waits. */
  timedOut(): GatewayResponse;
  /** The event is larger than Lambda takes. */
  tooLarge(): GatewayResponse;
}

/**
 * Calls a function on behalf of a gateway that waits no longer than `timeoutMs`;
 * past that the gateway answers and the function goes on, as it does in Lambda.
 */
export async function callFunction(
  plan: FunctionPlan, requestId: string, event: unknown, timeoutMs: number, invoke: Invoke, answers: Answers,
): Promise<Exchange> {
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_PAYLOAD_BYTES) return { response: answers.tooLarge() };
  const timeout = after(timeoutMs);
  const result = await Promise.race([invoke(plan, requestId, event), timeout.promise]);
  timeout.cancel();
  if (result === 'late') return { response: answers.timedOut(), invocation: { function: plan, result: 'unfinished' } };
  return {
    response: result.kind === 'returned' && result.payload !== undefined ? answers.returned(result.payload) : answers.failed(),
    invocation: { function: plan, result: result.kind, drained: result.drained },
  };
}

function after(ms: number): { readonly promise: Promise<'late'>; cancel(): void } {
  let timer: NodeJS.Timeout;
  const promise = new Promise<'late'>((resolve) => { timer = setTimeout(resolve, ms, 'late'); });
  return { promise, cancel: () => clearTimeout(timer) };
}
