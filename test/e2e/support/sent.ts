import { LOG_FIELD } from '../../../lib/contract';

/** Shorter texts could be in any line by chance. */
const LEAST = 10;

const secrets = new Set<string>();

/** Keys, tokens and bodies that were sent: what no line of the runtime's may hold. */
export const sent = {
  remember(...texts: readonly (string | undefined)[]): void {
    for (const text of texts) if (text !== undefined && text.length >= LEAST) secrets.add(text);
  },
  /** Of what functions wrote, the runtime's own lines and metrics that hold something of it. */
  leaks: (lines: readonly string[]): readonly string[] =>
    lines.filter((line) => line.includes(`"${LOG_FIELD}"`) || line.includes('"_aws"')).filter((line) => [...secrets].some((secret) => line.includes(secret))),
};
