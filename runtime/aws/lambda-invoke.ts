import { credentialsFrom } from './credentials';
import { endpointOf, type Environment } from './endpoint';
import { SignedRequests } from './signed-requests';

export interface InvokeRequest {
  /** Name, ARN, or either with a version or alias behind it. */
  readonly functionName: string;
  /** The event, as JSON. */
  readonly payload: string;
  /** Milliseconds within which it has to be on its way: later it is not sent, whatever came between. */
  readonly begin: number;
  /** Milliseconds that the function may take, as it is waited for. */
  readonly limit: number;
  /** Of a durable function's execution: one that has it already is not begun again. */
  readonly durableExecutionName?: string;
}

/** Lambda answered. Whether the function ran is told by `status` and `functionError`. */
export interface InvokeReply {
  /** 200 where the function ran, whatever became of it. */
  readonly status: number;
  /** Lambda's name for a refusal: `TooManyRequestsException`. */
  readonly code?: string;
  /** `Unhandled` or `Handled`, where the function failed. */
  readonly functionError?: string;
  /** What the function returned, or how it failed, as JSON. */
  readonly payload: Buffer;
}

/** Only of a request that was refused, as by 429, or found no connection: the function has not run then. */
const TRIES = 3;

/**
 * Request-response invocations that are never sent again once a byte of them may
 * have arrived, unless they were refused: the function would run twice. Each has a connection of its own,
 * because one that was idle may have been closed by the other side, and whether
 * it was before or after a request arrived nobody could tell.
 */
export class LambdaInvoker {
  readonly #requests: SignedRequests;
  readonly #basePath: string;

  public constructor(
    region: string,
    private readonly env: Environment = process.env,
  ) {
    const { url } = endpointOf('lambda', region, env);
    this.#basePath = url.pathname.replace(/\/*$/, '');
    this.#requests = new SignedRequests({
      service: 'lambda',
      region,
      endpoint: url,
      credentials: credentialsFrom(env, region),
      // What one invocation may take is said with it.
      limits: { perTry: Infinity, inTotal: Infinity, tries: TRIES },
      once: true,
    });
  }

  /**
   * @throws AwsRequestError where there is no answer, with a `status` where Lambda
   *   was failing (5xx) or throttling (429) to the end; its `mayHaveTakenEffect`
   *   tells whether the function may have run, or may still be running
   */
  public async invoke({ functionName, payload, begin, limit, durableExecutionName }: InvokeRequest): Promise<InvokeReply> {
    const trace = this.env._X_AMZN_TRACE_ID;
    const answer = await this.#requests.send(
      {
        method: 'POST',
        path: `${this.#basePath}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
        headers: [
          ['content-type', 'application/json'],
          ...(durableExecutionName === undefined ? [] : [['x-amz-durable-execution-name', durableExecutionName] as const]),
          ['x-amz-invocation-type', 'RequestResponse'],
        ],
        // Lambda stops a loop of functions by it.
        unsigned: trace === undefined ? [] : [['x-amzn-trace-id', trace]],
        body: payload,
      },
      { begin, timeLeft: () => limit },
    );
    const { status, code } = answer;
    const functionError = answer.header('x-amz-function-error');
    return {
      status,
      ...(answer.ok || code === undefined ? {} : { code }),
      ...(functionError === undefined ? {} : { functionError }),
      payload: answer.body,
    };
  }
}
