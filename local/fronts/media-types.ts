/** Whether a media type, its parameters aside, is one that a pattern such as `image/*` stands for. */
export function matchesMediaType(pattern: string, mediaType: string): boolean {
  const [type, subtype] = essence(mediaType);
  const [wantedType, wantedSubtype] = essence(pattern);
  return (wantedType === '*' || wantedType === type) && (wantedSubtype === '*' || wantedSubtype === subtype);
}

const essence = (mediaType: string): readonly string[] => mediaType.split(';', 1)[0]!.trim().toLowerCase().split('/', 2);
