import { LEVELS, type Sending, type Step } from '../../conformance/definition';
import { PROFILE_NAMES } from '../../conformance/profile-name';
import { describeRule, urlOfRule } from '../../conformance/rules';
import { ACTS } from '../../conformance/run/effects';
import { chosenFor, only } from '../../conformance/run/run-suite';
import { DEFINITIONS } from '../../conformance/tests';

const ids = DEFINITIONS.map(({ id }) => id);
const byId = new Map(DEFINITIONS.map((definition) => [definition.id, definition]));

test('there are at least 80, each with an id of its own below its topic', () => {
  expect(ids.length).toBeGreaterThanOrEqual(80);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*\.[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
});

test('each title begins with its level and is of no other', () => {
  expect(DEFINITIONS.filter(({ title }) => !(LEVELS as readonly string[]).includes(title.split(' ')[0]!)).map(({ id }) => id)).toEqual([]);
  expect(new Set(DEFINITIONS.map(({ title }) => title)).size).toBe(ids.length);
});

test('each rule names its document and section, or says why it is ours', () => {
  for (const { rule } of DEFINITIONS) {
    expect(rule.says).not.toBe('');
    expect(rule.source === 'ours' || rule.source === 'stripe' || /^\d+(\.\d+)*$/.test(rule.section ?? '')).toBe(true);
    expect(URL.canParse(urlOfRule(rule))).toBe(true);
    expect(describeRule(rule)).toContain(rule.says);
  }
});

test('each dependency is a test, and none depends on itself', () => {
  const above = (id: string, path: readonly string[]): void => {
    expect(path).not.toContain(id);
    byId.get(id)!.dependsOn?.forEach((each) => above(each, [...path, id]));
  };
  expect(DEFINITIONS.flatMap(({ dependsOn = [] }) => dependsOn).filter((id) => !byId.has(id))).toEqual([]);
  ids.forEach((id) => above(id, []));
});

const sendings = (step: Step): readonly Sending[] => ('requests' in step ? step.requests : 'as' in step ? [step] : []);

test('whatever is held is released, unless it is the end of the test', () => {
  for (const { id, steps } of DEFINITIONS) {
    const holds = steps.flatMap(sendings).some(({ act }) => act?.do === 'hold');
    const waitsForHeld = steps.some((step) => step.do === 'answer');
    if (holds && waitsForHeld) expect([id, steps.some((step) => step.do === 'release')]).toEqual([id, true]);
    for (const { act } of steps.flatMap(sendings)) if (act?.do !== undefined) expect(ACTS).toContain(act.do);
  }
});

test('every answer that a step refers to came before it', () => {
  for (const { id, steps } of DEFINITIONS) {
    const named = new Set<string>();
    for (const step of steps) {
      const refersTo = [...JSON.stringify(step).matchAll(/"(?:sameAs|unlike|since)":"([^"]+)"/g)].map((match) => match[1]!);
      expect([id, refersTo.filter((name) => !named.has(name))]).toEqual([id, []]);
      if (step.do === 'answer') expect([id, named.has(step.of)]).toEqual([id, true]);
      if ('as' in step) named.add(step.as);
      if (step.do === 'pipeline') step.requests.forEach(({ as }) => named.add(as));
    }
  }
});

test.each(PROFILE_NAMES)('the tests of %s come behind those that they depend on, with titles of their level', (profile) => {
  const chosen = chosenFor(profile);
  const order = chosen.map(({ definition }) => definition.id);
  for (const { definition, level, title } of chosen) {
    expect(title.split(/[ :]/)[0]).toBe(level);
    for (const id of definition.dependsOn ?? []) if (order.includes(id)) expect(order.indexOf(id)).toBeLessThan(order.indexOf(definition.id));
  }
});

test('tests are chosen by id, topic and prefix, and what they depend on comes along', () => {
  const chosen = chosenFor('ietf-07');
  const idsOf = (...wanted: readonly string[]) => only(chosen, wanted).map(({ definition }) => definition.id);
  expect(idsOf('mismatch.original-kept')).toEqual(['replay.once', 'replay.same', 'mismatch.body', 'mismatch.original-kept']);
  expect(idsOf('tenants')).toEqual(expect.arrayContaining(['replay.once', 'tenants.isolated', 'tenants.unauthorized']));
  expect(idsOf('key.two-*').sort()).toEqual(['key.two-equal-headers', 'key.two-headers', 'key.two-headers-quoted']);
  expect(idsOf('nothing')).toEqual([]);
});
