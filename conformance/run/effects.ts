import { ConformanceError } from '../conformance-error';
import { reasonOf, type Answer } from '../http/answer';
import { overHttp1 } from '../http/http1';

/** What an effects endpoint says that the handlers of its API obey. */
export const ACTS = ['answer', 'hold', 'throw', 'exit', 'hang'] as const;
export type ActName = (typeof ACTS)[number];

/** Counts how often marked effects have begun. */
export interface Effects {
  readonly acts: ReadonlySet<ActName>;
  /** Notes an answer, which may tell of an execution. */
  saw(mark: string, answer: Answer): void;
  count(mark: string): Promise<number>;
  /** Lets held runs go on. */
  release(mark: string): Promise<void>;
}

/** The endpoint of `--effects`: `GET ?mark=M` says how often the effect M began, `POST ?mark=M` releases it. */
export class EffectsEndpoint implements Effects {
  /** @throws ConformanceError where nothing answers as an effects endpoint does */
  public static async open(url: URL, timeoutMs: number, headers: Readonly<Record<string, string>>): Promise<EffectsEndpoint> {
    const endpoint = new EffectsEndpoint(url, timeoutMs, headers, new Set());
    const { acts = [] } = await endpoint.ask('a mark that nothing has used');
    const known = acts.filter((act): act is ActName => (ACTS as readonly string[]).includes(act));
    return new EffectsEndpoint(url, timeoutMs, headers, new Set(known));
  }

  private constructor(
    private readonly url: URL,
    private readonly timeoutMs: number,
    private readonly headers: Readonly<Record<string, string>>,
    public readonly acts: ReadonlySet<ActName>,
  ) {}

  public saw(): void { /* The endpoint knows better. */ }

  public async count(mark: string): Promise<number> {
    return (await this.ask(mark)).runs;
  }

  public async release(mark: string): Promise<void> {
    await this.send('POST', mark);
  }

  private async ask(mark: string): Promise<{ readonly runs: number; readonly acts?: readonly string[] }> {
    const { status, body } = await this.send('GET', mark);
    const said = parse(body);
    if (status !== 200 || typeof said?.runs !== 'number') {
      throw new ConformanceError('TARGET', `the effects endpoint ${this.url.href} answered ${status} ${body.toString().slice(0, 80)}; it must answer 200 with {"runs": a number}`);
    }
    return said as { readonly runs: number; readonly acts?: readonly string[] };
  }

  private async send(method: string, mark: string): Promise<Answer> {
    const url = new URL(this.url);
    url.searchParams.set('mark', mark);
    try {
      return await overHttp1({ method, url, headers: Object.entries(this.headers), body: undefined }, { timeoutMs: this.timeoutMs });
    } catch (error) {
      throw new ConformanceError('TARGET', `the effects endpoint ${this.url.href} does not answer: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function parse(body: Buffer): { readonly runs?: unknown; readonly acts?: unknown } | undefined {
  try {
    return JSON.parse(body.toString()) as { readonly runs?: unknown };
  } catch {
    return undefined;
  }
}

/** Where nothing counts: successful answers that differ are of different executions. What nobody was told of is not seen. */
export class InferredEffects implements Effects {
  public readonly acts: ReadonlySet<ActName> = new Set();
  private readonly seen = new Map<string, Set<string>>();

  public saw(mark: string, { status, body }: Answer): void {
    if (status < 200 || status > 299) return;
    const answers = this.seen.get(mark) ?? new Set<string>();
    this.seen.set(mark, answers.add(body.toString('latin1')));
  }

  public async count(mark: string): Promise<number> {
    return this.seen.get(mark)?.size ?? 0;
  }

  public async release(): Promise<void> { /* Nothing is ever held. */ }
}
