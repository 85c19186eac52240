import { randomUUID } from 'node:crypto';

/**
 * A random UUID that nobody else has. Node draws 128 of them ahead unless told
 * otherwise, and a sandbox that is resumed from a snapshot would hand out the
 * very same ones as its siblings.
 */
export const freshToken = (): string => randomUUID({ disableEntropyCache: true });
