import type { Front, HttpResponse } from './front';
import { asObject, asText, bodyBytes, byName, field, headerMap, queryFrom, throughJson, without } from './parts';
import { allPairs, normaliseV1, withHeadersV1, type ProxyRules } from './payload-v1';

/** The page an Application Load Balancer sends for a target that failed, line ends and all. */
const albError: HttpResponse = {
  statusCode: 502,
  headers: [['content-type', 'text/html']],
  cookies: [],
  body: [
    '<html>',
    '<head><title>502 Bad Gateway</title></head>',
    '<body>',
    '<center><h1>502 Bad Gateway</h1></center>',
    '</body>',
    '</html>',
    '',
  ].join('\r\n'),
  isBase64Encoded: false,
};

const albRules: ProxyRules = {};

/** A target group sends either multi-value maps or plain ones, and wants the same back. */
const isMultiValue = (event: unknown): boolean => asObject(field(event, 'multiValueHeaders')) !== undefined;

/** Headers that the load balancer adds where one of its authenticate actions ran. */
const OIDC_HEADERS = ['x-amzn-oidc-identity', 'x-amzn-oidc-data', 'x-amzn-oidc-accesstoken'];

/**
 * An Application Load Balancer. Without multi-value headers it keeps only the
 * last of several values, of a header and of a query parameter alike, and a
 * response's last cookie.
 *
 * The OIDC headers make a caller authenticated, so that nobody signed in shares
 * a tenant with everyone else; they name no identity, since a client could have
 * sent them to a listener without that action.
 */
export const alb: Front = {
  kind: 'alb',
  accepts: (event) => asObject(field(field(event, 'requestContext'), 'elb')) !== undefined && typeof field(event, 'httpMethod') === 'string',
  request: (event) => {
    const path = asText(field(event, 'path')) ?? '/';
    const headers = headerMap(field(event, 'multiValueHeaders'), field(event, 'headers'));
    return {
      front: 'alb',
      method: String(field(event, 'httpMethod')).toUpperCase(),
      path,
      // The load balancer leaves parameters percent-encoded.
      query: queryFrom(field(event, 'multiValueQueryStringParameters'), field(event, 'queryStringParameters'), (text) => text),
      route: path,
      headers,
      body: bodyBytes(event),
      identity: { authenticated: OIDC_HEADERS.some((name) => headers.has(name)) },
    };
  },
  normalise: (result) => normaliseV1(result, albRules) ?? { ...albError, malformed: true },
  thrown: () => albError,
  render: (response, event) => {
    const groups = byName(allPairs(response));
    const headers = isMultiValue(event)
      ? { multiValueHeaders: Object.fromEntries(groups) }
      : {
        headers: Object.fromEntries(
          groups.map(([name, values]) => [name, name.toLowerCase() === 'set-cookie' ? values.at(-1) : values.join(', ')]),
        ),
      };
    return { statusCode: response.statusCode, ...headers, body: response.body, isBase64Encoded: response.isBase64Encoded };
  },
  withHeaders: (result, headers, event) => {
    if (!isMultiValue(event)) {
      return withHeadersV1(result, byName(headers).map(([name, values]) => [name, values.join(', ')] as const), albRules);
    }
    const value = asObject(throughJson(result)?.value);
    if (value === undefined || normaliseV1(result, albRules) === undefined) return result;
    const kept = without(field(value, 'multiValueHeaders'), headers.map(([name]) => name));
    return { ...value, multiValueHeaders: { ...kept, ...Object.fromEntries(byName(headers)) } };
  },
};
