/** Lambda's quota for the result of an invocation, as JSON, in bytes. */
const LARGEST_RESULT = 6_291_556;

export interface Result {
  readonly body: unknown;
  readonly isBase64Encoded?: boolean;
}

export const isPassedOn = (result: Result): boolean => Buffer.byteLength(JSON.stringify(result)) <= LARGEST_RESULT;

/**
 * Text is longer in JSON, by a byte for each quote: what is too long for that
 * goes as the value that it is JSON of, or in base64.
 */
export function asPassedOn(result: Result & { readonly body: string }): Result {
  if (isPassedOn(result) || result.isBase64Encoded === true) return result;
  const ofValue = { ...result, body: valueOf(result.body) };
  return ofValue.body !== undefined && isPassedOn(ofValue)
    ? ofValue
    : { ...result, body: Buffer.from(result.body).toString('base64'), isBase64Encoded: true };
}

/** The object or the list whose JSON is this very text. */
function valueOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
