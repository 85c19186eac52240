/** The window's address below each API's; it and all below it is never the user's. */
export const WINDOW_PATH = '/__idempotency';

export const isOfWindow = (path: string): boolean => path === WINDOW_PATH || path.startsWith(`${WINDOW_PATH}/`);
