import { JsonFile, awscdk, javascript } from 'projen';

const CDK_VERSION = '2.257.0';
const CONSTRUCTS_VERSION = '10.5.1';
const POWERTOOLS_VERSION = '2.35.0';

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
  projenrcTs: true,
  projenVersion: '0.103.25',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.0.0',
  workflowNodeVersion: '24',

  cdkVersion: CDK_VERSION,
  constructsVersion: CONSTRUCTS_VERSION,
  jsiiVersion: '6.0.16',
  typescriptVersion: '~6.0.3',
  excludeTypescript: ['runtime', 'local', 'client', 'test', 'integ', 'bin', 'bench', 'examples', 'build', 'scripts'],
  docgenFilePath: 'API.md',
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
    devdirs: ['runtime', 'local', 'bin', 'test', 'scripts'],
    prettier: false,
  },
  tsconfig: { compilerOptions: { types: ['node'] } },
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: {
    compilerOptions: {
      module: 'preserve',
      moduleResolution: javascript.TypeScriptModuleResolution.BUNDLER,
      lib: ['es2023'],
      target: 'ES2022',
      types: ['node', 'jest'],
      noEmit: true,
    },
    include: ['lib/**/*.ts', 'runtime/**/*.ts', 'local/**/*.ts', 'bin/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts', '.projenrc.ts'],
    exclude: ['build', 'cdk.out', 'node_modules'],
  },

  depsUpgrade: false,
  pullRequestTemplate: false,
  githubOptions: { pullRequestLint: false, mergify: false },

  devDeps: [
    `@aws-lambda-powertools/idempotency@${POWERTOOLS_VERSION}`,
    `@aws-lambda-powertools/logger@${POWERTOOLS_VERSION}`,
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/lib-dynamodb',
    '@swc/core',
    '@swc/jest@0.2.39',
    '@types/aws-lambda@8.10.164',
    '@types/jest@^30',
    '@types/node@^20',
    'aws-cdk@2.1148.1',
    'aws-lambda-ric@4.0.2',
    // The last CommonJS release: 5.x is ESM for Node 22 and later, and this package still runs on 20.
    'canonicalize@2.1.0',
    'esbuild@0.28.2',
    'fast-check',
    'jest@30.5.2',
    'jsii-docgen@10.12.6',
    'jsii-rosetta@6.0.17',
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
  './package.json': './package.json',
  './.jsii': './.jsii',
});
// Binaries bound to one platform live in a private workspace as optional
// dependencies, so that `npm ci` works everywhere and users never install them.
project.package.addField('workspaces', ['local/platform']);
project.package.addField('allowScripts', { 'aws-lambda-ric': false });
project.package.addField('publishConfig', { access: 'public', provenance: true });

new JsonFile(project, 'jest.config.json', {
  marker: false,
  obj: {
    testEnvironment: 'node',
    roots: ['<rootDir>/test'],
    testMatch: ['**/*.test.ts'],
    moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
    transform: {
      '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
    },
    setupFiles: ['<rootDir>/test/support/setup-env.ts'],
    testTimeout: 60000,
    coverageProvider: 'v8',
    modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/cdk.out/', '<rootDir>/dist/'],
  },
});

new JsonFile(project, 'cdk.json', {
  marker: false,
  obj: { app: 'npx tsx bin/app.ts' },
});

const bundle = project.addTask('bundle', {
  description: 'Bundle the layer, the runtime exports and the CLI into build/',
  exec: 'tsx scripts/bundle.ts',
});
project.preCompileTask.spawn(bundle);

const test = project.testTask;
test.reset();
test.exec('tsc -p tsconfig.dev.json');
test.exec('node --no-warnings node_modules/jest/bin/jest.js', { receiveArgs: true });
test.exec('tsx scripts/check-failures.ts');
test.spawn(project.tasks.tryFind('eslint')!);

project.gitignore.addPatterns('/build/', '/cdk.out/', '/.local/', '/lib/**/*.js.map', '*.tsbuildinfo', '/tmp/');
project.npmignore?.addPatterns(
  '/runtime/', '/local/', '/client/', '/bin/', '/integ/', '/bench/', '/docs/', '/examples/', '/scripts/', '/.ci/',
  '/cdk.json', '/cdk.out/', '/jest.config.json', '/eslint.config.mjs', '/.projenrc.ts', '/lib/**/*.ts', '!/lib/**/*.d.ts', '!/build/',
);

project.synth();
