import { Readable } from 'node:stream';
import fc from 'fast-check';
import { LOG_FIELD } from '../../../lib/contract';
import { LogLines } from '../../../operate/log-lines';
import { tail } from '../../../operate/tail';
import { epochMillis } from '../../../runtime/time';
import { equals, holds, prototypesAreClean } from '../holds';
import { json, leaf, wellFormed } from '../hostile-json';
import type { Json, Target } from '../target';

/** Lines of a log: those that tell of a request, and all that may stand between them. */
type Line =
  | { readonly told: Json; readonly printer: keyof typeof PRINTERS }
  | { readonly other: string; readonly times?: number };

type Input = readonly Line[];

/** Each as one line. */
const PRINTERS = {
  plain: (document: string) => document,
  cloudwatch: (document: string) => `2026-11-23T19:55:16.123Z\tr-1\tINFO\t${document}`,
  events: (document: string) => JSON.stringify({ events: [{ timestamp: 1, message: `${document}\n` }] }),
  local: (document: string) => JSON.stringify({ event: 'log', function: 'Create', line: document }),
  message: (document: string) => JSON.stringify({ level: 'INFO', message: JSON.parse(document) as Json }),
} as const;

const outcome = fc.constantFrom('executed', 'replayed', 'conflict', 'store_error', '', 'é', '\u001b[2J', '\u202e', 'a\nb');
const field = fc.tuple(outcome, fc.dictionary(fc.constantFrom('id', 'requestId', 'method', 'route', 'attempt', 'ms', 'unpersisted', 'reason', 'cause', 'outcomes'), leaf, { maxKeys: 4 }))
  .map(([name, more]) => ({ ...more, outcome: name }));
const noise = fc.oneof(
  fc.constantFrom('{', '}', '{{', 'request {', '[', ']', '"', '\\', '', `{"${LOG_FIELD}":`, `{"${LOG_FIELD}":null}`, `"${LOG_FIELD}"`, 'START RequestId: r-1', '\u001b[31m', '\0'),
  json.map((value) => JSON.stringify(value)),
  fc.tuple(json, json).map(([one, two]) => JSON.stringify({ [LOG_FIELD]: one, message: JSON.stringify({ [LOG_FIELD]: two }) })),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => wellFormed(text).replace(/[\r\n]/g, ' ')),
);

/** The CLI's log reader: tells each request once, whatever stands around it, and nothing that a terminal would obey. */
export const logReaderTarget = (make: () => Pick<LogLines, 'push'> = () => new LogLines()): Target<Input> => ({
  name: 'log-reader',
  share: 12,
  inputs: fc.array(fc.oneof(
    { weight: 3, arbitrary: fc.record({ told: field, printer: fc.constantFrom(...Object.keys(PRINTERS) as (keyof typeof PRINTERS)[]) }) },
    { weight: 3, arbitrary: fc.record({ other: noise }) },
    { weight: 1, arbitrary: fc.record({ other: fc.constantFrom('[', '{"a":', `{"${LOG_FIELD}":`, '{', '\\"'), times: fc.constantFrom(2, 7, 300, 20_000) }) },
  ), { maxLength: 8 }) as fc.Arbitrary<Input>,
  async check(lines) {
    const texts = lines.map(textOf);
    const reader = make();
    for (const [at, line] of lines.entries()) {
      const told = reader.push(texts[at]!);
      if ('told' in line) {
        equals(told.map(({ outcome: name }) => name), [(line.told as { outcome: string }).outcome], 'what a line tells');
      } else if (!texts.slice(0, at + 1).some((text, before) => 'other' in lines[before]! && text.includes(LOG_FIELD))) {
        equals(told, [], 'what a line of others tells');
      }
    }
    await isPlain(texts);
    prototypesAreClean();
  },
});

const textOf = (line: Line): string =>
  'told' in line
    ? PRINTERS[line.printer](JSON.stringify({ level: 'INFO', timestamp: '2026-11-23T19:55:16.123Z', [LOG_FIELD]: line.told }))
    : line.other.repeat(line.times ?? 1);

async function isPlain(texts: readonly string[]): Promise<void> {
  for (const argv of [[], ['--json']]) {
    const written: string[] = [];
    const out = (line: string): void => void written.push(line);
    await tail(argv, { environment: {}, output: { out, err: out }, input: Readable.from([Buffer.from(texts.join('\n'))]), now: () => epochMillis(0) });
    for (const line of written) {
      // eslint-disable-next-line no-control-regex
      holds(!/[\x00-\x1f\x7f]/.test(line), `a line with a control character: ${JSON.stringify(line)}`);
      if (argv.length > 0) JSON.parse(line);
      holds(!/[\x80-\x9f\u2028-\u202e\u2066-\u2069]/.test(line), `a line that a terminal obeys: ${JSON.stringify(line)}`);
    }
  }
}
