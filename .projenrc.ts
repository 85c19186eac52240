import { JsonFile, ProjenrcFile, awscdk, javascript } from 'projen';

const CDK_VERSION = '2.257.0';
const CONSTRUCTS_VERSION = '10.5.1';
const POWERTOOLS_VERSION = '2.35.0';

/** The sources of what the package exports. */
const PUBLIC_PATHS: Record<string, [string]> = {
  'cdk-idempotent-api': ['./lib/index.ts'],
  'cdk-idempotent-api/runtime': ['./runtime/index.ts'],
  'cdk-idempotent-api/powertools': ['./runtime/powertools/index.ts'],
  'cdk-idempotent-api/testing': ['./runtime/testing/index.ts'],
  'cdk-idempotent-api/client': ['./client/index.ts'],
  'cdk-idempotent-api/conformance': ['./conformance/index.ts'],
};

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-idempotent-api',
  description: 'AWS CDK constructs that make the POST endpoints of an API Gateway API safe to retry.',
  author: 'cdk-idempotent-api maintainers',
  authorAddress: 'https://github.com/cdk-idempotent-api',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-idempotent-api/cdk-idempotent-api.git',
  keywords: ['aws', 'cdk', 'idempotency', 'idempotency-key', 'api-gateway', 'lambda', 'dynamodb', 'retry'],
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-idempotent-api maintainers',
  copyrightPeriod: '2026',
  defaultReleaseBranch: 'main',
  stability: 'experimental',

  srcdir: 'lib',
  testdir: 'test',
  projenrcTs: false, // `default` below runs this file: projen's own runner wants a projenrc/tsconfig.json
  projenrcJs: false,
  projenVersion: '0.103.25',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.16.0',
  workflowNodeVersion: '24',

  cdkVersion: CDK_VERSION,
  constructsVersion: CONSTRUCTS_VERSION,
  jsiiVersion: '6.0.16',
  typescriptVersion: '~6.0.3',
  excludeTypescript: ['runtime', 'local', 'audit', 'client', 'operate', 'conformance', 'test', 'integ', 'bin', 'bench', 'examples', 'build', 'scripts'],
  docgenFilePath: 'API.md',
  npmignoreEnabled: false, // `files` below names what is packed
  bumpPackage: 'commit-and-tag-version@^12', // 13 needs Node 22

  publishToPypi: { distName: 'cdk-idempotent-api', module: 'cdk_idempotent_api' },
  publishToMaven: {
    javaPackage: 'io.github.cdkidempotentapi',
    mavenGroupId: 'io.github.cdkidempotentapi',
    mavenArtifactId: 'cdk-idempotent-api',
  },
  publishToNuget: { dotNetNamespace: 'CdkIdempotentApi', packageId: 'CdkIdempotentApi' },
  publishToGo: { moduleName: 'github.com/cdk-idempotent-api/cdk-idempotent-api-go' },

  sampleCode: false,
  lambdaAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,
  integrationTestAutoDiscover: false,

  // The suite runs on @swc/jest with a jest.config.json of its own: projen's
  // jest passes --updateSnapshot and type-checks every file on every run.
  jest: false,
  eslint: true,
  eslintOptions: {
    dirs: ['lib'],
    devdirs: ['runtime', 'client', 'local', 'audit', 'operate', 'conformance', 'bin', 'integ', 'test', 'scripts', 'bench', 'examples'],
    tsconfigPath: './tsconfig.dev.json',
    projectService: false,
    commandOptions: { fix: false, extraArgs: ['--max-warnings=0'] },
  },
  tsconfig: { compilerOptions: { types: ['node'], inlineSourceMap: false, inlineSources: false } },
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    compilerOptions: {
      module: 'preserve',
      moduleResolution: javascript.TypeScriptModuleResolution.BUNDLER,
      lib: ['es2023'],
      target: 'ES2022',
      types: ['node', 'jest'],
      noEmit: true,
      // The examples import what a user would.
      paths: PUBLIC_PATHS,
    },
    include: ['lib/**/*.ts', 'runtime/**/*.ts', 'client/**/*.ts', 'local/**/*.ts', 'audit/**/*.ts', 'operate/**/*.ts', 'conformance/**/*.ts', 'bin/**/*.ts', 'integ/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts', '.projenrc.ts'],
    exclude: ['build', 'cdk.out', 'node_modules', '**/node_modules'],
  },

  depsUpgrade: false,
  pullRequestTemplate: false,
  githubOptions: { pullRequestLint: false, mergify: false },

  devDeps: [
    '@aws-cdk/integ-runner@2.197.10',
    '@aws-cdk/integ-tests-alpha@2.245.0-alpha.0',
    `@aws-lambda-powertools/idempotency@${POWERTOOLS_VERSION}`,
    `@aws-lambda-powertools/logger@${POWERTOOLS_VERSION}`,
    '@aws-sdk/client-dynamodb',
    // Of the client's own dependencies, for the requests that are signed without a client.
    '@aws-sdk/core@^3.981.0',
    '@aws-sdk/credential-provider-node@^3.972.97',
    '@aws-sdk/lib-dynamodb',
    '@aws-sdk/util-dynamodb@^3.996.9',
    '@smithy/node-http-handler@^4.14.2',
    '@smithy/signature-v4@^5.7.5',
    // The browser that tests drive. 147 and later need Node 22.
    '@sparticuz/chromium@143.0.4',
    // The last whose own dependencies run on Node 20.
    '@stryker-mutator/core@9.3.0',
    '@stryker-mutator/jest-runner@9.3.0',
    '@swc/core@1.16.18',
    '@swc/jest@0.2.39',
    '@types/aws-lambda@8.10.164',
    '@types/jest@^30',
    '@types/node@^20',
    'aws-cdk@2.1148.1',
    'aws-lambda-ric@4.0.2',
    // A framework of callbacks, which tells its outcome by `context.succeed`.
    'aws-serverless-express@3.4.0',
    // With ky, a client library that the docs have a recipe for.
    'axios@1.21.1',
    'cdk-nag@3.0.2',
    // The last CommonJS release: 5.x is ESM for Node 22 and later, and this package still runs on 20.
    'canonicalize@2.1.0',
    // The oldest that a client of a user's own may be of; `sdk-version.ts` names it.
    'client-dynamodb-oldest@npm:@aws-sdk/client-dynamodb@3.363.0',
    'esbuild@0.28.2',
    'fast-check',
    'fauxqs@1.9.2',
    'ioredis@6.0.0',
    'jest@30.5.2',
    'jsii-docgen@10.12.6',
    // 2.x needs Node 22.
    'ky@1.14.3',
    // Drives the browser: it brings none of its own.
    'playwright-core@1.65.1',
    'redis@6.3.1',
    // What OpenTelemetry hooks `require` with.
    'require-in-the-middle@8.0.1',
    'tsx',
  ],
});

