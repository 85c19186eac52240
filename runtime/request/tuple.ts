/**
 * Strings as one sequence of bytes that no other strings yield: before each
 * part its length in bytes, so no part can hold a delimiter that forges another
 * split. UTF-16, because UTF-8 would turn every lone surrogate into the same
 * replacement character.
 */
export function encodeTuple(parts: readonly string[]): Buffer {
  let length = 0;
  for (const part of parts) length += LENGTH_BYTES + 2 * part.length;
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    at = bytes.writeUInt32BE(2 * part.length, at);
    at += bytes.write(part, at, 'utf16le');
  }
  return bytes;
}

const LENGTH_BYTES = 4;
