import { parseLocalOptions } from '../../local/cli-options';
import { LocalError } from '../../local/local-error';

const parse = (line: string) => parseLocalOptions(line.split(' ').filter(Boolean));

const refusal = (argv: readonly string[]) => {
  try {
    parseLocalOptions(argv);
  } catch (error) {
    return error as LocalError;
  }
  throw new Error('nothing was refused');
};

test('an assembly alone is served on port 3000, its items in memory, for people to read', () => {
  expect(parse('--assembly cdk.out')).toEqual({
    source: { kind: 'assembly', directory: 'cdk.out' },
    context: {},
    given: { parameters: [], ssm: new Map(), secrets: new Map(), layers: new Map() },
    stack: undefined,
    port: 3000,
    dataDirectory: undefined,
    dynamodbEndpoint: undefined,
    json: false,
    watch: false,
  });
});

test('without an app and an assembly, the app is the one of cdk.json', () => {
  expect(parse('--port 0')).toMatchObject({ source: { kind: 'project' } });
});

test('every flag arrives', () => {
  const argv = ['--app', 'npx tsx bin/app.ts', '--stack', 'Api', '--port', '0', '--data', '.data', '--dynamodb-endpoint', 'http://localhost:8000/', '--json', '--watch',
    '-c', 'stage=beta', '--context', 'url=https://example.com/?a=b', '--parameter', 'Size=small', '--parameter', 'Prod/Api:Size=',
    '--ssm', '/shop/currency=EUR', '--secret', 'shop/provider={"key":"a=b"}', '--layer', 'arn:aws:lambda:eu-west-1:1:layer:tracing:3=layers/tracing'];
  expect(parseLocalOptions(argv)).toEqual({
    source: { kind: 'app', command: 'npx tsx bin/app.ts' },
    context: { stage: 'beta', url: 'https://example.com/?a=b' },
    given: {
      parameters: [{ name: 'Size', value: 'small' }, { stack: 'Prod/Api', name: 'Size', value: '' }],
      ssm: new Map([['/shop/currency', 'EUR']]),
      secrets: new Map([['shop/provider', '{"key":"a=b"}']]),
      layers: new Map([['arn:aws:lambda:eu-west-1:1:layer:tracing:3', 'layers/tracing']]),
    },
    stack: 'Api',
    port: 0,
    dataDirectory: '.data',
    dynamodbEndpoint: 'http://localhost:8000',
    json: true,
    watch: true,
  });
});

test('a value may be written with an equals sign', () => {
  expect(parse('--assembly=cdk.out --port=8080')).toMatchObject({ source: { directory: 'cdk.out' }, port: 8080 });
});

test.each(['--help', '-h', '--assembly x --help'])('%s asks for help', (line) => {
  expect(parse(line)).toBe('help');
});

test.each([
  ['an unknown flag', ['--assembly', 'x', '--prot', '1'], '--prot'],
  ['an unknown short flag', ['-x'], '-x'],
  ['a name of an object member', ['--constructor'], '--constructor'],
  ['a stray word', ['--assembly', 'x', 'y'], 'unexpected argument "y"'],
  ['both sources', ['--app', 'a', '--assembly', 'b'], 'exclude each other'],
  ['an empty app', ['--app', ' '], '--app is empty'],
  ['an empty assembly', ['--assembly', ''], '--assembly is empty'],
  ['context for what is synthesized already', ['--assembly', 'x', '-c', 'a=b'], '--context has no effect with --assembly'],
  ['context that is no assignment', ['-c', 'stage'], '--context "stage" is no assignment'],
  ['context of the CDK\'s own', ['-c', 'aws:cdk:x=1'], '--context "aws:cdk:x"'],
  ['a parameter without a name', ['--parameter', '=x'], '--parameter "=x" is no assignment'],
  ['an SSM parameter without a value', ['--ssm', '/a'], '--ssm "/a" is no assignment'],
  ['a secret without a value', ['--secret', 'a'], '--secret "a" is no assignment'],
  ['a layer without a folder', ['--layer', 'arn:aws:lambda:x'], '--layer "arn:aws:lambda:x" is no assignment'],
  ['a port that is no number', ['--assembly', 'x', '--port', 'web'], '--port "web"'],
  ['a port out of range', ['--assembly', 'x', '--port', '65536'], '--port "65536"'],
  ['a negative port', ['--assembly', 'x', '--port=-1'], '--port "-1"'],
  ['a negative port behind a space', ['--assembly', 'x', '--port', '-1'], '--port needs a value; write --port=VALUE for one that begins with -'],
  ['a flag without its value', ['--assembly', 'x', '--data'], '--data needs a value'],
  ['a flag for a value', ['--assembly', 'x', '--data', '--json'], '--data needs a value'],
  ['an empty folder', ['--assembly', 'x', '--data', ''], '--data is empty'],
  ['a value for a switch', ['--assembly', 'x', '--json=yes'], '--json takes no value'],
  ['an endpoint without a scheme', ['--assembly', 'x', '--dynamodb-endpoint', 'localhost:8000'], '--dynamodb-endpoint "localhost:8000"'],
])('%s is refused in one line that names it and where to read on', (_, argv, named) => {
  const error = refusal(argv);
  expect(error).toBeInstanceOf(LocalError);
  expect(error).toMatchObject({ code: 'USAGE', exitCode: 2 });
  expect(error.message).toContain(named);
  expect(error.message).toContain('idempotent-api local --help');
  expect(error.message).not.toContain('\n');
});
