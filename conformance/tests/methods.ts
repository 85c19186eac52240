import type { TestDefinition } from '../definition';
import { again, first, send } from './steps';
import { ietf, rfc9110, stripe } from '../rules';

const lacking = (method: string) => ({ statuses: [400, 404, 405, 415, 501], reason: `there is no ${method} here` });

/** A method that is not idempotent by itself, or that a client wants protected all the same. */
const honoured = (method: string, title: TestDefinition['title'], rule: TestDefinition['rule'], levels: TestDefinition['levels']): TestDefinition => ({
  id: `methods.${method.toLowerCase()}`,
  title,
  rule,
  ...(levels === undefined ? {} : { levels }),
  dependsOn: ['replay.once'],
  steps: [
    { do: 'send', as: 'first', setup: true, expect: { status: 'success' }, method, lacking: lacking(method) },
    again({ sameAs: 'first' }, { method }),
    { do: 'effects', is: 1 },
  ],
});

/** A method that needs no key. */
const untouched = (method: 'GET' | 'HEAD', title: TestDefinition['title']): TestDefinition => ({
  id: `methods.${method.toLowerCase()}`,
  title,
  rule: stripe('keys have no effect in GET requests, which are idempotent by definition'),
  steps: [
    { do: 'send', as: 'first', setup: true, expect: { status: 'success' }, method, body: 'none', lacking: lacking(method) },
    again({ status: 'success' }, { method, body: 'none' }),
    { do: 'effects', is: 2 },
  ],
  needs: ['effects'],
});

/** Which requests a key is for. */
export const methods: readonly TestDefinition[] = [
  honoured('PATCH', 'SHOULD honour a key of a PATCH', ietf('1', 'to make methods such as POST or PATCH fault-tolerant'), { stripe: 'none', ours: 'MUST' }),
  honoured('PUT', 'CHECK whether a key of a PUT is honoured', ietf('1', 'PUT is idempotent by itself'), { stripe: 'none', ours: 'MUST' }),
  honoured('DELETE', 'CHECK whether a key of a DELETE is honoured', ietf('1', 'DELETE is idempotent by itself'), { stripe: 'none', ours: 'MUST' }),
  untouched('GET', 'SHOULD run a GET each time, whatever key it carries'),
  untouched('HEAD', 'SHOULD run a HEAD each time, whatever key it carries'),
  {
    id: 'methods.get-after-post',
    title: 'MUST NOT answer a GET with what was recorded for a POST',
    rule: rfc9110('9.3.1', 'GET is for the current state'),
    dependsOn: ['replay.once'],
    steps: [
      first(),
      send('read', { anyOf: [{ status: 'success', unlike: 'first', replay: false }, { status: 'refusal' }] }, { method: 'GET', body: 'none', effect: 'read' }),
    ],
  },
  {
    id: 'methods.get-burns-nothing',
    title: 'MUST NOT let a GET use up a key',
    rule: stripe('keys have no effect in GET requests'),
    steps: [
      { do: 'send', as: 'read', method: 'GET', body: 'none', effect: 'read' },
      send('first', { status: 'success' }),
      { do: 'effects', is: 1 },
    ],
  },
];
