import { createInterface } from 'node:readline';
import type { OperateContext } from './context';
import type { Given } from './flags';
import { parsedKey, secretOf, type RECORD_FLAGS } from './record-flags';
import { tenantOf } from './tenant-flags';
import { sealFor, type Seal } from '../runtime/response/seal';

/**
 * What opens a response that only the client's key opens. The key is read from
 * standard input and never from the command line, where it would stay in the
 * shell's history and show in the list of processes.
 *
 * @throws OperateError with code `USAGE`, which never repeats the key
 */
export async function sealOf(given: Given<keyof typeof RECORD_FLAGS>, id: string, { input, output }: Pick<OperateContext, 'input' | 'output'>): Promise<Seal> {
  const secret = secretOf(given);
  if (secret === undefined) throw given.wrong('the recorded response is encrypted: --show-body needs --secret-file with the key secret, --tenant, and the client\'s key on standard input');
  const tenant = tenantOf(given);
  if (input.isTTY) output.err('The client\'s key, which is written nowhere:');
  const line = await firstLineOf(input);
  if (line === '') throw given.wrong('the recorded response is encrypted: --show-body reads the client\'s key on standard input, and there was none');
  return sealFor({ key: parsedKey(line, given), tenant, secret, id });
}

async function firstLineOf(input: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
  }
}
