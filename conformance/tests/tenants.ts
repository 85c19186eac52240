import type { TestDefinition } from '../definition';
import { again, first, held, release, send } from './steps';
import { ietf } from '../rules';

const COMPOSITE = ietf('5', 'a composite key, of the client\'s key and attributes known only to the resource, against keys of others that are guessed');

/** Two callers with one key. */
export const tenants: readonly TestDefinition[] = [
  {
    id: 'tenants.isolated',
    title: 'SHOULD NOT give one tenant the answer of another',
    rule: COMPOSITE,
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [
      first({ tenant: 'a', effect: 'of a' }),
      send('of b', { status: 'success', unlike: 'first' }, { tenant: 'b', effect: 'of b' }),
      { do: 'effects', of: 'of b', is: 1 },
    ],
  },
  {
    id: 'tenants.own-replay',
    title: 'SHOULD give each of two tenants its own answer again',
    rule: COMPOSITE,
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['tenants.isolated', 'replay.once'],
    steps: [
      first({ tenant: 'a', effect: 'of a' }),
      send('of b', { status: 'success' }, { tenant: 'b', effect: 'of b' }),
      again({ sameAs: 'first' }, { tenant: 'a', effect: 'of a' }),
      send('of b again', { sameAs: 'of b' }, { tenant: 'b', effect: 'of b' }),
    ],
  },
  {
    id: 'tenants.no-oracle',
    title: 'SHOULD NOT tell one tenant by a 422 that another has used a key',
    rule: COMPOSITE,
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['tenants.isolated'],
    steps: [first({ tenant: 'a' }), send('of b', { status: 'success' }, { tenant: 'b', body: 'other', effect: 'of b' })],
  },
  {
    id: 'tenants.in-flight',
    title: 'SHOULD NOT make one tenant wait for a request of another',
    rule: COMPOSITE,
    levels: { stripe: 'MUST', ours: 'MUST' },
    dependsOn: ['tenants.isolated'],
    steps: [...held({ tenant: 'a' }), send('of b', { status: 'success' }, { tenant: 'b', effect: 'of b' }), release],
  },
  {
    id: 'tenants.unauthorized',
    title: 'SHOULD NOT replay to a caller without credentials',
    rule: COMPOSITE,
    levels: { stripe: 'MUST', ours: 'MUST' },
    steps: [first({ tenant: 'a' }), send('nobody', { status: 'unauthorized' }, { tenant: 'none' })],
  },
];
