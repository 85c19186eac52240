import { longName } from './construct-id';
import type { DeployedResource } from './deployment';

/**
 * What a template has and the runner does not do, gathered while it is read
 * and told in one line per resource type: named and skipped, never silently.
 */
export class Notices {
  private readonly skipped = new Map<string, string[]>();
  private readonly warnings: string[] = [];

  /** `reason` stands where the type alone does not say why. */
  skip(resource: DeployedResource, reason?: string): void {
    const name = longName(resource);
    const entry = reason === undefined ? name : `${name}: ${reason}`;
    this.skipped.set(resource.type, [...(this.skipped.get(resource.type) ?? []), entry]);
  }

  warn(message: string): void {
    if (!this.warnings.includes(message)) this.warnings.push(message);
  }

  lines(): readonly string[] {
    return [...this.warnings, ...[...this.skipped].map(([type, names]) => `skipped: ${type} (${names.join(', ')})`)];
  }
}
