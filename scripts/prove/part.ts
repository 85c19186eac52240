/** One thing that is to be shown: what was found, in words and figures, and whether that is what was wanted. */
export interface Proof {
  readonly goal: string;
  readonly found: string;
  readonly met: boolean;
}

/** `short` takes seconds and is part of the tests; the whole takes as long as it takes. */
export interface Extent {
  readonly short: boolean;
  readonly seed: string;
  /** Of the soak. */
  readonly minutes: number;
  /** Says what is being done, for who waits. */
  readonly progress: (doing: string) => void;
}

export interface Part {
  readonly name: string;
  readonly prove: (extent: Extent) => Promise<readonly Proof[]>;
}
