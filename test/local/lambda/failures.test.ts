import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Functions, isAlive, onceIdle, until } from './functions';
import { FunctionSpecError } from '../../../local/lambda/function-spec-error';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

describe('timeout', () => {
  test('a function is killed at its timeout, with what it started and with Lambda\'s line', async () => {
    const { invoke, log, linesOf } = functions.create({
      'index.js': `const { spawn } = require('node:child_process');
      exports.handler = async () => {
        const child = spawn('sleep', ['600']);
        console.log('pids ' + process.pid + ' ' + child.pid);
        await new Promise((resolve) => setTimeout(resolve, 600000));
      };`,
    }, { timeoutSeconds: 1 });

    const result = await invoke('request-1');

    expect(result.kind).toBe('timed-out');
    expect(linesOf('request-1').at(-1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z request-1 Task timed out after 1\.00 seconds$/);
    const [sandbox, grandchild] = /pids (\d+) (\d+)/.exec(log[0].line)!.slice(1).map(Number);
    await until(() => !isAlive(sandbox) && isZombieOrGone(grandchild));
  });

  test('a function that blocks its event loop is killed too, and the next invocation starts anew', async () => {
    const { invoke } = functions.create({
      'index.js': 'exports.handler = async ({ blocks }) => { while (blocks); return "fresh"; };',
    }, { timeoutSeconds: 1, maxSandboxes: 1 });

    expect((await invoke('request-1', { blocks: true })).kind).toBe('timed-out');
    expect(await invoke('request-2', {})).toMatchObject({ kind: 'returned', payload: 'fresh' });
  });

  test('a module that takes too long to load counts as timed out', async () => {
    const { invoke, linesOf } = functions.create({
      'index.mjs': 'await new Promise((resolve) => setTimeout(resolve, 600000)); export const handler = async () => 1;',
    }, {}, { initTimeoutSeconds: 1 });

    expect((await invoke('request-1')).kind).toBe('timed-out');
    expect(linesOf('request-1')).toEqual(['INIT_REPORT Init Duration: 1000.00 ms\tPhase: init\tStatus: timeout']);
  });

  test('loading does not count against the function\'s timeout', async () => {
    const { invoke } = functions.create({
      'index.mjs': 'await new Promise((resolve) => setTimeout(resolve, 1500)); export const handler = async () => "loaded";',
    }, { timeoutSeconds: 1 });

    expect(await invoke('request-1')).toMatchObject({ kind: 'returned', payload: 'loaded' });
  });
});

describe('crash', () => {
  test.each([
    ['exits', 'process.exit(3);', 'Runtime exited with error: exit status 3'],
    ['is killed', 'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});', 'Runtime exited with error: signal: killed'],
    ['throws outside its promise', 'setImmediate(() => { throw new Error("stray"); }); await new Promise((r) => setTimeout(r, 60000));',
      'Runtime exited with error: exit status 1'],
    ['has nothing left to wait for', 'await new Promise(() => {});', 'Runtime exited without providing a reason'],
  ])('a function that %s has crashed, and the next invocation starts anew', async (_, code, detail) => {
    const { invoke, linesOf } = functions.create({
      'index.js': `exports.handler = async ({ ok }) => { if (ok) return "fresh"; console.log("before"); ${code} };`,
    }, { maxSandboxes: 1 });

    expect(await invoke('request-1', {})).toMatchObject({ kind: 'crashed', detail });
    expect(linesOf('request-1')[0]).toContain('before');
    expect(linesOf('request-1').at(-1)).toBe(`RequestId: request-1 Error: ${detail}`);
    expect(await invoke('request-2', { ok: true })).toMatchObject({ kind: 'returned', payload: 'fresh' });
  });

  test('a sandbox that dies between invocations costs none of them', async () => {
    const { invoke, function: fn } = functions.create({
      'index.js': `exports.handler = async () => { ${onceIdle('process.exit(1);')} return process.pid; };`,
    }, { maxSandboxes: 1 });

    const { payload: first } = await invoke('request-1') as unknown as { payload: number };
    await until(() => !isAlive(first));
    const second = await fn.invoke('request-2', {});

    expect(second.kind).toBe('returned');
    expect((second as { payload: number }).payload).not.toBe(first);
  });
});

describe('initialisation', () => {
  test.each([
    ['throws', { 'index.js': 'throw new TypeError("bad config");' }, 'TypeError', 'bad config'],
    ['rejects at its top level', { 'index.mjs': 'await Promise.reject(new TypeError("bad config"));' }, 'TypeError', 'bad config'],
    ['is not JavaScript', { 'index.js': 'exports.handler = async ( => 1;' }, 'Runtime.UserCodeSyntaxError', 'Unexpected token'],
    ['is absent', { 'other.js': '' }, 'Runtime.ImportModuleError', 'index'],
    ['exports no such handler', { 'index.js': 'exports.other = 1;' }, 'Runtime.HandlerNotFound', 'index.handler is undefined or not exported'],
  ])('a module that %s is Lambda\'s init error', async (_, files, errorType, message) => {
    const { invoke } = functions.create(files as unknown as Record<string, string>);

    expect(await invoke('request-1')).toMatchObject({
      kind: 'threw', error: { errorType, errorMessage: expect.stringContaining(message) },
    });
  });

  test('each invocation after an init error initialises anew', async () => {
    const marker = join(functions.folder({}), 'marker');
    const { invoke, linesOf } = functions.create({
      'index.js': `const fs = require('node:fs');
      if (!fs.existsSync(process.env.MARKER)) { fs.writeFileSync(process.env.MARKER, ''); throw new Error('first time'); }
      exports.handler = async () => 'second time';`,
    }, { environment: { MARKER: marker }, maxSandboxes: 1 });

    expect(await invoke('request-1')).toMatchObject({ kind: 'threw', error: { errorMessage: 'first time' } });
    expect(linesOf('request-1').join('\n')).toContain('Init Error');
    expect(await invoke('request-2')).toMatchObject({ kind: 'returned', payload: 'second time' });
  });

  test('a module that exits while it loads has crashed', async () => {
    const { invoke } = functions.create({ 'index.js': 'process.exit(4);' });

    expect(await invoke('request-1')).toMatchObject({ kind: 'crashed', detail: 'Runtime exited with error: exit status 4' });
  });
});

describe('end of the runner', () => {
  const SLEEPER = { 'index.js': 'exports.handler = async () => { console.log("pid " + process.pid); await new Promise((r) => setTimeout(r, 600000)); };' };

  test('close ends busy, idle and queued work and leaves no process', async () => {
    const { function: fn, log } = functions.create({
      'index.js': `exports.handler = async ({ sleeps }) => {
        console.log('pid ' + process.pid);
        if (sleeps) await new Promise((r) => setTimeout(r, 600000));
      };`,
    }, { maxSandboxes: 2 });
    const results = [fn.invoke('busy', { sleeps: true }), fn.invoke('soon idle', {})];
    await results[1];
    results.push(fn.invoke('busy too', { sleeps: true }), fn.invoke('queued', {}));
    await until(() => log.length === 3);

    await fn.close();

    expect((await Promise.all(results)).map(({ kind }) => kind)).toEqual(['crashed', 'returned', 'crashed', 'crashed']);
    const pids = log.map(({ line }) => Number(/pid (\d+)/.exec(line)![1]));
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await fn.invoke('late', {})).toMatchObject({ kind: 'crashed', detail: 'stopped by the runner' });
  });

  test('close while a sandbox starts leaves no process either', async () => {
    const { function: fn } = functions.create(SLEEPER);
    const result = fn.invoke('request-1', {});

    await fn.close();

    expect(await result).toMatchObject({ kind: 'crashed', detail: 'stopped by the runner' });
  });

  const SLEEPERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    [`nodejs${process.versions.node.split('.')[0]}.x`]: SLEEPER,
    'python3.13': { 'index.py': 'import os, time\ndef handler(event, context):\n    print("pid", os.getpid())\n    time.sleep(600)' },
    'provided.al2023': { bootstrap: '#!/bin/sh\necho pid $$\nexec sleep 600' },
  };

  test.each(Object.keys(SLEEPERS).flatMap((runtime) => (['SIGKILL', 'SIGTERM'] as const).map((signal) => [runtime, signal] as const)))('on %s, a runner that dies of %s takes its sandboxes with it', async (runtime, signal) => {
    const code = functions.folder(SLEEPERS[runtime]!);
    readdirSync(code).forEach((file) => chmodSync(join(code, file), 0o755));
    const runner = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'runner.ts'), code, runtime], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // What a killed runner leaves on the disk goes with the test's folders.
      env: { ...process.env, TMPDIR: functions.folder({}) },
    });
    let output = '';
    runner.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    await until(() => /pid \d+/.test(output));
    const sandbox = Number(/pid (\d+)/.exec(output)![1]);
    expect(isAlive(sandbox)).toBe(true);

    runner.kill(signal);

    await until(() => isZombieOrGone(sandbox));
  });
});

describe('what does not run here', () => {
  test.each(['java21', 'nodejs18.x', 'python2.7', 'toString'])('the runtime %s is refused by name, and what runs is named', (runtime) => {
    const attempt = () => functions.create({}, { id: 'Invoices', runtime });

    expect(attempt).toThrow(FunctionSpecError);
    expect(attempt).toThrow(`Function Invoices: the runtime ${runtime} is not run; what runs here is Node.js 20, 22 and 24, Python and custom runtimes (provided.*), in a zip.`);
  });

  test('absent code is told before anything starts', () => {
    expect(() => functions.create({}, { codeDirectory: '/nowhere/asset' })).toThrow(/\/nowhere\/asset does not exist/);
  });

  test('a concurrency of zero throttles, as in Lambda', async () => {
    const { invoke } = functions.create({}, { maxSandboxes: 0 });

    expect(await invoke('request-1')).toEqual({ kind: 'throttled' });
  });
});

/** An orphan without a reaper stays in the process table, and is dead all the same. */
function isZombieOrGone(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return !isAlive(pid) || (existsSync(file) && /\) Z /.test(readFileSync(file, 'utf8')));
}
