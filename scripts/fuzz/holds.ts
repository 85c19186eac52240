import { isDeepStrictEqual } from 'node:util';

/** @throws Error saying what does not hold */
export function holds(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new Error(problem);
}

export function equals(found: unknown, expected: unknown, what: string): void {
  holds(isDeepStrictEqual(found, expected), `${what}: ${shown(found)}, and not ${shown(expected)}`);
}

/** The error that `action` throws, or undefined. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error ?? new Error('threw nothing');
  }
  return undefined;
}

/** No prototype that all objects share has been touched. */
export function prototypesAreClean(): void {
  const touched = [Object.prototype, Array.prototype, Function.prototype].flatMap((prototype) => Object.keys(prototype));
  holds(touched.length === 0, `prototypes have members of their own: ${touched.join(', ')}`);
}

const shown = (value: unknown): string => {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 300);
  } catch {
    return typeof value;
  }
};
