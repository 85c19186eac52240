import { CfnResource } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { userPath } from './deployed';
import { functionsBehind, protectionOf, Verdict } from './function-protection';
import { lackingHeaders } from './preflight';
import { JudgedRoute } from './routes';
import { sharedKeys } from './shared-keys';
import { Survey, validateBySurvey } from './survey';
import { Protection, RouteProtection } from '../../route-protection';
import { UnprotectedRoutes } from '../../unprotected-routes';
import { HeaderNames } from '../header-names';
import { warn } from '../warnings';

const REMEDY = 'Add them with addRoutes of this construct, attach their functions with Idempotency.attach(), or say idempotent: false';
const STATES: Readonly<Record<Verdict['state'], Protection>> = {
  protected: Protection.PROTECTED, exempt: Protection.EXEMPT, unprotected: Protection.UNPROTECTED,
};

/** Every route of an API, whoever added it. */
export function routesOf(api: CfnResource): RouteProtection[] {
  return routesIn(new Survey(api), api).map(({ method, path, invoked, state, reason }) => ({
    method, path, handler: invoked?.path, protection: STATES[state], reason,
  }));
}

/** Names the unprotected routes of an API at synth, when all of them are there and aspects and escape hatches have been at them. */
export function guardRoutes(site: Construct, api: CfnResource, setting: UnprotectedRoutes | undefined): void {
  guard(site, setting, (survey) => routesIn(survey, api)
    .filter(({ state }) => state === 'unprotected')
    .map(({ method, path, reason }) => `${method} ${path} (${reason})`));
}

/** Names the attached functions whose handler or layers somebody has changed since. */
export function guardFunctions(site: Construct, functions: Iterable<IConstruct>, setting: UnprotectedRoutes | undefined): void {
  guard(site, setting, ({ resources }) => [...functions].flatMap((fn) => {
    const resource = resources.find(({ path }) => path === pathOf(fn));
    if (resource === undefined) return []; // of another Stage, whose own synthesis has it
    const { state, reason } = protectionOf(resource, '');
    return state === 'unprotected' ? [`every route of ${fn.node.path} (${reason})`] : [];
  }));
}

/** Warns where an API in front of attached functions does CORS that knows nothing of keys. */
export function adviseOnPreflights(site: Construct, functions: Iterable<IConstruct>, headers: HeaderNames): void {
  validateBySurvey(site, (survey) => {
    const paths = new Set([...functions].map(pathOf));
    const routes = survey.routes.filter(({ state, invoked }) =>
      state === 'protected' && functionsBehind(invoked!).some(({ path }) => paths.has(path)));
    const lacking = new Map(routes.flatMap((route): [string, string][] => {
      const headersLacking = lackingHeaders(route, survey.resources, headers);
      return headersLacking === undefined ? [] : [[route.api.path, headersLacking]];
    }));
    for (const [api, names] of lacking) {
      warn(site, 'corsWithoutKey', `the CORS of ${api} does not ${names}: pages of other `
        + `origins cannot send a key, or cannot see that an answer is a replay. Let it ${names}.`);
    }
    return [];
  });
}

/** Warns where a key that is sent to two APIs is answered by one function with what another one recorded. */
export function adviseOnSharedKeys(site: Construct, functions: Iterable<IConstruct>): void {
  validateBySurvey(site, (survey) => {
    const shared = sharedKeys(survey.routes, new Set([...functions].map(pathOf)));
    if (shared.length > 0) {
      warn(site, 'sharedKeySpace', `keys of the same method and path are shared by ${shared.join(', and by ')}: a key that is sent to both is answered `
        + 'with the response of the first, and the second does not run. Give attach() of each a namespace of its own.');
    }
    return [];
  });
}

/** As `Deployed` has it: an L1 function is the resource itself. */
const pathOf = (fn: IConstruct): string => (CfnResource.isCfnResource(fn) ? userPath(fn.node.path) : fn.node.path);

function guard(site: Construct, setting: UnprotectedRoutes = UnprotectedRoutes.WARN, unprotected: (survey: Survey) => readonly string[]): void {
  if (setting === UnprotectedRoutes.ALLOW) return;
  validateBySurvey(site, (survey) => {
    const names = unprotected(survey);
    if (names.length === 0) return [];
    const message = `requests pass by the runtime, so that a retry runs its operation again: ${names.join(', ')}. `
      + `${REMEDY}, or set unprotectedRoutes to UnprotectedRoutes.ALLOW.`;
    if (setting === UnprotectedRoutes.ERROR) return [`${site.node.path}: ${message}`];
    warn(site, 'unprotectedRoutes', message);
    return [];
  });
}

const routesIn = ({ routes }: Survey, api: CfnResource): readonly JudgedRoute[] =>
  routes.filter((route) => route.api.path === userPath(api.node.path));
