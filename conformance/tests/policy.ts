import type { TestDefinition } from '../definition';
import { ietf } from '../rules';

/** What an API must say about its keys. */
export const policy: readonly TestDefinition[] = [
  {
    id: 'policy.published',
    title: 'MUST publish a specification of its keys',
    rule: ietf('2.5.2', 'resources MUST publish an idempotency related specification'),
    levels: { stripe: 'none' },
    steps: [{ do: 'policy' }],
  },
  {
    id: 'policy.expiry',
    title: 'MUST say in the specification when a key expires',
    rule: ietf('2.5.2', 'this specification MUST include expiration related policy if applicable'),
    dependsOn: ['policy.published'],
    levels: { stripe: 'none' },
    steps: [{ do: 'policy', says: ['expire', 'expiry', 'expiration', 'retention', 'ttl'] }],
  },
  {
    id: 'policy.errors',
    title: 'SHOULD say in the specification which errors to expect',
    rule: ietf('2.7', 'clients act by the documentation'),
    dependsOn: ['policy.published'],
    levels: { stripe: 'none' },
    steps: [{ do: 'policy', says: ['409'] }, { do: 'policy', says: ['422'] }],
  },
  {
    id: 'policy.key-format',
    title: 'SHOULD say in the specification what a key looks like',
    rule: ietf('5', 'establish a fixed format for the key and publish it'),
    dependsOn: ['policy.published'],
    levels: { stripe: 'none' },
    steps: [{ do: 'policy', says: ['maxLength', 'UUID', 'characters', 'pattern'] }],
  },
];
