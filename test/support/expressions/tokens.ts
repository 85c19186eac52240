/** The words of an expression: placeholders, names, operators and brackets. */
export function tokens(expression: string): readonly string[] {
  const found = expression.match(/[#:]?\w+|<>|<=|>=|[=<>(),+-]/g) ?? [];
  const left = expression.replace(/[#:]?\w+|<>|<=|>=|[=<>(),+\s-]/g, '');
  if (left !== '') throw new SyntaxError(`unknown characters in an expression: ${left}`);
  return found;
}

/** Reads tokens one after the other. */
export class Reader {
  #at = 0;

  public constructor(private readonly words: readonly string[]) {}

  public peek(): string | undefined {
    return this.words[this.#at];
  }

  public next(): string {
    const word = this.words[this.#at++];
    if (word === undefined) throw new SyntaxError('an expression ends too early');
    return word;
  }

  /** Takes the word where it comes next. */
  public takes(word: string): boolean {
    const taken = this.peek()?.toUpperCase() === word;
    if (taken) this.#at++;
    return taken;
  }

  public expect(word: string): void {
    if (!this.takes(word)) throw new SyntaxError(`expected ${word}, got ${this.peek()}`);
  }

  public end(): void {
    if (this.peek() !== undefined) throw new SyntaxError(`unexpected ${this.peek()}`);
  }
}
