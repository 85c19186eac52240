import { hash } from 'node:crypto';

const WORDS = 4;

/**
 * Texts that have been seen, by 127 bits of their SHA-1 and not the texts
 * themselves: 16 bytes for each, in a table of open addresses.
 *
 * A collision would hide a state. Among n texts the odds of one are below
 * n² / 2^128: for ten million 3e-25, for a billion 3e-21.
 */
export class SeenSet {
  #size = 0;
  #table = new Uint32Array(WORDS << 16);

  public get size(): number {
    return this.#size;
  }

  /** Whether the text is new. */
  public add(text: string): boolean {
    const digest = hash('sha1', text, 'buffer');
    const words = new Uint32Array(WORDS);
    for (let word = 0; word < WORDS; word++) words[word] = digest.readUInt32LE(word * 4);
    // A free place is all zeros, and no text may be: the bit that is given up for it.
    words[0]! |= 1;
    if (!this.#put(this.#table, words, 0)) return false;
    this.#size++;
    if (this.#size * WORDS > this.#table.length * 0.6) this.#grow();
    return true;
  }

  #put(table: Uint32Array, words: Uint32Array, at: number): boolean {
    const places = table.length / WORDS;
    const [first, second, third, fourth] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    for (let place = second % places; ; place = (place + 1) % places) {
      const start = place * WORDS;
      if (table[start] === 0) {
        table[start] = first;
        table[start + 1] = second;
        table[start + 2] = third;
        table[start + 3] = fourth;
        return true;
      }
      if (table[start] === first && table[start + 1] === second && table[start + 2] === third && table[start + 3] === fourth) return false;
    }
  }

  #grow(): void {
    const before = this.#table;
    const after = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += WORDS) {
      if (before[at] !== 0) this.#put(after, before, at);
    }
    this.#table = after;
  }
}
