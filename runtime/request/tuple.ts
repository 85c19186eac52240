/**
 * Strings as one sequence of bytes that no other strings yield: before each
 * part its length in bytes, so no part can hold a delimiter that forges another
 * split. UTF-16, because UTF-8 would turn every lone surrogate into the same
 * replacement character.
 */
export function encodeTuple(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf16le');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
