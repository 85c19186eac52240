import { parseAuditOptions } from '../../audit/cli-options';
import type { LocalError } from '../../local/local-error';

const refusal = (argv: readonly string[]) => {
  try {
    parseAuditOptions(argv);
  } catch (error) {
    return error as LocalError;
  }
  throw new Error('nothing was refused');
};

test('without flags, it is the app of cdk.json, for people to read, and no finding is a failure', () => {
  expect(parseAuditOptions([])).toEqual({ source: { kind: 'project' }, context: {}, stack: undefined, failOnUnprotected: false, json: false });
});

test('every flag arrives', () => {
  expect(parseAuditOptions(['--app', 'npx tsx bin/app.ts', '-c', 'stage=beta', '--stack', 'Api', '--fail-on', 'unprotected', '--json'])).toEqual({
    source: { kind: 'app', command: 'npx tsx bin/app.ts' }, context: { stage: 'beta' }, stack: 'Api', failOnUnprotected: true, json: true,
  });
  expect(parseAuditOptions(['--assembly', 'cdk.out'])).toMatchObject({ source: { kind: 'assembly', directory: 'cdk.out' } });
  expect(parseAuditOptions(['--assembly', 'cdk.out', '-h'])).toBe('help');
});

test.each([
  ['an unknown flag', ['--fail-of', 'unprotected'], 'unknown flag --fail-of'],
  ['a stray word', ['cdk.out'], 'unexpected argument "cdk.out"'],
  ['a state that is none to fail on', ['--fail-on', 'exempt'], '--fail-on "exempt" is no state to fail on; give --fail-on unprotected, or leave it out'],
  ['no state', ['--fail-on'], '--fail-on needs a value'],
  ['the next flag in the place of a state', ['--fail-on', '--json'], '--fail-on needs a value'],
  ['both sources', ['--app', 'a', '--assembly', 'b'], '--app and --assembly exclude each other'],
  ['an empty assembly', ['--assembly', ''], '--assembly is empty'],
  ['an empty stack', ['--stack', ' '], '--stack is empty'],
  ['context for what is synthesized already', ['--assembly', 'x', '-c', 'a=b'], '--context has no effect with --assembly'],
  ['a value for a switch', ['--json=no'], '--json takes no value'],
])('%s is refused in one line that names it and where to read on', (_, argv, message) => {
  const { code, exitCode, message: line } = refusal(argv);
  expect({ code, exitCode }).toEqual({ code: 'USAGE', exitCode: 2 });
  expect(line).toContain(message);
  expect(line).toMatch(/\(see "idempotent-api audit --help"\)$/);
  expect(line).not.toContain('\n');
});
