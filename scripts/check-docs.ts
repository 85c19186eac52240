import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { blocksOf, type Block } from './docs/blocks';
import { wrongCommands } from './docs/commands';
import { brokenLinks } from './docs/links';
import { checkTypeScript } from './docs/typescript';

/**
 * Holds the documentation against the code: every TypeScript block compiles
 * against the sources, blocks flagged `run` run, commands and their flags exist,
 * JSON parses, and no link leads nowhere.
 */
function main(root: string): void {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pagesBelow(root, 'docs'), ...pagesBelow(root, 'examples')]
    .filter((page) => existsSync(join(root, page)));
  const texts = pages.map((page) => [page, readFileSync(join(root, page), 'utf8')] as const);
  const blocks = texts.flatMap(([page, text]) => blocksOf(page, text));
  const helps = new Map<string, string>();
  const helpOf = (command: string): string => {
    if (!helps.has(command)) helps.set(command, help(root, command));
    return helps.get(command)!;
  };
  const problems = [
    ...texts.flatMap(([page, text]) => brokenLinks(root, page, text)),
    ...blocks.flatMap((block) => problemsOf(root, block, helpOf)),
    ...checkTypeScript(root, blocks.filter(({ language }) => language === 'ts')),
  ];
  problems.forEach((line) => console.error(line));
  console.log(`Documentation: ${pages.length} pages, ${blocks.length} blocks, ${problems.length} problems.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

const pagesBelow = (root: string, folder: string): readonly string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).map((file) => join(folder, file)).sort()
    : [];

const help = (root: string, command: string): string =>
  spawnSync(process.execPath, ['--import', 'tsx', join(root, 'bin', 'idempotent-api.ts'), command, '--help'], { encoding: 'utf8' }).stdout;

const DIAGRAMS = ['sequenceDiagram', 'stateDiagram-v2', 'flowchart', 'graph', 'timeline'];

function problemsOf(root: string, block: Block, helpOf: (command: string) => string): readonly string[] {
  const wrong = (message: string): readonly string[] => [`${block.page}:${block.line}: ${message}`];
  switch (block.language) {
    case 'ts':
      return [];
    case 'sh':
      return wrongCommands(root, block, helpOf);
    case 'json':
      return parses(block.text) ? [] : wrong('is not JSON');
    case 'js':
      return isJavaScript(block.text) ? [] : wrong('is not JavaScript');
    case 'mermaid':
      return DIAGRAMS.some((kind) => block.text.startsWith(kind)) ? [] : wrong(`is none of ${DIAGRAMS.join(', ')}`);
    case 'python':
      return spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: block.text }).status === 0 ? [] : wrong('is not Python');
    case 'text':
    case 'http':
      return [];
    default:
      return wrong(`no check knows the language "${block.language}"`);
  }
}

function parses(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

function isJavaScript(text: string): boolean {
  try {
    transformSync(text, { loader: 'js', logLevel: 'silent' });
    return true;
  } catch {
    return false;
  }
}

main(process.argv[2] ?? join(__dirname, '..'));
