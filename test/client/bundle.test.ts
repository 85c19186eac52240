import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { buildClient } from './support/client-bundle';
import { emitDeclarations } from '../../scripts/bundle/declarations';

const ROOT = join(__dirname, '..', '..');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'client-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the minified module is under 3 kB, imports nothing and needs no Node', async () => {
  const file = await buildClient(folder, 'esm');
  const text = readFileSync(file, 'utf8');
  expect(Buffer.byteLength(text)).toBeLessThan(3000);
  expect(text).not.toMatch(/\bimport\b|\brequire\b|\bprocess\b|\bBuffer\b|node:/);
});

test('the CommonJS module has the same names', async () => {
  const names = Object.keys(createRequire(__filename)(await buildClient(folder, 'cjs')) as object).sort();
  expect(names).toEqual(['IdempotentFetchError', 'idempotentFetch', 'isReplay', 'keyFrom', 'keyOf']);
});

describe('the declarations', () => {
  emitDeclarations(ROOT, folder, ['client/index.ts']);

  /** What TypeScript says of a program that imports the client. */
  function problems(source: string, options: ts.CompilerOptions): readonly string[] {
    const file = join(folder, 'program.ts');
    const compilerOptions: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      // The client's declarations are checked where they stand alone: there is no other library then.
      skipLibCheck: options.types!.length > 0 || options.lib!.length > 1,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Preserve,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      ...options,
    };
    const host = ts.createCompilerHost(compilerOptions);
    const { getSourceFile, fileExists } = host;
    const text = `import { idempotentFetch, isReplay, keyFrom, keyOf, IdempotentFetchError, type Attempt } from './client/index';\n${source}`;
    host.fileExists = (name) => name === file || fileExists(name);
    host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest));
    return ts.getPreEmitDiagnostics(ts.createProgram([file], compilerOptions, host)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  const USE = `
    export async function pay(): Promise<{ response: Response; key: string | undefined; replay: boolean }> {
      const send = idempotentFetch(undefined, { onAttempt: (attempt: Attempt) => void attempt.key });
      const init: RequestInit = { method: 'POST', headers: { 'Idempotency-Key': await keyFrom(['order', 7]) } };
      const response: Response = await send('https://api.example.com', init);
      await send(new URL('https://api.example.com'));
      await send(new Request('https://api.example.com'));
      await idempotentFetch(fetch)('https://api.example.com', init);
      const sameShape: typeof fetch = send as typeof fetch;
      await sameShape('https://api.example.com');
      return { response, key: keyOf(response), replay: isReplay(response) };
    }
    export const code = (error: unknown): string => (error instanceof IdempotentFetchError ? error.code + error.key : '');
    // @ts-expect-error A number of retries is a number.
    idempotentFetch(undefined, { retries: '3' });
    // @ts-expect-error There is no such option.
    idempotentFetch(undefined, { retires: 3 });
    // @ts-expect-error A call needs an address.
    void idempotentFetch()();
  `;

  test.each([
    ['the types of the DOM', { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] }],
    ['the types of Node', { lib: ['lib.es2022.d.ts'], types: ['node'] }],
    ['both', { lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: ['node'] }],
  ])('fit with %s: calls and answers have the types of fetch', (_, options) => {
    expect(problems(USE, options)).toEqual([]);
  });

  test('are whole without either, for a fetch of one\'s own', () => {
    expect(problems(`
      const own = async (url: string, init?: { method: string }) => ({
        status: url.length + Number(init?.method), own: true, headers: { get: (name: string) => name }, clone: () => ({ text: async () => '' }),
      });
      export const call = async (): Promise<boolean> => (await idempotentFetch(own)('https://api.example.com', { method: 'POST' })).own;
      // @ts-expect-error Its own first argument is a string.
      void idempotentFetch(own)(7);
      export const again = async (): Promise<number> => isReplay(await idempotentFetch(own)('')) ? 1 : 0;
    `, { lib: ['lib.es2022.d.ts'], types: [] })).toEqual([]);
  });
});