project.package.addField('bin', { 'idempotent-api': 'build/cli/idempotent-api.mjs' });
project.package.addField('exports', {
  '.': { types: './lib/index.d.ts', default: './lib/index.js' },
  './runtime': {
    import: { types: './build/runtime/index.d.mts', default: './build/runtime/index.mjs' },
    require: { types: './build/runtime/index.d.ts', default: './build/runtime/index.cjs' },
  },
  './testing': {
    import: { types: './build/testing/index.d.mts', default: './build/testing/index.mjs' },
    require: { types: './build/testing/index.d.ts', default: './build/testing/index.cjs' },
  },
  './powertools': {
    import: { types: './build/powertools/index.d.mts', default: './build/powertools/index.mjs' },
    require: { types: './build/powertools/index.d.ts', default: './build/powertools/index.cjs' },
  },
  './client': {
    import: { types: './build/client/index.d.mts', default: './build/client/index.mjs' },
    require: { types: './build/client/index.d.ts', default: './build/client/index.cjs' },
  },
  './conformance': {
    import: { types: './build/conformance/index.d.mts', default: './build/conformance/index.mjs' },
    require: { types: './build/conformance/index.d.ts', default: './build/conformance/index.cjs' },
  },
  './package.json': './package.json',
  './.jsii': './.jsii',
});
// What a user gets, and nothing else: tests hold this list to the packed tarball.
project.package.addField('files', [
  '.jsii', 'API.md', 'CHANGELOG.md', 'lib/**/*.js', 'lib/**/*.d.ts',
  'build/THIRD-PARTY-NOTICES.txt', 'build/sbom.cdx.json', 'build/layer', 'build/relay', 'build/runtime', 'build/testing', 'build/powertools', 'build/client', 'build/conformance', 'build/types', 'build/cli',
]);
// Binaries bound to one platform live in a private workspace as optional
// dependencies, so that `npm ci` works everywhere and users never install them.
project.package.addField('workspaces', ['local/platform']);
// No install script is needed: the binaries come as packages of their own, and of
// aws-lambda-ric only the JavaScript is used (its scripts would compile curl).
// npm before 11.16 does not know `allowScripts`; it obeys `.npmrc`.
project.package.addField('allowScripts', {
  '@parcel/watcher': false,
  '@swc/core': false,
  'aws-lambda-ric': false,
  'esbuild': false,
});
project.npmrc.addConfig('ignore-scripts', 'true');
// The lock file names no registry: whoever installs uses their own.
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
project.package.addField('publishConfig', { access: 'public', provenance: true });
// Later versions list binaries for platforms that not every registry mirror carries,
// and `npm ci` refuses a lock file that lacks one.
project.package.addField('overrides', { 'unrs-resolver': '1.12.2' });
project.setScript('start', 'node --import tsx scripts/start.ts');

