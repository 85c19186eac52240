/** Answers of an authorizer, kept for a while by what they were given for. */
export class KeptAnswers {
  private readonly answers = new Map<string, { readonly answer: unknown; readonly until: number }>();

  /** @param ttlMs 0 keeps nothing */
  constructor(private readonly ttlMs: number, private readonly now: () => number = Date.now) {}

  /** The kept answer, or a new one. A failure to answer (`undefined`) is not kept. */
  async get<T>(identity: readonly unknown[], ask: () => Promise<T>): Promise<T> {
    const key = JSON.stringify(identity);
    const kept = this.answers.get(key);
    if (kept && this.now() < kept.until) return kept.answer as T;
    const answer = await ask();
    if (this.ttlMs > 0 && answer !== undefined) this.answers.set(key, { answer, until: this.now() + this.ttlMs });
    return answer;
  }
}
