import { Duration } from 'aws-cdk-lib';
import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IdempotencySettings } from './idempotency-settings';

/** Routes of an API of either kind, and what of its settings differs on them. */
export interface IdempotentRouteOptions extends IdempotencySettings {
  /** The path of the routes, `/payments/{id}` for one. */
  readonly path: string;

  /**
   * The methods of the routes. A key counts on every method but GET, HEAD and
   * OPTIONS; a function that has only such routes is left as it is.
   *
   * @default [HttpMethod.ANY]
   */
  readonly methods?: HttpMethod[];

  /**
   * The function that handles the routes: a Node.js zip function of this app, or
   * a version or an alias of one. With `relay: true` or `idempotent: false`, any function.
   */
  readonly handler: IFunction;

  /**
   * How long the API waits for the function: at most 29 seconds, which only
   * regional and private REST APIs can have raised.
   *
   * @default - the gateway's own limit: 30 seconds of an HTTP API, 29 of a REST API
   */
  readonly integrationTimeout?: Duration;

  /**
   * Whether the routes are idempotent; if not, their requests go straight to the handler.
   *
   * @default true
   */
  readonly idempotent?: boolean;

  /**
   * Whether a relay stands before the handler: a function of ours that claims,
   * invokes the handler, and records. With it the handler may be of any runtime, a
   * container image, imported, or a version or an alias of such. It is a second
   * function for each request; methods on which a key means nothing go straight
   * to the handler.
   *
   * One construct makes one relay for a handler, whatever the number of its
   * routes. Its memory and its logs are chosen by `relay(fn, settings)`, whose result is a
   * handler too.
   *
   * @default false
   */
  readonly relay?: boolean;

  /**
   * Timeout of the handler behind a relay, in whole seconds, at most 15 minutes,
   * where this app does not know it: of an imported function, and of a version
   * that is published once.
   *
   * @default - the timeout of the handler, the `executionTimeout` of a durable one
   */
  readonly targetTimeout?: Duration;
}
