import { describeRule } from '../rules';
import type { Verdict } from './baseline';
import type { Exchange } from '../run/exchange';
import { messageOf } from '../run/outcome';
import type { SuiteRun } from '../run/run-suite';

/**
 * JUnit XML. A broken MUST is a failure, one that could not be set up an error.
 * What JUnit has no word for is skipped, with its reason: a SHOULD that does not
 * hold, what is known to the baseline, not applicable, not judged.
 */
export function junitOf(runs: readonly SuiteRun[], verdict: Verdict, name: string): string {
  const topics = [...new Set(runs.map(({ chosen }) => topicOf(chosen.definition.id)))];
  const suites = topics.map((topic) => {
    const own = runs.filter(({ chosen }) => topicOf(chosen.definition.id) === topic);
    const cases = own.map((run) => caseOf(run, verdict));
    const count = (element: string): number => cases.filter((text) => text.includes(`<${element} `)).length;
    return `  <testsuite name="${escape(topic)}" tests="${own.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}">\n${cases.join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escape(name)}">\n${suites.join('')}</testsuites>\n`;
}

const topicOf = (id: string): string => id.split('.', 1)[0]!;

function caseOf(run: SuiteRun, { broken, known, stale }: Verdict): string {
  const { chosen: { definition, level, title }, outcome, exchanges } = run;
  const head = `    <testcase classname="${escape(topicOf(definition.id))}" name="${escape(`${definition.id}: ${title}`)}"`;
  const isStale = stale.find(({ id }) => id === definition.id);
  if (isStale !== undefined) return `${head}>\n      <failure message="${escape(`in the baseline, and ${isStale.why}`)}"/>\n    </testcase>\n`;
  if (outcome === true) return `${head}/>\n`;
  const [kind] = outcome;
  const message = messageOf(outcome);
  const isBroken = broken.some(({ chosen }) => chosen.definition.id === definition.id);
  if (isBroken) {
    const element = kind === 'fails' ? 'failure' : 'error';
    return `${head}>\n      <${element} message="${escape(message)}">${escape(`${describeRule(definition.rule)}\n\n${exchanges.map(told).join('\n\n')}`)}</${element}>\n    </testcase>\n`;
  }
  const reason = known.find(({ chosen }) => chosen.definition.id === definition.id)?.reason;
  const why = reason === undefined ? `${kind === 'fails' ? `does not hold (${level})` : kind}: ${message}` : `known failure: ${reason}`;
  return `${head}>\n      <skipped message="${escape(why)}"/>\n    </testcase>\n`;
}

/** An exchange as text. */
export function told({ name, request, answer, note }: Exchange): string {
  const lines = [`# ${name}`, `> ${request.line}`, ...request.headers.map((header) => `> ${header}`), ...(request.body === '' ? [] : [`> ${request.body}`])];
  const came = answer === undefined ? [`< (${note ?? 'nothing'})`] : [`< ${answer.line}`, ...answer.headers.map((header) => `< ${header}`), ...(answer.body === '' ? [] : [`< ${answer.body}`])];
  return [...lines, ...came].join('\n');
}

const escape = (text: string): string => text
  .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
  .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
