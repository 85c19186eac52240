/** Answers with the event it was given, or does what the header `probe` asks. */
exports.handler = async (event) => {
  const headers = event.headers ?? Object.fromEntries(Object.entries(event.multiValueHeaders ?? {}).map(([name, values]) => [name, values.at(-1)]));
  const probe = Object.entries(headers).find(([name]) => name.toLowerCase() === 'probe')?.[1];
  if (probe === undefined) return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };
  const asked = JSON.parse(probe);
  if (asked.throws !== undefined) throw new Error(asked.throws);
  // JSON has no way to write these.
  if (asked.returns === 'NaN') return { statusCode: NaN, body: '' };
  if (asked.returns === 'undefined') return undefined;
  return asked.returns;
};
