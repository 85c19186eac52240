import { wrong } from './errors';

/**
 * A key made of what identifies an operation: the same parts give the same key
 * on every machine, after every restart. The SHA-256, in hexadecimal, of each
 * part's length (in UTF-16 units), a colon and the part, so that no two lists
 * of parts run into each other. `7` and `'7'` are the same part.
 *
 * Needs `crypto.subtle`, which browsers have on HTTPS and localhost only.
 *
 * @param parts at least one; text, or whole numbers up to
 *   `Number.MAX_SAFE_INTEGER`: larger ones and fractions are not exact, and belong in text
 * @throws IdempotentFetchError `IDEMPOTENCY_CONFIGURATION` for any other part
 *
 * @example
 * headers: { 'Idempotency-Key': await keyFrom(['order', order.id, 'submit']) }
 */
export const keyFrom = async (parts: readonly (string | number)[]): Promise<string> => {
  if (!parts?.length || !parts.every?.((part) => part === `${part}` || Number.isSafeInteger(part))) throw wrong('parts', parts, 'strings or safe integers');
  return new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.map((part) => `${part}`.length + ':' + part).join(''))),
  ).reduce((hex, byte) => hex + (byte + 256).toString(16).slice(1), '');
};
