/** What only an account would know, given on the command line in its place. */
export interface Given {
  /** Values of template parameters. */
  readonly parameters: readonly GivenParameter[];
  /** Values of SSM parameters by their names. */
  readonly ssm: ReadonlyMap<string, string>;
  /** Values of secrets by their names or ARNs. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Folders or zip archives of layer versions by their ARNs; absolute. */
  readonly layers: ReadonlyMap<string, string>;
}

export interface GivenParameter {
  /** The only stack that it is for, by name, id or path; absent: each that declares it. */
  readonly stack?: string;
  readonly name: string;
  readonly value: string;
}

export const NOTHING_GIVEN: Given = { parameters: [], ssm: new Map(), secrets: new Map(), layers: new Map() };
