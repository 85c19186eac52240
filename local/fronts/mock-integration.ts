import type { GatewayRequest, GatewayResponse } from './front';
import { isRecord } from './http-response';
import { headerOf } from './request-parts';

/** What a MOCK integration answers to a request. */
export type MockIntegration = (request: GatewayRequest) => GatewayResponse;

/**
 * A MOCK integration as far as CORS preflights need it, and the CDK writes
 * them: the first integration response, its literal headers, and the template
 * that lets an origin choose itself from a list. `undefined` for another template.
 */
export function planMock(integration: Readonly<Record<string, unknown>>): MockIntegration | undefined {
  const [first] = (integration.IntegrationResponses ?? []) as readonly Readonly<Record<string, unknown>>[];
  if (!first) return undefined;
  const templates = Object.values(isRecord(first.ResponseTemplates) ? first.ResponseTemplates : {}).map(String).filter((text) => text.trim() !== '');
  const origins = templates.map(listedOrigins);
  if (!origins.every((listed) => listed !== undefined)) return undefined;
  const headers = Object.entries(isRecord(first.ResponseParameters) ? first.ResponseParameters : {}).flatMap(([name, value]) => {
    const header = /^method\.response\.header\.(.+)$/.exec(name)?.[1];
    const literal = /^'(.*)'$/s.exec(String(value))?.[1];
    return header === undefined || literal === undefined ? [] : [[header.toLowerCase(), literal] as const];
  });
  return (request) => {
    const origin = headerOf(request, 'origin');
    const chosen = origin !== undefined && origins.flat().some((matches) => matches(origin));
    return {
      status: Number(first.StatusCode ?? 200),
      headers: chosen ? headers.map(([name, value]) => [name, name === 'access-control-allow-origin' ? origin : value]) : headers,
      body: Buffer.alloc(0),
    };
  };
}

/** The origins of the CDK's template for several of them; `undefined` for a template that does something else. */
function listedOrigins(template: string): readonly ((origin: string) => boolean)[] | undefined {
  if (!template.includes('$context.responseOverride.header.Access-Control-Allow-Origin = $origin')) return undefined;
  const equal = [...template.matchAll(/\$origin == "([^"]+)"/g)].map(([, wanted]) => (origin: string) => origin === wanted);
  const matching = [...template.matchAll(/\$origin\.matches\("([^"]+)"\)/g)].map(([, pattern]) => {
    const expression = new RegExp(`^(?:${pattern})$`);
    return (origin: string) => expression.test(origin);
  });
  return [...equal, ...matching];
}
