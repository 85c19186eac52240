import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MutatedPart } from './parts';

/** Stryker's report, as much of it as is used here (mutation-testing-report-schema 2). */
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>>;
}

interface ReportedMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage' | 'CompileError' | 'RuntimeError' | 'Ignored' | 'Pending';
  readonly location: { readonly start: Place; readonly end: Place };
}

/** Counted from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Survivor {
  readonly line: number;
  readonly original: string;
  readonly replacement: string;
}

export interface FileResult {
  readonly killed: number;
  /** No test noticed; those that no test runs are among them. */
  readonly survivors: readonly Survivor[];
}

/** Kept between runs, so that the next one tries only what has changed since. */
const CACHE = '.stryker';

/**
 * Mutates one part and runs its tests against each mutant.
 *
 * @throws Error where the tests fail without any mutant
 */
export function mutate(part: MutatedPart, root: string): Readonly<Record<string, FileResult>> {
  mkdirSync(join(root, CACHE), { recursive: true });
  const jestConfig = JSON.parse(readFileSync(join(root, 'jest.config.json'), 'utf8')) as { readonly setupFiles: readonly string[] };
  const report = join(CACHE, `${part.name}.json`);
  const config = {
    testRunner: 'jest',
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // What takes longer because the machine is busy is not to count as noticed.
    timeoutMS: 30_000,
    timeoutFactor: 4,
    mutate: part.mutate.map((file) => (file.startsWith('!') ? `!runtime/${file.slice(1)}` : `runtime/${file}`)),
    ignorePatterns: ['/bench', '/build', '/cdk.out', '/conformance', '/dist', '/docs', '/examples', '/integ', '/.local', '/.stryker'],
    incremental: true,
    incrementalFile: join(CACHE, `${part.name}.incremental.json`),
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: report },
    tempDirName: join(CACHE, 'sandboxes'),
    allowConsoleColors: false,
    jest: {
      projectType: 'custom',
      enableFindRelatedTests: false,
      config: {
        ...jestConfig,
        roots: ['<rootDir>/test'],
        testMatch: part.tests.map((file) => `<rootDir>/test/runtime/${file}.test.ts`),
        // Each mutant is to meet the same inputs as the others.
        setupFiles: jestConfig.setupFiles.map((file) => file.replace('seeded-properties', 'fixed-seed')),
      },
    },
  };
  const file = join(root, CACHE, `${part.name}.config.json`);
  writeFileSync(file, JSON.stringify(config, null, 2));
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', file], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`Stryker ended with ${status} for ${part.name}: see above`);
  return resultsOf(JSON.parse(readFileSync(join(root, report), 'utf8')) as Report);
}

function resultsOf({ files }: Report): Readonly<Record<string, FileResult>> {
  const results = Object.entries(files).map(([name, { source, mutants }]): readonly [string, FileResult] => [name, {
    killed: mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length,
    survivors: mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map(({ location, replacement = '' }) => ({
      line: location.start.line, original: textAt(source, location), replacement: oneLine(replacement),
    })),
  }]);
  return Object.fromEntries(results.filter(([, { killed, survivors }]) => killed + survivors.length > 0));
}

function textAt(source: string, { start, end }: ReportedMutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines.push(lines.pop()!.slice(0, end.column - 1));
  lines[0] = lines[0]!.slice(start.column - 1);
  return oneLine(lines.join('\n'));
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
