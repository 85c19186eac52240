import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, 'certificate');

/** Of `localhost` and 127.0.0.1, signed by itself, for tests: the key is no secret. Node trusts it by `NODE_EXTRA_CA_CERTS`. */
export const CERTIFICATE_FILE = path.join(folder, 'cert.pem');

export const selfSigned = (): { readonly key: Buffer; readonly cert: Buffer } => ({
  key: readFileSync(path.join(folder, 'key.pem')),
  cert: readFileSync(CERTIFICATE_FILE),
});
