/**
 * One output stream of a sandbox, cut into lines that know their invocation.
 *
 * The pipe and the Runtime API are separate channels, so an answer may come
 * before the lines that the handler wrote first. A runtime of ours therefore
 * writes a mark after each answer; marks come in the order of the invocations
 * and stay out of the log.
 */
export class InvocationLog {
  private rest = '';
  /** Invocations whose mark has not come yet, oldest first. */
  private readonly open: Array<{ readonly requestId: string; readonly resolve: () => void }> = [];

  constructor(
    private readonly mark: string | undefined,
    private readonly onLine: (line: string, requestId: string | undefined) => void,
  ) {}

  /** Resolves once everything was read that this invocation wrote before its answer. */
  begin(requestId: string): Promise<void> {
    return new Promise((resolve) => {
      this.open.push({ requestId, resolve });
    });
  }

  push(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    lines.forEach((line) => this.line(line));
  }

  /** The stream has ended: what was begun and has no mark will never get one. */
  end(): void {
    this.emit(this.rest);
    this.rest = '';
    this.open.splice(0).forEach(({ resolve }) => resolve());
  }

  /** Where no mark will come: what was read so far is all that the oldest open invocation wrote. */
  endInvocation(): void {
    this.emit(this.rest);
    this.rest = '';
    this.open.shift()?.resolve();
  }

  private line(line: string): void {
    if (this.mark === undefined || !line.endsWith(this.mark)) {
      this.emit(line);
      return;
    }
    this.emit(line.slice(0, -this.mark.length));
    this.open.shift()?.resolve();
  }

  /** The runtime interface client turns line feeds within one message into carriage returns. */
  private emit(text: string): void {
    for (const line of text.split('\r')) {
      if (line !== '') {
        this.onLine(line, this.open[0]?.requestId);
      }
    }
  }
}
