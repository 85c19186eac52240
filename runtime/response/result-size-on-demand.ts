import type { Result } from './result-size';

/** JSON makes no more than six bytes of a character, and what a result has beside its body is far less than what Lambda leaves then. */
const SURELY_FITS = 900_000;

const isShort = ({ body }: Result): boolean => typeof body === 'string' && body.length <= SURELY_FITS;

/** Few bodies are so long: what it takes is loaded with the first, in the layer from a file of its own. */
// eslint-disable-next-line @typescript-eslint/no-require-imports
const measuring = () => require('./result-size') as typeof import('./result-size');

/** Whether Lambda passes a result on. */
export const isPassedOn = (result: Result): boolean => isShort(result) || measuring().isPassedOn(result);

/** A result with text for a body, for a front that takes a value or base64 as well, in a form that Lambda passes on if there is one. */
export const asPassedOn = <T extends Result & { readonly body: string }>(result: T): Result =>
  isShort(result) ? result : measuring().asPassedOn(result);
