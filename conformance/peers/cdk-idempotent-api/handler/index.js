/** An operation as the suite wants it: it counts its marked runs in a folder, and does as it is asked. */
const { randomBytes, randomUUID } = require('node:crypto');
const { appendFileSync, existsSync } = require('node:fs');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

exports.handler = async (event) => {
  const headers = Object.fromEntries(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const mark = headers['conformance-effect'] ?? 'unmarked';
  const act = JSON.parse(headers['conformance-act'] ?? '{}');
  const file = join(process.env.EFFECTS, mark);
  const isFirst = !existsSync(file);
  appendFileSync(file, '.');
  if (isFirst) await misbehave(act.do, `${file}.released`);
  const body = act.random === undefined ? act.body ?? JSON.stringify({ id: randomUUID() }) : randomBytes(act.random / 2).toString('hex');
  return {
    statusCode: act.status ?? 201,
    headers: { 'content-type': 'application/json', ...cors(headers.origin), ...act.headers },
    body: act.base64 ?? body,
    isBase64Encoded: act.base64 !== undefined,
  };
};

async function misbehave(how, gate) {
  if (how === 'throw') throw new Error('as asked');
  if (how === 'exit') process.exit(1);
  if (how === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
  while (how === 'hold' && !existsSync(gate)) await sleep(10);
}

/** A REST API leaves CORS to its functions; an HTTP API replaces what they say. */
const cors = (origin) => (origin === process.env.ORIGIN ? { 'access-control-allow-origin': origin, 'vary': 'Origin', 'access-control-expose-headers': 'X-Idempotent-Replay' } : {});
