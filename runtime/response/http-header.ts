/** RFC 9110, section 5.6.2: a token. */
export const isHeaderName = (name: unknown): name is string => typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);

/** A value that cannot end its line and begin another header. */
export const isHeaderValue = (value: unknown): value is string => typeof value === 'string' && !/[\0\r\n]/.test(value);
