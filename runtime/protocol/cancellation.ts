/**
 * An AbortController and its signal cost microseconds, and a plain `abort()`
 * makes an exception with a stack: 4 % of a request. So what only the runtime
 * itself listens to is cancelled by less, and the signal that others may want is
 * made when they ask for it.
 */

/** As much of an `AbortSignal` as a clock needs. */
export type CancelSignal = Pick<AbortSignal, 'aborted'> & {
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};

/** Calls its one listener when it is cancelled. */
export class Cancellation implements CancelSignal {
  public aborted = false;
  #listener: (() => void) | undefined;

  public addEventListener(_: 'abort', listener: () => void): void {
    this.#listener = listener;
  }

  public removeEventListener(): void {
    this.#listener = undefined;
  }

  public cancel(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#listener?.();
  }
}

/** An `AbortSignal` for whoever asks. */
export class SignalOnDemand {
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  public get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended.reason);
    }
    return this.#controller.signal;
  }

  public abort(reason: unknown): void {
    this.#ended ??= { reason };
    this.#controller?.abort(reason);
  }
}
