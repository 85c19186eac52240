import { IConstruct } from 'constructs';
import { refuse } from './errors';

/** The gateway would call it without anybody having looked at its function. */
export function requireNoDefaultIntegration(site: IConstruct, given: object | undefined, instead: string): void {
  if (given === undefined) return;
  refuse({
    site,
    prop: 'defaultIntegration',
    problem: 'is given, whose requests would reach their function without a look at their keys',
    remedy: `Leave it out, and add its function with ${instead}`,
  });
}
