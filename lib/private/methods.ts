/** Methods that HTTP itself makes safe to repeat (RFC 9110, section 9.2.1); a key on them means nothing. */
const WITHOUT_KEY = new Set(['GET', 'HEAD', 'OPTIONS']);

export function honoursKeys(method: string): boolean {
  return !WITHOUT_KEY.has(method);
}