new JsonFile(project, 'jest.config.json', {
  marker: false,
  obj: {
    testEnvironment: 'node',
    roots: ['<rootDir>/test', '<rootDir>/examples'],
    testMatch: ['**/*.test.ts'],
    moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
    transform: {
      '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
    },
    moduleNameMapper: Object.fromEntries(Object.entries(PUBLIC_PATHS).map(([name, [file]]) => [`^${name}$`, `<rootDir>/${file}`])),
    setupFiles: ['<rootDir>/test/support/setup-env.ts', '<rootDir>/test/support/seeded-properties.ts'],
    showSeed: true,
    testTimeout: 60000,
    // Many tests wait for child processes: one worker less than there are processors would leave half of two idle.
    maxWorkers: 2,
    coverageProvider: 'v8',
    modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/cdk.out/', '<rootDir>/dist/'],
  },
});

new JsonFile(project, 'cdk.json', {
  marker: false,
  obj: { app: 'npx tsx bin/app.ts' },
});

project.defaultTask!.exec('tsx .projenrc.ts');
new (class extends ProjenrcFile {
  public readonly filePath = '.projenrc.ts';
})(project);

const bundle = project.addTask('bundle', {
  description: 'Bundle the layer, the runtime exports and the CLI into build/',
  exec: 'tsx scripts/bundle.ts',
});
project.preCompileTask.spawn(bundle);

const jest = 'node --no-warnings node_modules/jest/bin/jest.js';
const eslint = project.eslint!;

const failuresCheck = project.addTask('failures:check', {
  description: 'Each failure of docs/failures.md has its test',
  exec: 'tsx scripts/check-failures.ts',
});
const docsCheck = project.addTask('docs:check', {
  description: 'Compile or run every block of the documentation, and follow its links',
  exec: 'tsx scripts/check-docs.ts',
});

// Writes nothing that git sees: neither project files nor snapshots nor lint fixes.
const test = project.testTask;
test.reset('tsx scripts/test-setup.ts');
test.exec('tsc -p tsconfig.dev.json');
test.spawn(bundle);
test.spawn(project.compileTask);
test.exec(jest, { receiveArgs: true });
test.spawn(failuresCheck);
test.spawn(docsCheck);
test.spawn(eslint.eslintTask);

const everything = { statements: 100, branches: 100, functions: 100, lines: 100 };
project.addTask('coverage', {
  description: 'Every line and branch of the constructs is covered by their own tests',
  exec: `${jest} --coverage --coverageReporters=text-summary --coverageThreshold='${JSON.stringify({ global: everything })}' `
    + "--collectCoverageFrom='lib/**/*.ts' --collectCoverageFrom='!**/*.d.ts' --testPathPatterns test/constructs test/integ",
});

// Each peer's packages are installed into its own folder when it is first run: `npm ci` knows nothing of them.
const peers = project.addTask('conformance:peers', { description: 'Put the conformance suite to this package and its peers, and make their page' });
peers.spawn(bundle);
peers.exec('tsx conformance/peers/run.ts', { receiveArgs: true });

