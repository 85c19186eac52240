/**
 * A text without the requests that it names, and these in their order. Two
 * requests that do the same with each other's tokens have the same shape.
 */
export interface Shape {
  /** The same for equal texts, whichever requests they name. */
  readonly form: number;
  readonly requests: readonly number[];
}

/** How a token, or whatever else names a request, begins: at most ten of them can be told apart. */
export const nameOf = (request: number): string => `@${request}`;

/** The request that a token or a response names. */
export const requestOf = (name: string): number => Number(name[1]);

const NAME = /@(\d)/g;

/** Numbers for texts, so that states are compared by numbers. */
export class Shapes {
  readonly #forms = new Map<string, number>();
  readonly #texts = new Map<string, number>();

  public of(text: string): Shape {
    return { form: this.#form(`"${text.replace(NAME, '@')}`), requests: Array.from(text.matchAll(NAME), ([, request]) => Number(request)) };
  }

  /** One shape made of two, and of what is the same whoever it is. */
  public join(first: Shape, between: string, second: Shape): Shape {
    return { form: this.#form(`${first.form} ${between} ${second.form}`), requests: [...first.requests, ...second.requests] };
  }

  /** The same for equal texts, and for no others. */
  public number(text: string): number {
    return intern(this.#texts, text);
  }

  #form(text: string): number {
    return intern(this.#forms, text);
  }
}

function intern(known: Map<string, number>, text: string): number {
  const before = known.get(text);
  if (before !== undefined) return before;
  known.set(text, known.size);
  return known.size - 1;
}
