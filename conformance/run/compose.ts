import { randomBytes, randomUUID } from 'node:crypto';
import type { BodyOf, Sending } from '../definition';
import type { Subject } from './subject';
import type { Outgoing } from '../http/answer';

/** What a test makes up for itself: nothing of it was ever used before, or will be again. */
export class Scope {
  private readonly made = new Map<string, string>();

  /** The same name gives the same value. */
  public value(name: string): string {
    const known = this.made.get(name) ?? fresh(name);
    this.made.set(name, known);
    return known;
  }

  /** The mark of an effect. */
  public mark(effect = 'effect'): string {
    return this.value(`mark of ${effect}`);
  }
}

function fresh(name: string): string {
  if (name === 'long') return randomBytes(128).toString('hex').slice(0, 255);
  if (name === 'digits') return `9${BigInt(`0x${randomBytes(8).toString('hex')}`).toString().padStart(19, '0').slice(-19)}`;
  const dated = /^v7:([+-]?\d+)$/.exec(name);
  return dated === null ? randomUUID() : uuidV7(Date.now() + 1000 * Number(dated[1]));
}

/** RFC 9562, section 5.7. */
function uuidV7(epochMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(epochMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A text of a definition, its placeholders filled in. */
export function fill(text: string, subject: Subject, scope: Scope): string {
  return text.replace(/\{(key:)?(K|L|long|digits|v7:[+-]?\d+|key-header|origin)\}/g, (_, own: string | undefined, name: string) => {
    const value = { 'key-header': subject.target.keyHeader, 'origin': subject.target.origin }[name] ?? scope.value(name);
    return own !== undefined && subject.keyForm === 'quoted' ? `"${value}"` : value;
  });
}

/** The request that a definition stands for. */
export function compose(sending: Sending, subject: Subject, scope: Scope): Outgoing {
  const { target } = subject;
  const url = new URL(target.routes[sending.route ?? 'main']!);
  if (sending.query !== undefined) url.search = url.search === '' ? sending.query : `${url.search}&${sending.query}`;
  const { content, type } = bodyOf(sending.body ?? 'sample', subject);
  const token = { a: target.tokenA, b: target.tokenB, none: undefined }[sending.tenant ?? 'a'];
  const keys = sending.key === null ? [] : [sending.key ?? '{key:K}'].flat();
  const keyHeader = { lower: target.keyHeader.toLowerCase(), upper: target.keyHeader.toUpperCase(), own: target.keyHeader }[sending.keyHeader ?? 'own'];
  const headers = {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...lowered(target.headers),
    ...(token === undefined ? {} : { authorization: token.includes(' ') ? token : `Bearer ${token}` }),
    ...Object.fromEntries(Object.entries(lowered(sending.headers ?? {})).map(([name, value]) => [name, fill(value, subject, scope)])),
    ...(subject.counted ? { 'conformance-effect': scope.mark(sending.effect) } : {}),
    ...(subject.counted && sending.act !== undefined ? { 'conformance-act': asciiJson(sending.act) } : {}),
  };
  if (sending.tenant === 'none') delete (headers as Record<string, string>).authorization;
  return {
    method: sending.method ?? 'POST',
    url,
    headers: [...Object.entries(headers), ...keys.map((value) => [keyHeader, fill(value, subject, scope)] as const)],
    body: content,
  };
}

function bodyOf(body: BodyOf, { target }: Subject): { readonly content?: Buffer; readonly type?: string } {
  if (body === 'none') return {};
  if (typeof body === 'string') {
    const text = body === 'sample' ? target.body : target.otherBody;
    return { content: Buffer.from(text), type: typeOf(text) };
  }
  if ('text' in body) return { content: Buffer.from(body.text), type: body.type };
  // JSON, since that is what most APIs read.
  const tail = `${body.lastByte ?? 'z'}"}`;
  const head = '{"amount":100,"note":"';
  return { content: Buffer.from(head + 'n'.repeat(body.bytes - head.length - tail.length) + tail), type: 'application/json' };
}

const typeOf = (text: string): string => {
  try {
    JSON.parse(text);
    return 'application/json';
  } catch {
    return 'text/plain; charset=utf-8';
  }
};

const lowered = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** A header's value is ASCII. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
