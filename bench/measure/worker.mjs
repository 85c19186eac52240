/**
 * One subject in a process of its own. It is told what to do by messages and
 * answers with the CPU time that it took: user and system, microseconds.
 *
 *   argv: the module whose `handler` is measured
 */
import { createHash, randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);

const context = () => {
  const end = Date.now() + 29_000;
  return { awsRequestId: randomUUID(), functionName: 'bench', functionVersion: '$LATEST', memoryLimitInMB: '1024', invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:bench', getRemainingTimeInMillis: () => end - Date.now() };
};

const event = (key, body) => ({
  version: '2.0',
  routeKey: 'POST /payments',
  rawPath: '/payments',
  rawQueryString: '',
  headers: {
    'accept': '*/*', 'content-length': String(body.length), 'content-type': 'application/json', 'host': 'api.example.com', 'idempotency-key': key,
    'user-agent': 'bench', 'x-amzn-trace-id': 'Root=1-65f0-0123456789abcdef01234567', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-port': '443', 'x-forwarded-proto': 'https',
  },
  requestContext: {
    accountId: '123456789012', apiId: 'api', domainName: 'api.example.com', domainPrefix: 'api',
    authorizer: { jwt: { claims: { account_id: 'account-1', sub: 'user-1', iss: 'https://issuer.example.com' }, scopes: null } },
    http: { method: 'POST', path: '/payments', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' },
    requestId: 'request', routeKey: 'POST /payments', stage: '$default', time: '01/Jan/2026:00:00:00 +0000', timeEpoch: 1767225600000,
  },
  body,
  isBase64Encoded: false,
});

const BODY = JSON.stringify({ amount: 100, currency: 'EUR', account: 'acc_1', note: 'x'.repeat(120) });
const invoke = (key) => handler(event(key, BODY), context());

const acts = {
  /** First requests, one after the other or so many at once. */
  async miss({ count, atOnce = 1 }) {
    const latencies = [];
    let left = count;
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (left-- > 0) {
        const started = performance.now();
        await invoke(randomUUID());
        latencies.push(performance.now() - started);
      }
    }));
    return { latencies };
  },
  async replay({ count }) {
    for (let round = 0; round < count; round++) await invoke('the-same-key');
    return {};
  },
  /** Many requests with one key at a time. */
  async duplicates({ count }) {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: count }, () => invoke(key).then((answer) => answer?.statusCode, (error) => error.name)));
    const told = {};
    for (const answer of answers) told[answer] = (told[answer] ?? 0) + 1;
    return { told };
  },
};

process.on('message', async ({ act, ...given }) => {
  const before = process.cpuUsage();
  const started = performance.now();
  const result = await acts[act](given);
  const { user, system } = process.cpuUsage(before);
  process.send({ cpu: user + system, user, system, ms: performance.now() - started, ...result });
});
process.send({ ready: true, node: process.version, checksum: createHash('sha256').update(BODY).digest('hex').slice(0, 8) });
