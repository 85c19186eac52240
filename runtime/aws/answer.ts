import { crc32 } from 'node:zlib';
import type { HttpAnswer } from './exchange';

/** What a service said in the end: what was asked for, or a refusal. */
export class AwsAnswer {
  #document: { readonly value: unknown } | undefined;
  #code: string | undefined | null = null;

  /** @param afterUnknown an earlier send got no answer, or that of a failing service: it may have taken effect, or still may */
  public constructor(
    private readonly answer: HttpAnswer,
    public readonly afterUnknown: boolean,
  ) {}

  public get status(): number {
    return this.answer.status;
  }

  public get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  public get body(): Buffer {
    return this.answer.body;
  }

  /** @param name in lower case. What comes several times is joined, as it may be for any header. */
  public header(name: string): string | undefined {
    const { headers } = this.answer;
    let found: string | undefined;
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at]!.length === name.length && headers[at]!.toLowerCase() === name) found = found === undefined ? headers[at + 1] : `${found}, ${headers[at + 1]}`;
    }
    return found;
  }

  /** The body as the JSON object that it is. @throws SyntaxError */
  public get document(): Readonly<Record<string, unknown>> {
    this.#document ??= { value: JSON.parse(this.body.toString('utf8')) };
    const { value } = this.#document;
    if (typeof value !== 'object' || value === null) throw new SyntaxError('The answer is not a JSON object.');
    return value as Readonly<Record<string, unknown>>;
  }

  /** Whether the body is the one that was sent, as far as the service says what that was. */
  public get isIntact(): boolean {
    const sum = this.header('x-amz-crc32');
    return sum === undefined || Number(sum) === crc32(this.body);
  }

  /** The name of an error, in whichever way the service tells it. */
  public get code(): string | undefined {
    if (this.#code === null) this.#code = nameIn(this.header('x-amzn-errortype')) ?? this.#codeOfDocument() ?? this.#codeOfXml();
    return this.#code;
  }

  #codeOfDocument(): string | undefined {
    try {
      const { __type: type, code, Code } = this.document;
      return nameIn(type) ?? nameIn(code) ?? nameIn(Code);
    } catch {
      return undefined;
    }
  }

  #codeOfXml(): string | undefined {
    return nameIn(/<Code>([^<]*)<\/Code>/.exec(this.body.toString('latin1', 0, 4096))?.[1]);
  }
}

/** Of `com.amazonaws.dynamodb.v20120810#ThrottlingException` and `NoSuchKey:http://...` the name, without whatever else is told. */
function nameIn(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  return /^(?:[^#:]*#)?([A-Za-z][A-Za-z0-9_.]{0,63})(?=$|[:,])/.exec(text)?.[1];
}
