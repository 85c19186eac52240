import ts from 'typescript';

const CALLS = new Set(['test', 'it', 'describe']);
// What does not run covers nothing.
const NOT_RUN = new Set(['skip', 'todo']);

/**
 * The names of the tests and of the groups of tests in a source file, as they
 * are written: `test('...')`, `describe('...')`, `test.each(table)('...')`.
 */
export function testNames(source: string): readonly string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      const name = nameOf(node.arguments[0]);
      if (name !== undefined) names.push(name);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest));
  return names;
}

function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return CALLS.has(callee.text);
  if (ts.isPropertyAccessExpression(callee)) return !NOT_RUN.has(callee.name.text) && isTest(callee.expression);
  return (ts.isCallExpression(callee) || ts.isTaggedTemplateExpression(callee)) && isEach(callee);
}

function isEach(callee: ts.CallExpression | ts.TaggedTemplateExpression): boolean {
  const inner = ts.isCallExpression(callee) ? callee.expression : callee.tag;
  return ts.isPropertyAccessExpression(inner) && inner.name.text === 'each' && isTest(inner.expression);
}

function nameOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' ');
  return undefined;
}

/** The ids in a name: `F12`, lists (`F41, F42`) and ranges (`F1-F4`, `F1 to F4`). */
export function idsIn(name: string): readonly string[] {
  return [...name.matchAll(/\bF(\d+)(?:(?:\s*[-–]\s*|\s+to\s+)F(\d+))?\b/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Math.max(1, Number(last) - Number(first) + 1) }, (_, index) => `F${Number(first) + index}`));
}
