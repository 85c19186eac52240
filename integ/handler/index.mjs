import { randomUUID } from 'node:crypto';

/** Answers differently on each execution, so that only a replay gives the same answer again. */
export const handler = async () => ({
  statusCode: 201,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ transactionId: randomUUID() }),
});
