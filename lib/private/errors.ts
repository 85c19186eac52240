import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Thrown at synth: the app asks for something that cannot work once deployed. */
export class ConfigurationError extends Error {
  public readonly code = 'IDEMPOTENCY_CONFIGURATION';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigurationError';
  }
}

/** What every refusal says: where, which prop, what is wrong with its value, and what to do instead. */
export interface Refusal {
  readonly site: IConstruct;
  readonly prop: string;
  readonly problem: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

export const refusalMessage = (refusal: Refusal): string => `${refusal.site.node.path}: ${refusalText(refusal)}`;

/** The same without the place. */
export const refusalText = ({ prop, problem, remedy }: Refusal): string => `${prop} ${problem}. ${remedy}.`;

export function refuse(refusal: Refusal): never {
  throw new ConfigurationError(refusalMessage(refusal), refusal.cause === undefined ? undefined : { cause: refusal.cause });
}

/** A value as a refusal names it: text, numbers and the like as they were written, of anything else what it is. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) {
    if (Token.isUnresolved(value)) return 'a list that is not known at synth';
    return value.length === 0 ? 'an empty list' : `a list (${value.map(shown).join(', ')})`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