const bench = project.addTask('bench', { description: 'CPU, cold start, sizes and fingerprints, beside Powertools: a table, and with --write docs/performance' });
bench.spawn(bundle);
bench.exec('tsx bench/run.ts', { receiveArgs: true });

// Snapshots of what the cases in integ/ deploy. `integ:update` remakes those that
// differ, and deploys nothing; `npm run integ -- --update-on-failed` deploys.
const integRunner = "integ-runner --directory integ --language typescript --app 'tsx {filePath}'";
const integ = project.addTask('integ', { description: 'Verify the snapshots of integ/, without an account' });
integ.spawn(bundle);
integ.exec(integRunner, { receiveArgs: true });
const integUpdate = project.addTask('integ:update', { description: 'Remake the snapshots of integ/ that differ, without an account' });
integUpdate.spawn(bundle);
integUpdate.exec(`${integRunner} --update-on-failed --dry-run`, { receiveArgs: true });

project.addTask('prove', {
  description: 'What a sceptic would ask: exploration of what is sent, its interpreter, faults, kills; `-- --kills` and so on for one part; writes docs/proof.md',
  steps: [{ spawn: bundle.name }, { exec: 'node --max-old-space-size=12000 --import tsx scripts/prove.ts', receiveArgs: true }],
});

project.addTask('mutate', {
  description: 'What tests notice of changes to the runtime; writes docs/mutation.md',
  exec: 'tsx scripts/mutate.ts',
  receiveArgs: true,
});

project.addTask('fuzz', {
  description: 'Random and hostile input for each part that meets any; writes docs/proof.md, keeps findings in test/corpus',
  exec: 'node --import tsx scripts/fuzz.ts',
  receiveArgs: true,
});

// The other languages are packaged where their toolchains are: in the release workflow.
project.packageTask.reset();
project.packageTask.spawn(project.tasks.tryFind('package:js')!);

// projen's own `build` is the release: it tests as well.
const assemble = project.addTask('assemble', { description: 'Everything that is made from the sources, without the tests' });
assemble.spawn(project.defaultTask!);
assemble.spawn(project.preCompileTask);
assemble.spawn(project.compileTask);
assemble.spawn(project.postCompileTask);
assemble.exec(`${jest} test/packaging/contents.test.ts`);
assemble.spawn(project.packageTask);
project.setScript('build', 'projen assemble');

eslint.addLintPattern('.projenrc.ts');
eslint.addIgnorePattern('!.projenrc.ts');
eslint.allowDevDeps('.projenrc.ts');
eslint.addRules({
  'no-bitwise': ['off'], // fingerprints and jitter are made of bits
  'import/no-restricted-paths': ['error', {
    zones: [
      { target: './lib', from: ['./runtime', './client', './local', './audit', './operate', './bin', './scripts', './test'], message: 'Constructs import nothing of the other parts.' },
      { target: './runtime', from: './lib', except: ['./contract.ts'], message: 'Of the constructs, the runtime sees only the contract.' },
      { target: './runtime', from: ['./client', './local', './audit', './operate', './bin', './scripts', './test'], message: 'The runtime imports nothing of the other parts.' },
      { target: ['./conformance/*.ts', './conformance/!(peers)/**/*.ts'], from: ['./lib', './runtime', './client', './local', './audit', './operate', './bin', './scripts', './test'], message: 'The conformance suite imports nothing of the other parts.' },
      { target: './client', from: ['./lib', './runtime', './local', './audit', './bin', './scripts', './test'], message: 'The client imports nothing of the other parts.' },
    ],
  }],
});

project.gitignore.addPatterns('/build/', '/cdk.out/', '/.local/', '/.stryker/', '/lib/**/*.js.map', '*.tsbuildinfo', '/tmp/');
project.gitignore.addPatterns('/integ/**/asset.*', '/integ/cdk-integ.out*');
project.gitattributes.addAttributes('/integ/*.snapshot/**', 'linguist-generated');
project.gitattributes.addAttributes('/conformance/results/**', 'linguist-generated');
project.gitattributes.addAttributes('/docs/conformance/index.html', 'linguist-generated');
project.gitignore.addPatterns('/.npmignore'); // jsii-pacmak writes one, which `files` outranks

// publib knows where npm publishes.
project.github?.tryFindWorkflow('release')?.file?.addDeletionOverride('jobs.release_npm.steps.9.env.NPM_REGISTRY');

project.synth();
