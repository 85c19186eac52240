import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startFor, targetAt } from './support/reference';
import { chosenFor, runSuite, type SuiteRun } from '../../conformance/run/run-suite';
import { subjectOf } from '../../conformance/run/subject-of';

jest.setTimeout(60_000);

const outcomes = (runs: readonly SuiteRun[]) => Object.fromEntries(runs.map(({ chosen, outcome }) => [chosen.definition.id, outcome]));
const failed = (runs: readonly SuiteRun[]) => runs.filter(({ chosen, outcome }) => chosen.level !== 'CHECK' && outcome !== true && outcome[0] === 'fails');

/** As an API is from outside: its URL and credentials. */
async function fromOutside(flaw?: 'claim-not-atomic') {
  const reference = await startFor('ietf-07', flaw);
  try {
    const { url, tokenA, tokenB, profile } = targetAt(reference.url, 'ietf-07');
    const subject = await subjectOf({ url, tokenA, tokenB, profile });
    expect([subject.counted, subject.fresh]).toEqual([false, true]);
    return await runSuite(chosenFor('ietf-07'), subject);
  } finally {
    await reference.stop();
  }
}

test('without an effects endpoint executions are told by answers that differ, and what cannot be seen so is not applicable', async () => {
  const runs = await fromOutside();
  expect(failed(runs)).toEqual([]);
  const { 'replay.once': once, 'in-flight.conflict': held, 'replay.no-content': directed, 'connection.half-a-request': unseen } = outcomes(runs);
  expect(once).toBe(true);
  expect(held).toEqual(['not applicable', 'needs --effects, with handlers that obey the act "hold"']);
  expect(directed).toEqual(['not applicable', 'needs --effects, with handlers that obey the act "answer"']);
  expect(unseen).toEqual(['not applicable', 'needs --effects: answers alone do not tell how often something ran, or when']);
  expect(runs.filter(({ outcome }) => outcome === true).length).toBeGreaterThan(60);
});

test('a claim that is not atomic is seen from outside, too', async () => {
  const runs = await fromOutside('claim-not-atomic');
  expect(failed(runs).map(({ chosen }) => chosen.definition.id)).toEqual(['in-flight.parallel', 'connection.pipelined', 'connection.http2-parallel']);
});

describe('an API whose answers say nothing fresh', () => {
  let server: Server;
  let runs: readonly SuiteRun[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().once('end', () => response.writeHead(202, { 'content-type': 'text/plain' }).end('accepted'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const subject = await subjectOf({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, concurrency: 10 });
    runs = await runSuite(chosenFor('ietf-07'), subject);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('passes nothing that would need to know how often it ran', () => {
    for (const id of ['replay.once', 'in-flight.parallel', 'key.quoted', 'tenants.isolated']) {
      expect([id, outcomes(runs)[id]]).toEqual([id, ['not applicable', expect.any(String)]]);
    }
    expect(outcomes(runs)['replay.once']).toEqual(['not applicable', 'two operations are answered alike, so answers do not tell executions apart: needs --effects']);
  });
});
