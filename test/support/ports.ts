import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what systems hand out by themselves (32768 and up): no other socket of the machine takes the port between this look at it and its use. */
const FIRST = 10_000;
const LAST = 32_000;

/** A port on which nobody listens, nor on those so much further up. */
export async function freePort(...further: readonly number[]): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST - Math.max(0, ...further));
    if ((await Promise.all([0, ...further].map((offset) => isFree(port + offset)))).every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
