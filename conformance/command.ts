import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CONFORMANCE_HELP, parseConformanceOptions, type ConformanceOptions } from './cli-options';
import { ConformanceError } from './conformance-error';
import { passes, readBaseline, verdictOf } from './report/baseline';
import { junitOf } from './report/junit';
import { pageOf } from './report/page';
import { resultsOf, toJson, type Results } from './report/results';
import { lineOf, summaryOf } from './report/text';
import { describeRule } from './rules';
import { chosenFor, only, runSuite, type Chosen } from './run/run-suite';
import { subjectOf } from './run/subject-of';

export interface ConformanceContext {
  /** What paths are relative to. */
  readonly directory: string;
  readonly output: { readonly out: (line: string) => void; readonly err: (line: string) => void };
  /** Of the package. */
  readonly version: string;
  readonly now: () => Date;
}

/** `idempotent-api conformance`: resolves with the exit status. */
export async function conformanceCommand(argv: readonly string[], context: ConformanceContext): Promise<number> {
  const options = parseConformanceOptions(argv);
  const { output } = context;
  if (options === 'help') {
    output.out(CONFORMANCE_HELP.trimEnd());
    return 0;
  }
  const all = chosenFor(options.target.profile);
  const chosen = options.only.length === 0 ? all : wanted(all, options.only);
  if (options.list) {
    for (const { definition, title } of chosen) output.out(`${definition.id}\n  ${title}\n  ${describeRule(definition.rule)}`);
    return 0;
  }
  const baseline = options.baseline === undefined ? {} : readBaseline(path.resolve(context.directory, options.baseline));
  // Standard output is one document where it is asked for.
  const say = [options.json, options.junit, options.html].includes('-') ? output.err : output.out;

  const subject = await subjectOf(options.target);
  say(`${options.name}, by ${subject.profile.title}; executions told by ${subject.counted ? 'the effects endpoint' : subject.fresh ? 'answers that differ' : 'nothing'}; ${subject.keyForm} keys`);
  const runs = await runSuite(chosen, subject, (run) => say(lineOf(run)));
  const verdict = verdictOf(runs, baseline, options.only.length === 0);
  summaryOf(runs, verdict).forEach(say);
  const results = resultsOf(runs, subject, { kit: `cdk-idempotent-api ${context.version}`, now: context.now(), target: { name: options.name } });
  write(options, context, { json: () => toJson(results), junit: () => junitOf(runs, verdict, options.name), html: () => page(results) });
  return passes(verdict) ? 0 : 1;
}

const page = (results: Results): string => pageOf([results]);

function wanted(all: readonly Chosen[], ids: readonly string[]): readonly Chosen[] {
  const unknown = ids.filter((id) => only(all, [id]).length === 0);
  if (unknown.length > 0) throw new ConformanceError('USAGE', `--only ${unknown.join(', ')}: no test of this profile has that id or topic (see "idempotent-api conformance --list")`);
  return only(all, ids);
}

function write(options: ConformanceOptions, { directory, output }: ConformanceContext, documents: Readonly<Record<'json' | 'junit' | 'html', () => string>>): void {
  for (const kind of ['json', 'junit', 'html'] as const) {
    const file = options[kind];
    if (file === undefined) continue;
    const text = documents[kind]();
    if (file === '-') {
      output.out(text.trimEnd());
      continue;
    }
    try {
      const target = path.resolve(directory, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, text);
    } catch (error) {
      throw new ConformanceError('FILE', `--${kind} ${file} cannot be written: ${(error as Error).message}`, { cause: error });
    }
  }
}
