import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, install, link, pack, ROOT } from './package';

const folder = emptyFolder();

beforeAll(() => install(pack(folder.path).tarball, folder.path));
afterAll(() => folder.remove());

const write = (file: string, text: string) => {
  writeFileSync(join(folder.path, file), text);
  return join(folder.path, file);
};
const run = (file: string) => JSON.parse(execFileSync(process.execPath, [file], { cwd: folder.path, encoding: 'utf8' })) as unknown;

const EXPORTS = ['cdk-idempotent-api/runtime', 'cdk-idempotent-api/testing', 'cdk-idempotent-api/client', 'cdk-idempotent-api/conformance'];

describe('without any other package in the user\'s folder', () => {
  test.each(EXPORTS)('%s gives an ES module and a CommonJS module the same names', (specifier) => {
    const names = (module: string) => `console.log(JSON.stringify(Object.keys(${module}).filter((name) => name !== 'default' && name !== 'module.exports').sort()))`;
    const imported = run(write('names.mjs', `const all = await import('${specifier}'); ${names('all')};`));
    const required = run(write('names.cjs', `const all = require('${specifier}'); ${names('all')};`));
    expect(imported).toEqual(required);
    expect(imported).not.toEqual([]);
  });

  test('the wrapper runs: a second request under the same key gets the first one\'s response', () => {
    const event = {
      version: '2.0',
      routeKey: 'POST /',
      rawPath: '/',
      rawQueryString: '',
      headers: { 'idempotency-key': 'k' },
      body: '{}',
      isBase64Encoded: false,
      requestContext: { requestId: 'r', routeKey: 'POST /', stage: '$default', http: { method: 'POST', path: '/', sourceIp: '127.0.0.1' } },
    };
    const file = write('twice.mjs', `
      import { idempotent, MemoryStore } from 'cdk-idempotent-api/runtime';
      let runs = 0;
      const quiet = { debug() {}, info() {}, warn() {}, error() {} };
      const handler = idempotent(async () => ({ statusCode: 201, body: String(++runs) }), { store: new MemoryStore(), logger: quiet, metrics: { measure() {} } });
      const call = () => handler(${JSON.stringify(event)}, { awsRequestId: 'r', getRemainingTimeInMillis: () => 10000 });
      const answers = [await call(), await call()];
      console.log(JSON.stringify(answers.map(({ statusCode, body }) => ({ statusCode, body }))));
    `);
    expect(run(file)).toEqual([{ statusCode: 201, body: '1' }, { statusCode: 201, body: '1' }]);
  });

  test('the package\'s insides cannot be imported', () => {
    const file = write('inside.mjs', "await import('cdk-idempotent-api/lib/contract.js').catch(({ code }) => console.log(JSON.stringify(code)));");
    expect(run(file)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

test('beside the CDK, the constructs load from CommonJS and from ES modules', () => {
  link(['aws-cdk-lib', 'constructs'], folder.path);
  const file = write('constructs.mjs', `
    import { createRequire } from 'node:module';
    import { IdempotentApi } from 'cdk-idempotent-api';
    console.log(JSON.stringify([typeof IdempotentApi, createRequire(import.meta.url)('cdk-idempotent-api').IdempotentApi === IdempotentApi]));
  `);
  expect(run(file)).toEqual(['function', true]);
});

test('beside Powertools, which stays the user\'s own copy, its part loads from both and gives a persistence layer', () => {
  expect(run(write('without.mjs', "await import('cdk-idempotent-api/powertools').catch(({ code }) => console.log(JSON.stringify(code)));"))).toBe('ERR_MODULE_NOT_FOUND');
  link(['@aws-lambda-powertools/idempotency'], folder.path);
  const body = `
    const layer = new PowertoolsPersistence(new MemoryStore());
    const twice = makeIdempotent(async () => Math.random(), { persistenceStore: layer });
    const results = [twice({ id: 1 }), twice({ id: 2 })].map((result) => result.then((value) => typeof value));
    Promise.all(results).then((all) => console.log(JSON.stringify([layer instanceof BasePersistenceLayer, ...all])));
  `;
  const names = [
    ['{ makeIdempotent }', '@aws-lambda-powertools/idempotency'],
    ['{ BasePersistenceLayer }', '@aws-lambda-powertools/idempotency/persistence'],
    ['{ MemoryStore }', 'cdk-idempotent-api/runtime'],
    ['{ PowertoolsPersistence }', 'cdk-idempotent-api/powertools'],
  ];
  const quiet = 'console.warn = () => {};';
  const imported = write('powertools.mjs', names.map(([name, from]) => `import ${name} from '${from}';`).join('\n') + quiet + body);
  const required = write('powertools.cjs', names.map(([name, from]) => `const ${name} = require('${from}');`).join('\n') + quiet + body);
  for (const file of [imported, required]) expect(run(file)).toEqual([true, 'number', 'number']);
});

describe('the types', () => {
  const RUNTIME = `
    import { idempotent, idempotencyOf, MemoryStore, RetryableError, type IdempotencyOptions } from 'cdk-idempotent-api/runtime';
    const options: IdempotencyOptions = { store: new MemoryStore(), ttlSeconds: 60, required: true };
    export const handler = idempotent(async (event: { readonly body?: string }, context: object) => {
      if (event.body === undefined) throw new RetryableError('no body');
      return { statusCode: 201, body: String(idempotencyOf(context)?.attempt) };
    }, options);
    // @ts-expect-error A time is a number.
    export const wrong: IdempotencyOptions = { ttlSeconds: '60' };
  `;
  const TESTING = "export * from 'cdk-idempotent-api/testing';\n";
  const CLIENT = `
    import { idempotentFetch, keyFrom, keyOf, type Attempt, type IdempotencyErrorBody } from 'cdk-idempotent-api/client';
    const attempts: Attempt[] = [];
    const send = idempotentFetch(undefined, { firstSentHeader: 'Repeatability-First-Sent', onAttempt: (attempt) => void attempts.push(attempt) });
    export async function pay(): Promise<string | undefined> {
      const response = await send('https://api.example.com/payments', { method: 'POST', headers: { 'Idempotency-Key': await keyFrom(['order', 7]) } });
      const { code } = await response.json() as IdempotencyErrorBody;
      // @ts-expect-error There is no such code.
      if (code === 'IDEMPOTENCY_KEY_LOST') throw new Error(code);
      return code === 'IDEMPOTENCY_KEY_EXPIRED' ? undefined : keyOf(response);
    }
    // @ts-expect-error A number of retries is a number.
    idempotentFetch(undefined, { retries: '3' });
  `;
  const CONFORMANCE = `
    import { suite, suiteOf, type Target } from 'cdk-idempotent-api/conformance';
    const target: Target = { url: 'https://api.example.com/payments', routes: { dated: 'https://api.example.com/dated' } };
    export const run = async (): Promise<string[]> => {
      const titles: string[] = [];
      for (const test of [...suite, ...suiteOf('stripe')]) titles.push(\`\${test.id} \${test.title} \${String(await test.run(target))}\`);
      return titles;
    };
    // @ts-expect-error There is no such profile.
    suiteOf('paypal');
    // @ts-expect-error A target has an address.
    export const nowhere: Target = {};
  `;

  beforeAll(() => {
    link(['@types/node', 'undici-types'], folder.path);
    for (const extension of ['ts', 'mts', 'cts']) {
      write(`runtime.${extension}`, RUNTIME);
      write(`testing.${extension}`, TESTING);
      write(`client.${extension}`, CLIENT);
      write(`conformance.${extension}`, CONFORMANCE);
    }
  });

  test.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('check with module %s and resolution %s, with libraries checked and nothing but Node\'s types installed', (module, resolution) => {
    const compiler = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')];
    const sources = ['ts', 'mts', ...(resolution === 'bundler' ? [] : ['cts'])].flatMap((extension) =>
      ['runtime', 'testing', 'client', 'conformance'].map((name) => `${name}.${extension}`));
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023', '--types', 'node', '--module', module, '--moduleResolution', resolution];
    const { stdout } = spawnSync(process.execPath, [...compiler, ...flags, ...sources], { cwd: folder.path, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
