/**
 * `rawPath` and `path` of an event begin with whatever the client's URL had
 * before the route: the stage on an HTTP API, a base-path mapping on a custom
 * domain. One operation has one path, by whichever address it was called.
 */

/** An HTTP API puts the stage before `rawPath` on every domain, unless it is `$default`; a mapping's key never. */
export const withoutStage = (path: string, stage: string | undefined): string => {
  if (stage === undefined || stage === '' || stage === '$default') return path;
  if (path === `/${stage}`) return '/';
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path;
};

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const same = (wanted: string | undefined, segment: string): boolean =>
  wanted === undefined || wanted === segment || wanted === decoded(segment);

type Parameter = (name: string) => string | undefined;

const fits = (template: readonly string[], path: readonly string[], parameter: Parameter): boolean => {
  const segments = path.at(-1) === '' ? path.slice(0, -1) : path;
  for (const [index, part] of template.entries()) {
    const segment = segments[index];
    if (segment === undefined) return false;
    const greedy = /^\{(.+)\+\}$/.exec(part);
    if (greedy) return same(parameter(greedy[1]), segments.slice(index).join('/'));
    const single = /^\{(.+)\}$/.exec(part);
    if (!same(single ? parameter(single[1]) : part, segment)) return false;
  }
  return segments.length === template.length;
};

/**
 * The part of `path` that the route's template stands for. With payload 1.0 a
 * base-path mapping is nowhere named in the event, but the template and the
 * values of its parameters say where the path proper begins. A path that does
 * not end in its template is returned as it is.
 */
export const withoutMapping = (path: string, template: string, parameter: Parameter): string => {
  const segments = path.split('/').slice(1);
  const wanted = template.split('/').filter((part) => part !== '');
  for (let skip = 0; skip <= segments.length; skip++) {
    const rest = segments.slice(skip);
    if (fits(wanted, rest, parameter)) return `/${rest.join('/')}`;
  }
  return path;
};
