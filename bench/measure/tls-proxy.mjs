/**
 * TLS in front of a server that has none.
 *
 *   argv: the server's endpoint, the folder of key.pem and cert.pem
 */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';

const [, , target, folder] = process.argv;
const { hostname, port } = new URL(target);
const server = tls.createServer({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) }, (client) => {
  const behind = net.connect(Number(port), hostname);
  client.on('error', () => behind.destroy());
  behind.on('error', () => client.destroy());
  client.pipe(behind).pipe(client);
});
server.listen(0, '127.0.0.1', () => process.send(`https://localhost:${server.address().port}`));
