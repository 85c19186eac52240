import type { Expectation, HeaderExpectation, Statuses, StatusName } from '../definition';
import { headerOf, type Answer } from '../http/answer';
import { isIn, type StatusSet } from '../profiles';
import { fill, type Scope } from './compose';
import type { Subject } from './subject';

/** What an expectation is judged by. */
export interface Court {
  readonly subject: Subject;
  readonly scope: Scope;
  /** Former answers, by name. */
  readonly answers: ReadonlyMap<string, Answer>;
}

/** What is wrong with an answer; `undefined` where all is as expected. */
export function fault(answer: Answer, expectation: Expectation, court: Court): string | undefined {
  return [
    ofStatus(answer, expectation.status, court),
    ofRelations(answer, expectation, court),
    ...Object.entries(expectation.headers ?? {}).map(([name, expected]) => ofHeader(answer, fill(name, court.subject, court.scope), expected, court)),
    ofBody(answer, expectation.body, court),
    ofMark(answer, expectation.replay, court),
    expectation.markExposed ? ofExposure(answer, court) : undefined,
    expectation.problem ? ofProblem(answer) : undefined,
    expectation.described ? ofDescription(answer) : undefined,
    expectation.link ? ofLink(answer) : undefined,
    ofAlternatives(answer, expectation.anyOf, court),
  ].find((each) => each !== undefined);
}

export const isStatus = (status: number, statuses: Statuses, { profile }: Subject): boolean =>
  [statuses].flat().some((each) => isIn(status, typeof each === 'number' ? [each] : profile.statuses[each as StatusName]));

function ofStatus(answer: Answer, statuses: Statuses | undefined, { subject }: Court): string | undefined {
  if (statuses === undefined || isStatus(answer.status, statuses, subject)) return undefined;
  return `answered ${told(answer)}, expected ${[statuses].flat().map((each) => named(each, subject)).join(' or ')}`;
}

const named = (status: StatusName | number, { profile }: Subject): string => (typeof status === 'number' ? String(status) : `${status} (${setOf(profile.statuses[status])})`);
const setOf = (set: StatusSet): string => set.join(', ');

function told({ status, body }: Answer): string {
  const text = body.toString('utf8').replaceAll(/\s+/g, ' ').slice(0, 100);
  return text === '' ? String(status) : `${status} ${text}`;
}

function ofRelations(answer: Answer, { sameAs, unlike }: Expectation, { answers, subject }: Court): string | undefined {
  if (sameAs !== undefined) {
    const former = answers.get(sameAs)!;
    if (answer.status !== former.status) return `answered ${told(answer)}, and "${sameAs}" was answered ${former.status}`;
    if (!answer.body.equals(former.body)) return `its body is not that of "${sameAs}": ${difference(answer.body, former.body)}`;
  }
  // An answer that says nothing fresh cannot be told from another one: then only effects count.
  if (unlike !== undefined && subject.fresh && answer.body.length > 0 && answer.body.equals(answers.get(unlike)!.body)) {
    return `answered ${told(answer)}, which is the answer of "${unlike}"`;
  }
  return undefined;
}

function difference(one: Buffer, other: Buffer): string {
  if (one.length !== other.length) return `${one.length} bytes in place of ${other.length}`;
  const at = one.findIndex((byte, index) => byte !== other[index]);
  const near = (body: Buffer): string => JSON.stringify(body.toString('utf8', Math.max(0, at - 10), at + 20));
  return `${near(one)} in place of ${near(other)}`;
}

function ofHeader(answer: Answer, name: string, expected: HeaderExpectation, court: Court): string | undefined {
  const value = headerOf(answer, name);
  const { answers, subject, scope } = court;
  const says = value === undefined ? `has no ${name}` : `has ${name}: ${value}`;
  if ('absent' in expected) return value === undefined ? undefined : says;
  if ('present' in expected) return value === undefined ? says : undefined;
  if ('is' in expected) return value === expected.is ? undefined : `${says}, expected ${expected.is}`;
  if ('not' in expected) return value === expected.not ? says : undefined;
  if ('matches' in expected) return value !== undefined && new RegExp(expected.matches, 'i').test(value) ? undefined : `${says}, expected what matches ${expected.matches}`;
  if ('sameAs' in expected) {
    const former = headerOf(answers.get(expected.sameAs)!, name);
    return value === former ? undefined : `${says}, and "${expected.sameAs}" had ${former ?? 'none'}`;
  }
  const wanted = fill(expected.lists, subject, scope).toLowerCase();
  const listed = (value ?? '').split(',').map((member) => member.trim().toLowerCase());
  return listed.includes(wanted) || (expected.star && listed.includes('*')) ? undefined : `${says}, which does not list ${wanted}`;
}

