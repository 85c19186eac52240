import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { browserProgram } from '../../scripts/setup/browser';
import { commandPath } from '../../scripts/setup/command-path';
import { dynamoDbProblem } from '../../scripts/setup/embedded-dynamodb';
import { planFor, type Machine } from '../../scripts/setup/plan';
import { requirements, type Requirement } from '../../scripts/setup/requirements';
import { setUp } from '../../scripts/setup/set-up';

const REDIS: Requirement = { command: 'redis-server', debianPackage: 'redis-server' };
const PS: Requirement = { command: 'ps', debianPackage: 'procps' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'set-up-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program on the PATH that the test has. */
function program(name: string, script = ''): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('what is looked for', () => {
  test('a command is where the PATH first has a program of its name', () => {
    const [empty, second] = ['empty', 'second'].map((name) => path.join(folder, name)) as [string, string];
    [empty, second].forEach((each) => mkdirSync(each));
    symlinkSync(program('tool'), path.join(second, 'tool'));
    expect(commandPath('tool', `${empty}::${second}:${folder}`)).toBe(path.join(second, 'tool'));
  });

  test('a folder, or a file that may not be run, is no command', () => {
    mkdirSync(path.join(folder, 'directory'));
    writeFileSync(path.join(folder, 'text'), '', { mode: 0o644 });
    expect(['directory', 'text', 'nothing'].map((name) => commandPath(name, folder))).toEqual([undefined, undefined, undefined]);
  });

  test('a browser only where the packaged one does not run and none is named', () => {
    const commands = (platform: string, chromium?: string) => requirements(platform, chromium).map(({ command }) => command);
    expect(commands('linux-x64')).toEqual(['redis-server', 'python3', 'ps']);
    expect(commands('linux-arm64')).toEqual(['redis-server', 'python3', 'ps', 'chromium']);
    expect(commands('darwin-arm64', '/Applications/Chromium')).toEqual(['redis-server', 'python3', 'ps']);
  });
});

describe('what is done about it', () => {
  const debian: Machine = { isDebian: true, isRoot: true, hasSudo: false };
  const APT = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', '-o', 'DPkg::Lock::Timeout=300'];

  test('nothing where nothing is missing, whatever the machine', () => {
    for (const isDebian of [true, false]) expect(planFor([], { ...debian, isDebian })).toEqual({ kind: 'ready' });
  });

  test('Debian\'s root installs what is missing', () => {
    expect(planFor([REDIS, PS], debian)).toEqual({
      kind: 'install',
      message: 'The tests need redis-server and ps: installing by apt-get.',
      commands: [[...APT, 'update'], [...APT, 'install', '--no-install-recommends', 'redis-server', 'procps']],
    });
  });

  test('who is not root installs by sudo, and is told', () => {
    expect(planFor([REDIS], { ...debian, isRoot: false, hasSudo: true })).toEqual({
      kind: 'install',
      message: 'The tests need redis-server: installing by sudo apt-get.',
      commands: [['sudo', ...APT, 'update'], ['sudo', ...APT, 'install', '--no-install-recommends', 'redis-server']],
    });
  });

  test('who may install nothing is told what root would run', () => {
    expect(planFor([REDIS, PS], { ...debian, isRoot: false })).toEqual({
      kind: 'refuse',
      message: 'The tests need redis-server and ps: run as root "apt-get install redis-server procps", then run the tests again.',
    });
  });

  test('elsewhere, one line names what to install', () => {
    expect(planFor([REDIS, { command: 'python3', debianPackage: 'python3' }, PS], { ...debian, isDebian: false })).toEqual({
      kind: 'refuse',
      message: 'The tests need redis-server, python3 and ps on the PATH. Install what is missing, then run the tests again.',
    });
  });
});

describe('the set-up', () => {
  const said: string[] = [];
  const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
  const run = (osRelease = debian, isRoot = true) => {
    said.length = 0;
    return setUp([REDIS], { path: folder, osRelease, isRoot, say: (line) => said.push(line) });
  };
  /** `env` and `apt-get` of the test: what is called is written down. */
  function aptGet(script: string): () => readonly string[] {
    const calls = path.join(folder, 'calls');
    program('env', 'shift; exec "$@"');
    program('apt-get', `echo "$@" >> ${calls}\ncase "$*" in *install*) ${script} ;; esac`);
    return () => readFileSync(calls, 'utf8').trim().split('\n').map((line) => line.replace('-q -y -o DPkg::Lock::Timeout=300 ', ''));
  }

  test('calls nothing and says nothing where everything is there', () => {
    aptGet('exit 1');
    program('redis-server');
    expect(run()).toBe(true);
    expect(said).toEqual([]);
    expect(existsSync(path.join(folder, 'calls'))).toBe(false);
  });

  test.each([['Debian', debian], ['what is made of it', 'ID=ubuntu\nID_LIKE=debian\n']])('on %s installs what is missing, in one line', (_, osRelease) => {
    const calls = aptGet(`: > ${folder}/redis-server; /bin/chmod +x ${folder}/redis-server`);
    expect(run(osRelease)).toBe(true);
    expect(calls()).toEqual(['update', 'install --no-install-recommends redis-server']);
    expect(said).toEqual(['The tests need redis-server: installing by apt-get.']);
  });

  test('shows what apt-get said where it fails, and what to do', () => {
    aptGet('echo E: no such package >&2; exit 100');
    expect(run()).toBe(false);
    expect(said[1]).toMatch(/^E: no such package\nenv .* install --no-install-recommends redis-server failed: install what it names by hand/);
  });

  test('is not content with a package that lacks the program', () => {
    aptGet('exit 0');
    expect(run()).toBe(false);
    expect(said.at(-1)).toBe('Installed, and still not on the PATH: redis-server.');
  });

  test.each([['another system', 'ID=fedora\n'], ['a system that does not say what it is', ''], ['a name that only sounds alike', 'ID=notdebian\n']])(
    'on %s installs nothing, and says what is missing',
    (_, osRelease) => {
      aptGet('exit 0');
      expect(run(osRelease)).toBe(false);
      expect(said).toEqual(['The tests need redis-server on the PATH. Install what is missing, then run the tests again.']);
      expect(existsSync(path.join(folder, 'calls'))).toBe(false);
    },
  );

  test('is done by sudo for who is not root', () => {
    const calls = aptGet(`: > ${folder}/redis-server; /bin/chmod +x ${folder}/redis-server`);
    program('sudo', `echo sudo >> ${folder}/calls; exec "$@"`);
    expect(run(debian, false)).toBe(true);
    expect(calls()).toEqual(['sudo', 'update', 'sudo', 'install --no-install-recommends redis-server']);
  });
});

const root = path.join(__dirname, '..', '..');

describe('the embedded DynamoDB', () => {
  test('is there on the platform that tests run on, and its absence is said with the package\'s name', () => {
    expect(dynamoDbProblem(root, 'linux-x64')).toBeUndefined();
    expect(dynamoDbProblem(root, 'darwin-arm64')).toBe(
      'The tests need the embedded DynamoDB, the npm package @dynoxide/darwin-arm64. "npm ci --include=optional" installs it on Linux on x64, where the tests run.',
    );
  });
});

describe('the browser', () => {

  test('is the one that CHROMIUM names, with nothing of the packaged one', () => {
    const CHROMIUM = program('my-chromium');
    expect(browserProgram(folder, 'linux-x64', { CHROMIUM })).toEqual({ executablePath: CHROMIUM, env: {} });
  });

  test('is the one on the PATH where the packaged one does not run', () => {
    const executablePath = program('chromium');
    expect(browserProgram(folder, 'linux-arm64', { PATH: folder })).toEqual({ executablePath, env: {} });
  });

  test('that is not there is an error, which says how to name one', () => {
    expect(() => browserProgram(folder, 'linux-x64', { CHROMIUM: '/no/such' })).toThrow('no browser at /no/such, and this test needs one: let CHROMIUM name');
    expect(() => browserProgram(folder, 'darwin-arm64', { PATH: folder })).toThrow('no browser on the PATH, and this test needs one: let CHROMIUM name');
  });

  test('is unpacked once: whole, with libraries and fonts beside it', () => {
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(path.join(root, 'node_modules', '@sparticuz'), path.join(folder, 'node_modules', '@sparticuz'));
    const first = browserProgram(folder, 'linux-x64', {});
    const marker = path.join(path.dirname(first.executablePath), 'marker');
    writeFileSync(marker, '');
    expect(browserProgram(folder, 'linux-x64', {})).toEqual(first);
    for (const file of [marker, first.executablePath, first.env.FONTCONFIG_FILE!, path.join(first.env.LD_LIBRARY_PATH!, 'libnss3.so')]) expect(existsSync(file)).toBe(true);
  });
});
