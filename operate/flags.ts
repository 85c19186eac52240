import { parseArgs } from 'node:util';
import { OperateError } from './operate-error';

/** A flag of a command: a switch, or one with a value. */
export interface Flag {
  /** What its value is called in the help; a switch has none. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeated?: boolean;
  /** One or more lines. */
  readonly help: string;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What a command line says. Values stay as they were typed. */
export interface Given<Name extends string = string> {
  /** In the order typed. */
  readonly all: readonly (readonly [flag: string, value: string])[];
  has(flag: Name): boolean;
  /** The value of a flag that may be given once. */
  text(flag: Name): string | undefined;
  /** An error that names the command's help. */
  wrong(what: string): OperateError;
}

const HELP: Flags = { help: { help: 'show this text' } };

/**
 * The flags of a command line. No error repeats a value or a stray word: it may
 * be a client's key.
 *
 * @throws OperateError with code `USAGE` on anything that is not understood
 */
export function readFlags<F extends Flags>(command: string, flags: F, argv: readonly string[]): Given<keyof F & string> | 'help' {
  const wrong = (what: string): OperateError => new OperateError('USAGE', `${what} (see "idempotent-api ${command} --help")`);
  const known: Flags = { ...flags, ...HELP };
  const { tokens } = parseArgs({ args: [...argv], options: optionsOf(known), strict: false, tokens: true });
  const all: [string, string][] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') throw wrong('there is an argument that belongs to no flag; quote a value that has spaces in it');
    const flag = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (flag === undefined) throw wrong(`unknown flag ${token.rawName}`);
    if (flag.value === undefined && token.value !== undefined) throw wrong(`${token.rawName} takes no value`);
    if (flag.value !== undefined && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) {
      throw wrong(`${token.rawName} needs a value; write ${token.rawName}=${flag.value} for one that begins with --`);
    }
    if (flag.value !== undefined && token.value?.trim() === '') throw wrong(`${token.rawName} is empty; give a value`);
    if (!flag.repeated && flag.value !== undefined && all.some(([name]) => name === token.name)) throw wrong(`${token.rawName} is given twice`);
    all.push([token.name, token.value ?? '']);
  }
  if (all.some(([name]) => name === 'help')) return 'help';
  return {
    has: (flag) => all.some(([name]) => name === flag),
    text: (flag) => all.find(([name]) => name === flag)?.[1],
    all,
    wrong,
  };
}

const optionsOf = (flags: Flags) => ({
  ...Object.fromEntries(Object.entries(flags).map(([name, { value }]) =>
    [name, { type: value === undefined ? 'boolean' as const : 'string' as const, multiple: true }])),
  help: { type: 'boolean' as const, short: 'h', multiple: true },
});

const COLUMN = 28;

/** The text behind `--help`. */
export function helpOf(usage: string, about: string, flags: Flags): string {
  const lines = Object.entries({ ...flags, ...HELP }).map(([name, { value, help }]) => {
    const left = `  --${name}${value === undefined ? '' : ` ${value}`}`;
    return left.padEnd(COLUMN) + help.split('\n').join(`\n${' '.repeat(COLUMN)}`);
  });
  return `Usage: idempotent-api ${usage}\n\n${about}\n\nOptions:\n${lines.join('\n')}`;
}
