import type { Stack } from './assembly';

/**
 * Of several things that go by one name, the one nearest to who asks: in its
 * own stack, else in its own stage. AWS would never have them side by side, but
 * stages that name no environment deploy the same names. `undefined` where
 * there is none, or where two stand equally near.
 */
export function nearest<T extends { readonly stack: Stack }>(candidates: readonly T[], asker: Stack): T | undefined {
  const distances = candidates.map(({ stack }) => nearness(stack, asker));
  const closest = Math.max(...distances);
  const found = candidates.filter((_, index) => distances[index] === closest);
  return found.length === 1 ? found[0] : undefined;
}

function nearness(stack: Stack, asker: Stack): number {
  if (stack === asker) return Infinity;
  const [own, other] = [stack.path.split('/'), asker.path.split('/')];
  const differs = own.findIndex((part, index) => part !== other[index]);
  return differs < 0 ? own.length : differs;
}
