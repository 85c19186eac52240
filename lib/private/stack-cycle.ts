import { Reference, Stack, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { refuse } from './errors';

/** What a function's environment and permissions refer to, under the prop that can replace it. */
export interface Referred {
  readonly prop: string;
  readonly value?: string;
}

/**
 * An API refers to its functions. A function of another stack must not refer
 * back to the API's stack, or neither could be deployed first.
 */
export function requireNoStackCycle(api: IConstruct, fn: IConstruct, referred: readonly Referred[]): void {
  const apiStack = Stack.of(api);
  const fnStack = Stack.of(fn);
  if (fnStack === apiStack || isNestedIn(fnStack, apiStack)) return;
  for (const { prop, value } of referred) {
    if (value === undefined || !stacksIn(value).includes(apiStack)) continue;
    refuse({
      site: api,
      prop,
      problem: `is in the stack of the API, ${apiStack.node.path}, and ${fn.node.path} in another: `
        + 'the API would need the function first, and the function the API\'s stack, a dependency cycle',
      remedy: `Give a ${prop} made in the function's stack or in a third one`,
    });
  }
}

/** CloudFormation orders a nested stack by the resources it needs, not by the stack that they are in. */
function isNestedIn(stack: Stack, outer: Stack): boolean {
  const parent = stack.nestedStackParent;
  return parent !== undefined && (parent === outer || isNestedIn(parent, outer));
}

function stacksIn(value: string): Stack[] {
  return Tokenization.reverseString(value).tokens.filter(Reference.isReference).map((reference) => Stack.of(reference.target));
}
