import { WRONG_SERVERS, type WrongServer } from './support/wrong-servers';
import { IETF } from '../../conformance/peers/reference/rules';
import { startReference, targetAt } from '../../conformance/peers/reference/server';
import { runTest } from '../../conformance/run/run-test';
import { subjectOf } from '../../conformance/run/subject-of';
import { DEFINITIONS } from '../../conformance/tests';

jest.setTimeout(120_000);

const AT_ONCE = 8;
const ids = DEFINITIONS.map(({ id }) => id);
const seen = new Set<string>();

/** Of the tests given, those that fail on a server; what they depend on is left aside. */
async function failingOn({ around }: WrongServer, wanted: readonly string[], atOnce = AT_ONCE): Promise<readonly string[]> {
  const reference = await startReference(IETF, { around: around() });
  const open = DEFINITIONS.filter(({ id }) => wanted.includes(id));
  const failing: string[] = [];
  try {
    const subject = await subjectOf({ ...targetAt(reference.url), timeout: 2, concurrency: 10 });
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let next = open.shift(); next !== undefined; next = open.shift()) {
        const { outcome } = await runTest(next, subject);
        if (outcome !== true && outcome[0] === 'fails') failing.push(next.id);
      }
    }));
  } finally {
    await reference.stop();
  }
  failing.forEach((id) => seen.add(id));
  return failing.sort();
}

const named = WRONG_SERVERS.filter(({ seenBy }) => seenBy !== undefined);

// One test after another, since some of these servers are wrong for everybody at once.
test.each(named)('where $what, the tests that are about that see it', async (server) => {
  expect(await failingOn(server, server.seenBy!, 1)).toEqual([...server.seenBy!].sort());
});

test('no test passes on every server that is wrong', async () => {
  for (const server of WRONG_SERVERS.filter((each) => !named.includes(each))) await failingOn(server, ids.filter((id) => !seen.has(id)));
  expect(ids.filter((id) => !seen.has(id))).toEqual([]);
});
