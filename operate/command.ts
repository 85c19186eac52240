import type { OperateContext } from './context';

type Command = (argv: readonly string[], context: OperateContext) => Promise<number>;

/** Loaded when it is their turn: the SDK is not for those who want a help text, or only read a log. */
const COMMANDS = {
  inspect: async (): Promise<Command> => (await import('./inspect')).inspect,
  release: async (): Promise<Command> => (await import('./release')).release,
  stats: async (): Promise<Command> => (await import('./stats')).stats,
  tail: async (): Promise<Command> => (await import('./tail')).tail,
} as const;

export type OperateCommand = keyof typeof COMMANDS;

/** A line for each in `idempotent-api --help`. */
export const OPERATE_HELP = `  inspect  show what became of a key
  release  free a key that is stuck in progress
  stats    count a table's records by state
  tail     read a function's log, a line for each request with a key`;

export const isOperateCommand = (name: string | undefined): name is OperateCommand =>
  name !== undefined && Object.hasOwn(COMMANDS, name);

/**
 * Runs one of the commands for whoever is on call.
 *
 * @returns the exit status
 * @throws OperateError where the command cannot do what it was asked
 */
export const operate = async (name: OperateCommand, argv: readonly string[], context: OperateContext): Promise<number> =>
  (await COMMANDS[name]())(argv, context);
