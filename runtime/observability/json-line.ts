/**
 * A value as one line of JSON that is safe to look at: what JSON leaves as it is
 * and a terminal would obey is escaped, and stays the same value.
 */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replace(OBEYED, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

const OBEYED = /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
