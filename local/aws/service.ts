import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A part of AWS that functions are led to by their environment. */
export interface LocalService {
  readonly endpoint: string;
  stop(): void;
}

export async function listenOnFreePort(server: Server): Promise<LocalService> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
