import { parseArgs, type ParseArgsConfig } from 'node:util';
import { LocalError } from './local-error';

/** Where an assembly comes from: running a CDK app, the one that cdk.json names or another, or it is there already. */
export interface AssemblyOptions {
  readonly source:
    | { readonly kind: 'project' }
    | { readonly kind: 'app'; readonly command: string }
    | { readonly kind: 'assembly'; readonly directory: string };
  /** Over the context that cdk.json and cdk.context.json have. */
  readonly context: Readonly<Record<string, string>>;
}

/** The flags of every command that reads an assembly. */
export const ASSEMBLY_FLAGS = {
  app: { type: 'string' },
  assembly: { type: 'string' },
  context: { type: 'string', short: 'c', multiple: true },
} as const;

export const ASSEMBLY_HELP = `  --app COMMAND              CDK app to synthesize, e.g. --app "npx tsx bin/app.ts" (default: "app" of cdk.json)
  --assembly DIR             cloud assembly as it is, e.g. cdk.out
  -c, --context KEY=VALUE    context for the app, as for cdk; may be given several times`;

type Flags = NonNullable<ParseArgsConfig['options']>;
type Values<F extends Flags> = ReturnType<typeof parseArgs<{ options: F; strict: true }>>['values'];

/** The command line of one command: every error names its help. */
export class CommandLine {
  constructor(private readonly command: string) {}

  usage(what: string): LocalError {
    return new LocalError('USAGE', `${what} (see "idempotent-api ${this.command} --help")`);
  }

  /** Throws `LocalError` with code `USAGE` on anything that is not understood. */
  read<F extends Flags>(argv: readonly string[], flags: F): Values<F> {
    const { tokens } = parseArgs({ args: [...argv], options: flags as Flags, strict: false, tokens: true });
    for (const token of tokens) {
      if (token.kind === 'positional') throw this.usage(`unexpected argument "${token.value}"`);
      if (token.kind !== 'option') continue;
      const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
      if (!flag) throw this.usage(`unknown flag ${token.rawName}`);
      if (flag.type === 'string' && token.value === undefined) throw this.usage(`${token.rawName} needs a value`);
      if (flag.type === 'boolean' && token.value !== undefined) throw this.usage(`${token.rawName} takes no value`);
    }
    // The value of one flag must not be the next flag: `--data --json` forgets the folder.
    const swallowed = tokens.find((token) => token.kind === 'option' && !token.inlineValue && /^-./.test(token.value ?? ''));
    if (swallowed?.kind === 'option') throw this.usage(`${swallowed.rawName} needs a value; write ${swallowed.rawName}=VALUE for one that begins with -`);
    return parseArgs({ args: [...argv], options: flags, strict: true }).values;
  }

  assembly({ app, assembly, context }: { app?: string; assembly?: string; context?: string[] }): AssemblyOptions {
    if (assembly !== undefined && context) throw this.usage('--context has no effect with --assembly, which is synthesized already; give --app, or leave it out');
    return { source: this.source(app, assembly), context: Object.fromEntries((context ?? []).map((text) => this.contextValue(text))) };
  }

  /** Split at the first equals sign: a value may have more of them. */
  pair(flag: string, text: string, example: string): [name: string, value: string] {
    const at = text.indexOf('=');
    if (at < 1) throw this.usage(`${flag} "${text}" is no assignment; write it as in ${flag} ${example}`);
    return [text.slice(0, at), text.slice(at + 1)];
  }

  nonEmpty(flag: string, text: string | undefined): string | undefined {
    if (text !== undefined && text.trim() === '') throw this.usage(`${flag} is empty; give a value or leave the flag out`);
    return text;
  }

  private source(app: string | undefined, assembly: string | undefined): AssemblyOptions['source'] {
    if (app !== undefined && assembly !== undefined) throw this.usage('--app and --assembly exclude each other; give one of them');
    if (app?.trim()) return { kind: 'app', command: app };
    if (assembly?.trim()) return { kind: 'assembly', directory: assembly };
    if (app === undefined && assembly === undefined) return { kind: 'project' };
    throw this.usage(`${app !== undefined ? '--app' : '--assembly'} is empty; give --app "npx tsx bin/app.ts" or --assembly cdk.out`);
  }

  private contextValue(text: string): [name: string, value: string] {
    const [name, value] = this.pair('--context', text, 'stage=beta');
    if (name.startsWith('aws:')) throw this.usage(`--context "${name}": names that begin with "aws:" are the CDK's own; give another name`);
    return [name, value];
  }
}
