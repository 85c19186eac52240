/** One operation on an object, as its client saw it. */
export interface Operation<T> {
  readonly what: T;
  /** Places in one order of all beginnings and ends. */
  readonly began: number;
  /** `undefined` where nobody knows: it may take effect at any time after its beginning, or never. */
  readonly ended: number | undefined;
}

/** What the object does where one operation comes after the other. */
export interface Sequential<State extends string, T> {
  readonly initial: State;
  /** The state after; `undefined` where the operation could not have been seen in that state. */
  readonly after: (state: State, what: T) => State | undefined;
  /** Whether it leaves every state as it is in which it can be seen. */
  readonly isRead: (what: T) => boolean;
}

/**
 * Whether each operation can have taken effect at one moment between its
 * beginning and its end, so that all of them together are what the object does
 * in turn (Herlihy and Wing 1990; the search is Wing and Gong's of 1993, with
 * Lowe's memory of what was tried).
 */
export function isLinearizable<State extends string, T>(
  operations: readonly Operation<T>[], { initial, after, isRead }: Sequential<State, T>,
): boolean {
  const tried = new Set<string>();

  function search(open: readonly Operation<T>[], state: State): boolean {
    const ends = open.flatMap(({ ended }) => (ended === undefined ? [] : [ended]));
    // What nobody has an answer of need not have happened.
    if (ends.length === 0) return true;
    const firstEnd = Math.min(...ends);
    const next = open.filter(({ began }) => began < firstEnd).flatMap((operation) => {
      const then = after(state, operation.what);
      return then === undefined ? [] : [{ operation, then }];
    });
    const without = (operation: Operation<T>) => open.filter((each) => each !== operation);
    // A read may as well come now as later: nothing that comes after it is another for it.
    const read = next.find(({ operation }) => isRead(operation.what));
    if (read !== undefined) return search(without(read.operation), state);

    const position = `${state} ${open.map(({ began }) => began).join()}`;
    if (tried.has(position)) return false;
    tried.add(position);
    return next.some(({ operation, then }) => search(without(operation), then));
  }

  return search(operations, initial);
}
