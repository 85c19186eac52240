/**
 * What a template has and the runner does not do, gathered while it is read
 * and told in one line per resource type: named and skipped, never silently.
 */
export class Notices {
  private readonly skipped = new Map<string, string[]>();
  private readonly warnings: string[] = [];

  /** `name` is the construct's path; `reason` stands where the type alone does not say why. */
  skip(type: string, name: string, reason?: string): void {
    const entry = reason === undefined ? name : `${name}: ${reason}`;
    this.skipped.set(type, [...(this.skipped.get(type) ?? []), entry]);
  }

  warn(message: string): void {
    if (!this.warnings.includes(message)) this.warnings.push(message);
  }

  lines(): readonly string[] {
    return [...this.warnings, ...[...this.skipped].map(([type, names]) => `skipped: ${type} (${names.join(', ')})`)];
  }
}
