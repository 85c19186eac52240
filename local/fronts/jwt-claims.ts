import { isRecord } from './http-response';

/** The claims of a bearer token, read and NOT verified; `undefined` where there is none to read. */
export function readClaims(authorization: string | undefined): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature] = authorization?.replace(/^Bearer\s+/i, '').trim().split('.') ?? [];
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isRecord(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** API Gateway hands every claim on as a string; a list reads `[a b]`. */
export const claimsAsText = (claims: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(claims).map(([name, claim]) => [name, asText(claim)]));

function asText(claim: unknown): string {
  if (Array.isArray(claim)) return `[${claim.map(asText).join(' ')}]`;
  return typeof claim === 'object' && claim !== null ? JSON.stringify(claim) : String(claim);
}

/** `scope` is a list with spaces, `scp` either that or an array. */
export function scopesOf({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] {
  const held = scope ?? scp ?? [];
  return Array.isArray(held) ? held.map(String) : String(held).split(' ');
}
