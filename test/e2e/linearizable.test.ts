import fc from 'fast-check';
import { isLinearizable, type Operation, type Sequential } from './support/linearizable';
import { RESPONSE_REGISTER, type Seen } from './support/response-register';

const executed = (value: string): Seen => ({ kind: 'executed', value });
const replayed = (value: string): Seen => ({ kind: 'replayed', value });
const unknown = (value: string): Seen => ({ kind: 'unknown', value });
const undecided: Seen = { kind: 'undecided' };

/** Drawn as they were: a row a request, by where it begins and ends. `unknown` has no end. */
const history = (...rows: readonly (readonly [began: number, ended: number, seen: Seen])[]): readonly Operation<Seen>[] =>
  rows.map(([began, ended, what]) => ({ began, ended: what.kind === 'unknown' ? undefined : ended, what }));

test.each([
  ['nothing', history()],
  ['an execution, then its replay', history([0, 1, executed('a')], [2, 3, replayed('a')])],
  ['a conflict, then the execution that it met', history([0, 5, executed('a')], [1, 2, undecided])],
  ['a replay that was answered before the execution was', history([0, 5, executed('a')], [1, 2, replayed('a')])],
  ['a conflict that was answered after the execution, and asked before', history([0, 2, executed('a')], [1, 3, undecided])],
  ['a lost request whose response is replayed', history([0, 0, unknown('a')], [2, 3, replayed('a')])],
  ['a lost request that did nothing', history([0, 0, unknown('a')], [2, 3, executed('b')], [4, 5, replayed('b')])],
  ['a lost request that takes effect long after', history([0, 0, unknown('a')], [2, 3, undecided], [4, 5, replayed('a')])],
  ['three lost requests of which the second counts', history([0, 0, unknown('a')], [1, 1, unknown('b')], [2, 2, unknown('c')], [3, 4, replayed('b')])],
])('linearizable: %s', (_, operations) => {
  expect(isLinearizable(operations, RESPONSE_REGISTER)).toBe(true);
});

test.each([
  ['two executions on record', history([0, 3, executed('a')], [1, 2, executed('b')])],
  ['two responses', history([0, 1, executed('a')], [2, 3, replayed('b')])],
  ['a response of nobody', history([0, 1, replayed('a')])],
  ['a conflict after the response', history([0, 1, executed('a')], [2, 3, undecided])],
  ['a conflict after the replay, while the execution is not answered', history([0, 9, executed('a')], [1, 2, replayed('a')], [3, 4, undecided])],
  ['a replay before what it replays began', history([0, 1, replayed('a')], [2, 3, executed('a')])],
  ['a lost request that overwrites', history([0, 0, unknown('a')], [1, 2, executed('b')], [3, 4, replayed('b')], [5, 6, replayed('a')])],
  ['one response, then another, of two lost requests', history([0, 0, unknown('a')], [1, 1, unknown('b')], [2, 3, replayed('a')], [4, 5, replayed('b')])],
])('not linearizable: %s', (_, operations) => {
  expect(isLinearizable(operations, RESPONSE_REGISTER)).toBe(false);
});

/** A register that is read and written, for which order matters more. */
type Access = { readonly kind: 'read' | 'write'; readonly value: string };
const REGISTER: Sequential<string, Access> = {
  initial: '0',
  after: (state, { kind, value }) => (kind === 'write' ? value : state === value ? state : undefined),
  isRead: ({ kind }) => kind === 'read',
};

/** By trying every order of every choice of those that happened: slow, and plainly right. */
function byTrying<T>(operations: readonly Operation<T>[], { initial, after }: Omit<Sequential<string, T>, 'isRead'>): boolean {
  const goOn = (open: readonly Operation<T>[], state: string): boolean =>
    open.every(({ ended }) => ended === undefined)
    || open.some((operation) => {
      const rest = open.filter((each) => each !== operation);
      if (rest.some(({ ended }) => ended !== undefined && ended < operation.began)) return false;
      const then = after(state, operation.what);
      return then !== undefined && goOn(rest, then);
    });
  return goOn(operations, initial);
}

/** Up to six operations with beginnings and ends in any order. */
const histories = <T>(what: fc.Arbitrary<T>, mayBePending: (what: T) => boolean): fc.Arbitrary<readonly Operation<T>[]> =>
  fc.array(what, { maxLength: 6 }).chain((all) =>
    fc.tuple(
      fc.shuffledSubarray([...Array(2 * all.length).keys()], { minLength: 2 * all.length }),
      fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }),
    ).map(([places, pending]) => all.map((each, index) => {
      const [a, b] = [places[2 * index]!, places[2 * index + 1]!];
      return { what: each, began: Math.min(a, b), ended: pending[index]! && mayBePending(each) ? undefined : Math.max(a, b) };
    })));

test('a write of what is there already is not taken for a read', () => {
  // 0 is written once more between the 1 that is read and the 0 that is read.
  const write = (value: string): Access => ({ kind: 'write', value });
  const read = (value: string): Access => ({ kind: 'read', value });
  const operations = [
    { what: write('0'), began: 0, ended: 5 }, { what: write('1'), began: 1, ended: 2 },
    { what: read('0'), began: 3, ended: 4 },
  ];
  expect(isLinearizable(operations, REGISTER)).toBe(true);
});

const values = fc.constantFrom('a', 'b');
const accesses: fc.Arbitrary<Access> = fc.record({ kind: fc.constantFrom('read', 'write'), value: fc.constantFrom('0', '1') });
const sights: fc.Arbitrary<Seen> = fc.oneof(
  fc.record({ kind: fc.constantFrom('executed' as const, 'replayed' as const, 'unknown' as const), value: values }), fc.constant(undecided),
);

test('of random histories of a register the check says what trying every order says', () => {
  const verdicts = new Set<boolean>();
  fc.assert(fc.property(histories(accesses, ({ kind }) => kind === 'write'), (operations) => {
    const expected = byTrying(operations, REGISTER);
    verdicts.add(expected);
    expect(isLinearizable(operations, REGISTER)).toBe(expected);
  }), { numRuns: 3_000 });
  expect(verdicts.size).toBe(2);
});

test('of random histories of a key the check says what trying every order says', () => {
  const verdicts = new Set<boolean>();
  fc.assert(fc.property(histories(sights, ({ kind }) => kind === 'unknown'), (operations) => {
    const expected = byTrying(operations, RESPONSE_REGISTER);
    verdicts.add(expected);
    expect(isLinearizable(operations, RESPONSE_REGISTER)).toBe(expected);
  }), { numRuns: 3_000 });
  expect(verdicts.size).toBe(2);
});

test('a hundred lost requests of one key take no time', () => {
  const lost = Array.from({ length: 100 }, (_, index): Operation<Seen> => ({ what: unknown(`lost ${index}`), began: index, ended: undefined }));
  const answers = history([200, 201, undecided], [202, 203, replayed('lost 73')], [204, 205, replayed('lost 74')]);
  expect(isLinearizable([...lost, ...answers.slice(0, 2)], RESPONSE_REGISTER)).toBe(true);
  expect(isLinearizable([...lost, ...answers], RESPONSE_REGISTER)).toBe(false);
});
