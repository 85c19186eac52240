import { HEADERS, type WireConfiguration, type WireSettings } from '../lib/contract';

/** Names of the headers that a key may come in, in lower case, by the settings in a function's environment. */
export function keyHeadersOf(settings: unknown): readonly string[] {
  const { defaults, routes } = parsed(settings);
  const names = [defaults ?? {}, ...Object.values(routes ?? {})].flatMap(({ headerName, headerAliases }) => [headerName, ...headerAliases ?? []]);
  return [...new Set([HEADERS.KEY, ...names.filter((name) => typeof name === 'string')].map((name) => name.toLowerCase()))];
}

/** What the runtime would refuse counts as nothing set: it says so itself, at the function's first start. */
function parsed(settings: unknown): { readonly defaults?: WireSettings; readonly routes?: Readonly<Record<string, WireSettings>> } {
  try {
    return (JSON.parse(String(settings)) as Partial<WireConfiguration> | null) ?? {};
  } catch {
    return {};
  }
}
