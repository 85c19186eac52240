import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import ts from 'typescript';
import { NodeFetchRequest, NodeFetchResponse } from './support/node-fetch-like';
import { lost } from './support/scripted-fetch';
import { virtualHost } from './support/virtual-host';
import * as client from '../../client';
import { blocksOf } from '../../scripts/docs/blocks';

// Node-fetch 2.7.0 and 3.3.2 were asked how they behave; the suite has neither, and these stand for them.

const URL = 'http://127.0.0.1/payments';
const PAGE = join(__dirname, '..', '..', 'docs', 'client.md');

describe('F212: a Request of node-fetch', () => {
  /** As both of its versions do, which take no body for a GET, and any value but `undefined` and `null` for one. */
  function answering() {
    const bodies: unknown[] = [];
    const fetchLike = async (input: NodeFetchRequest, init: RequestInit = {}): Promise<Response> => {
      const hasBody = init.body !== undefined && init.body !== null;
      if (hasBody && (init.method ?? input.method) === 'GET') throw new TypeError('Request with GET/HEAD method cannot have body');
      bodies.push(hasBody ? Buffer.from(init.body as ArrayBuffer).toString() : input.body);
      return bodies.length < 3 ? lost() : new Response(null, { status: 201 });
    };
    return { bodies, fetchLike };
  }

  test.each<[string, NodeFetchRequest, unknown]>([
    ['for a GET with a key', new NodeFetchRequest(URL, { headers: { 'Idempotency-Key': 'report-1' } }), null],
    ['without a body', new NodeFetchRequest(URL, { method: 'POST' }), null],
    ['with an empty body', new NodeFetchRequest(URL, { method: 'POST', body: '' }), ''],
    ['with a body', new NodeFetchRequest(URL, { method: 'POST', body: 'amount=1' }), 'amount=1'],
  ])('%s is sent as it is on every attempt', async (_what, request, body) => {
    const host = virtualHost();
    const { fetchLike, bodies } = answering();
    const { status } = await host.run(client.idempotentFetch(fetchLike, { host })(request));
    expect([status, bodies]).toEqual([201, [body, body, body]]);
  });
});

describe('F181: an answer of node-fetch that is larger than what a stream holds back', () => {
  const LARGE = 'x'.repeat(1_000_000);
  const halves = (): Readable => Readable.from([LARGE.slice(0, 500_000), LARGE.slice(500_000)]);
  const created = { status: 201, headers: new Headers() };
  const nodeFetch = Object.assign(async () => new NodeFetchResponse(halves(), created), { Response: NodeFetchResponse });

  test('never arrives by itself: every attempt runs into its time limit', async () => {
    const host = virtualHost();
    const call = client.idempotentFetch(nodeFetch as unknown as typeof fetch, { host, retries: 1 })(URL, { method: 'POST', body: '{}' });
    await expect(host.run(call)).rejects.toMatchObject({ code: 'IDEMPOTENCY_NO_ANSWER', attempts: 2, cause: { name: 'TimeoutError' } });
  });

  test('is read first by the recipe of the page, and comes to the caller whole, by one attempt', async () => {
    const { text } = blocksOf(PAGE, readFileSync(PAGE, 'utf8')).find((block) => block.text.includes('nodeFetch'))!;
    const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
    const exported: { send?: (url: string, init: object) => Promise<NodeFetchResponse> } = {};
    new Function('exports', 'require', 'nodeFetch', outputText)(exported, () => client, nodeFetch);
    const answer = await exported.send!(URL, { method: 'POST', body: '{}' });
    expect([answer.status, client.keyOf(answer), (await answer.text()).length]).toEqual([201, expect.stringMatching(/^[0-9a-f-]{36}$/), LARGE.length]);
  });
});
