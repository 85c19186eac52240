const PAGE = 'https://github.com/cdk-idempotent-api/cdk-idempotent-api/blob/main/docs/errors.md#';

/** Where an error is explained: the `type` of a problem document. */
export const documentationOf = (code: string): string => PAGE + code.toLowerCase();

/** The same as a header, for bodies that have no `type`: draft-ietf-httpapi-idempotency-key-header-07, section 2.7. */
export const linkTo = (code: string): string => `<${documentationOf(code)}>; rel="describedby"; type="text/html"`;
