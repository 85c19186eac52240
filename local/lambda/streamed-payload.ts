/** Content type of a stream whose head is a JSON prelude, as `awslambda.HttpResponseStream` writes it. */
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

/**
 * A streamed response as one value, as a caller without streaming gets it: the
 * prelude with the body beside it, else JSON, else text.
 */
export function streamedPayload(contentType: string | undefined, body: Buffer): unknown {
  const end = contentType === WITH_PRELUDE ? body.indexOf(DELIMITER) : -1;
  const prelude = end < 0 ? undefined : parsed(body.toString('utf8', 0, end));
  if (typeof prelude === 'object' && prelude !== null) {
    return { ...prelude, body: body.toString('base64', end + DELIMITER.length), isBase64Encoded: true };
  }
  const text = body.toString('utf8');
  return parsed(text) ?? text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
