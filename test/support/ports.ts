import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what systems hand out by themselves (32768 and up): no other socket of the machine takes the port between this look at it and its use. */
const FIRST = 10_000;
const LAST = 32_000;

/** The first of `count` ports in a row on which nobody listens. */
export async function freePort(count = 1): Promise<number> {
  for (;;) {
    const first = randomInt(FIRST, LAST);
    const ports = Array.from({ length: count }, (_, i) => first + i);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
