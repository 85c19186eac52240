/**
 * A front is a kind of API: one file each. It reads its resources from the
 * deployment, and past this interface nothing knows what kind it was.
 */
import type { DeployedResource, Deployment } from '../deployment';
import type { FunctionCatalogue, FunctionPlan } from '../functions';
import type { InvocationResult } from '../lambda/local-function';
import type { Notices } from '../notices';

/** A request as it came over the wire. */
export interface GatewayRequest {
  /** A UUID: the gateway's request id, and the invocation's too. */
  readonly id: string;
  readonly receivedAt: Date;
  readonly method: string;
  /** As sent, percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without `?`; `''` where there is none. */
  readonly query: string;
  /** As sent: case and order kept, repeated names repeated. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  /** The port that the API is served on. */
  readonly port: number;
}

export interface GatewayResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** An answer, and how it came about. */
export interface Exchange {
  readonly response: GatewayResponse;
  /** The invocation behind the answer; absent where the gateway answered by itself. */
  readonly invocation?: {
    readonly function: FunctionPlan;
    /** What came of it; `unfinished` where the gateway answered first and the function goes on. */
    readonly result: InvocationResult['kind'] | 'unfinished';
    readonly drained?: Promise<void>;
  };
}

/** Runs a function. It settles when the function does, at the latest at the function's own timeout. */
export type Invoke = (plan: FunctionPlan, requestId: string, event: unknown) => Promise<InvocationResult>;

/** One API, ready to be served on a port of its own. */
export interface Api {
  readonly kind: 'http' | 'rest' | 'url';
  readonly resource: DeployedResource;
  /** Longest request body in bytes; what exceeds it is answered with 413. */
  readonly maxBodyBytes: number;
  handle(request: GatewayRequest, invoke: Invoke): Promise<Exchange>;
  /** The gateway's answer to a body over the limit. */
  tooLarge(): GatewayResponse;
  /** The gateway's answer to a fault of its own. */
  failed(): GatewayResponse;
}

export interface Front {
  /** The type of the resource that becomes an API. */
  readonly resourceType: string;
  /** The types of the resources that it reads along with it. */
  readonly partTypes: readonly string[];
  /** `undefined`, and a notice, where this API cannot be run. */
  plan(resource: DeployedResource, context: FrontContext): Api | undefined;
}

export interface FrontContext {
  readonly deployment: Deployment;
  readonly functions: FunctionCatalogue;
  readonly notices: Notices;
}
