/** Under this name Lambda's runtime of Node.js 20 and 22 keeps what it does once nothing is left to wait for. */
const BEFORE_EXIT = Symbol.for('aws.lambda.beforeExit');

type Listener = () => void;

/** Whoever waits, the last one within the others. */
const waiting = new Set<Listener>();

let former: unknown;

/**
 * Calls `then` when the event loop has run empty: nothing that the process
 * waits for can still call anything. Where Lambda's runtime listens for that
 * itself, to answer the invocation, it does not hear of it meanwhile.
 *
 * @returns ends the waiting
 */
export function onEmptyEventLoop(then: Listener): () => void {
  if (waiting.size === 0) listen();
  waiting.add(then);
  return () => {
    if (waiting.delete(then) && waiting.size === 0) stopListening();
  };
}

/** Whether Lambda's runtime holds an answer given by callback back until the event loop is empty. */
export const isHeldUntilEmpty = (context: object): boolean =>
  typeof slot()[BEFORE_EXIT] === 'function' && (context as { callbackWaitsForEmptyEventLoop?: unknown }).callbackWaitsForEmptyEventLoop === true;

const slot = (): { [BEFORE_EXIT]?: unknown } => globalThis as { [BEFORE_EXIT]?: unknown };

function listen(): void {
  former = slot()[BEFORE_EXIT];
  if (typeof former === 'function') slot()[BEFORE_EXIT] = tellInnermost;
  else process.on('beforeExit', tellInnermost);
}

function stopListening(): void {
  process.off('beforeExit', tellInnermost);
  // Another copy of this module may have put its own in place since, and calls this one.
  if (slot()[BEFORE_EXIT] === tellInnermost) slot()[BEFORE_EXIT] = former;
}

/** One at a time: what it does may be what the next one waits for. */
function tellInnermost(): void {
  const innermost = [...waiting].at(-1);
  if (innermost !== undefined) innermost();
  else if (typeof former === 'function') (former as Listener)();
}