function ofBody(answer: Answer, expected: Expectation['body'], { subject, scope }: Court): string | undefined {
  if (expected === undefined) return undefined;
  const { body } = answer;
  if ('is' in expected) return body.toString('utf8') === expected.is ? undefined : `its body is ${JSON.stringify(body.toString('utf8', 0, 100))}, expected ${JSON.stringify(expected.is)}`;
  if ('base64' in expected) return body.toString('base64') === expected.base64 ? undefined : `its body is ${body.toString('base64', 0, 100)} in base64, expected ${expected.base64}`;
  if ('lacks' in expected) {
    const text = fill(expected.lacks, subject, scope);
    return body.includes(text) ? `its body repeats ${JSON.stringify(text)}` : undefined;
  }
  const members = Object.keys(objectIn(body) ?? {}).sort();
  return members.join() === [...expected.members].sort().join() ? undefined : `its body has the members ${members.join(', ') || 'of no JSON object'}, expected ${expected.members.join(', ')}`;
}

function ofMark(answer: Answer, expected: boolean | undefined, { subject: { profile } }: Court): string | undefined {
  if (expected === undefined) return undefined;
  const marker = markerOf(answer, profile.markers);
  if (expected) return marker === undefined ? `is not marked as a replay: no ${profile.markers.join(', ')} says true` : undefined;
  return marker === undefined ? undefined : `is marked as a replay: ${marker}: true`;
}

function ofExposure(answer: Answer, { subject: { profile } }: Court): string | undefined {
  const marker = markerOf(answer, profile.markers);
  const exposed = headerOf(answer, 'access-control-expose-headers');
  const listed = (exposed ?? '').split(',').map((member) => member.trim().toLowerCase());
  return marker === undefined || listed.includes('*') || listed.includes(marker.toLowerCase())
    ? undefined : `has access-control-expose-headers: ${exposed ?? 'none'}, which does not list ${marker}`;
}

const markerOf = (answer: Answer, markers: readonly string[]): string | undefined => markers.find((name) => headerOf(answer, name)?.toLowerCase() === 'true');

function ofProblem(answer: Answer): string | undefined {
  const type = headerOf(answer, 'content-type') ?? 'none';
  if (!/^application\/problem\+json\b/i.test(type)) return `its content type is ${type}, expected application/problem+json`;
  const problem = objectIn(answer.body);
  if (problem === undefined) return 'its problem document is no JSON object';
  if (problem.status !== undefined && problem.status !== answer.status) return `its problem document says status ${String(problem.status)}, and ${answer.status} was sent`;
  if (typeof problem.title !== 'string' && typeof problem.detail !== 'string') return 'its problem document has neither a title nor a detail';
  return undefined;
}

/** Some words, in a body or in a header that links to some. */
function ofDescription(answer: Answer): string | undefined {
  return /\p{L}{3,}.*\s\p{L}{2,}/su.test(answer.body.toString('utf8')) || linkIn(answer) ? undefined : `says nothing of what is wrong: ${told(answer)}`;
}

function ofLink(answer: Answer): string | undefined {
  if (linkIn(answer)) return undefined;
  const urls = answer.body.toString('utf8').match(/https?:\/\/[^\s"'<>\\]+/g);
  return urls === null ? `links to nothing: neither a Link header with rel describedby or help, nor a URL in ${told(answer)}` : undefined;
}

const linkIn = (answer: Answer): boolean => /rel="?(describedby|help|service-doc)"?/i.test(headerOf(answer, 'link') ?? '');

function ofAlternatives(answer: Answer, alternatives: readonly Expectation[] | undefined, court: Court): string | undefined {
  if (alternatives === undefined) return undefined;
  const faults = alternatives.map((each) => fault(answer, each, court));
  return faults.includes(undefined) ? undefined : [...new Set(faults)].join('; or: ');
}

function objectIn(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
