import { Functions, onceIdle, until } from './functions';

let functions: Functions;
beforeEach(() => {
  functions = new Functions();
});
afterEach(() => functions.clean());

test('every line carries the id of its request and is there once the invocation has drained', async () => {
  const { invoke, log } = functions.create({
    'index.js': `console.log('loading');
    exports.handler = async ({ n }) => {
      console.log('console ' + n);
      process.stdout.write(JSON.stringify({ n }) + '\\n');
      process.stderr.write('stderr ' + n + '\\n');
      process.stdout.write('no line feed ' + n);
    };`,
  }, { maxSandboxes: 1 });

  for (let n = 0; n < 20; n++) {
    await invoke(`request-${n}`, { n });
    const lines = log.splice(0).filter(({ line }) => !line.endsWith('\tINFO\tloading'));
    expect(lines.every(({ functionId, requestId }) => functionId === 'Orders' && requestId === `request-${n}`)).toBe(true);
    expect(lines.map(({ line }) => line).filter((line) => !line.startsWith('stderr'))).toEqual([
      expect.stringMatching(new RegExp(`Z\trequest-${n}\tINFO\tconsole ${n}$`)),
      JSON.stringify({ n }),
      `no line feed ${n}`,
    ]);
    expect(lines.map(({ line }) => line)).toContain(`stderr ${n}`);
  }
});

test('long output comes whole and in order', async () => {
  const { invoke, linesOf } = functions.create({
    'index.js': 'exports.handler = async () => { for (let n = 0; n < 20000; n++) process.stdout.write(n + " äöü".repeat(20) + "\\n"); };',
  });

  await invoke('request-1');

  expect(linesOf('request-1')).toEqual(Array.from({ length: 20000 }, (_, n) => n + ' äöü'.repeat(20)));
});

test('what replaces the output streams\' write does not hide the end of an invocation', async () => {
  const { invoke, linesOf } = functions.create({
    'index.js': 'exports.handler = async () => { console.log("before"); process.stdout.write = () => true; console.log("swallowed"); };',
  });

  await invoke('request-1');

  expect(linesOf('request-1')).toEqual([expect.stringContaining('before')]);
});

test('a message of several lines is several lines', async () => {
  const { invoke, linesOf } = functions.create({ 'index.js': 'exports.handler = async () => { console.log("one\\ntwo"); };' });

  await invoke('request-1');

  expect(linesOf('request-1')).toEqual([expect.stringMatching(/\tINFO\tone$/), 'two']);
});

test('what is written between invocations belongs to none', async () => {
  const { invoke, log } = functions.create({
    'index.js': `exports.handler = async () => { ${onceIdle('process.stdout.write("afterwards\\n");')} };`,
  });

  await invoke('request-1');
  await until(() => log.length > 0);

  expect(log).toEqual([{ functionId: 'Orders', line: 'afterwards' }]);
});

test('a handler\'s JSON log format is kept', async () => {
  const { invoke, linesOf } = functions.create(
    { 'index.js': 'exports.handler = async () => { console.log({ outcome: "executed" }); };' },
    { environment: { AWS_LAMBDA_LOG_FORMAT: 'JSON' } },
  );

  await invoke('request-1');

  expect(linesOf('request-1').map((line) => JSON.parse(line))).toEqual([
    { timestamp: expect.any(String), level: 'INFO', requestId: 'request-1', message: { outcome: 'executed' } },
  ]);
});
