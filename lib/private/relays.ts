import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../contract';
import { Refusal, refusalMessage, refuse } from './errors';
import { handleOf, MOST_LAYERS } from './function-handle';
import { WRAPPER_SCRIPT } from './function-settings';
import { publishedOnce, refusalOf } from './redirection';
import { RelayDeployment, RelayFunction } from './relay-function';
import { agreedTimeout, relayTarget } from './relay-target';
import { targetAtSynth } from './relay-target-at-synth';
import { warn } from './warnings';

export interface RelayOptions extends RelayDeployment {
  readonly targetTimeout?: Duration;
}

/** The relays of one construct, one for each function, version or alias that it was asked to stand before. */
export class Relays {
  private readonly made = new Map<IFunction, { readonly relay: RelayFunction; readonly deployment: RelayDeployment }>();

  constructor(private readonly site: Construct) {}

  /** The relay before a function, made when it is asked for first. */
  public before(handler: IFunction, options: RelayOptions): RelayFunction {
    const made = this.made.get(handler);
    if (made === undefined) return this.make(handler, options);
    agreedTimeout(this.site, handler, made.relay.target.timeoutSeconds, options.targetTimeout);
    for (const prop of ['memorySize', 'logGroup'] as const) {
      if (options[prop] === undefined || options[prop] === made.deployment[prop]) continue;
      refuse({
        site: this.site,
        prop,
        problem: `is another one than the relay before ${handler.node.path} was made with`,
        remedy: 'Give it where the relay is made first, by relay() or addRoutes(), and leave it out elsewhere',
      });
    }
    return made.relay;
  }

  /** Whether requests of a function come by a relay of this construct. */
  public standBefore(fn: IFunction): boolean {
    return [...this.made.values()].some(({ relay: { target } }) => target.fn === fn);
  }

  private make(handler: IFunction, { targetTimeout, ...deployment }: RelayOptions): RelayFunction {
    const target = relayTarget(this.site, handler, targetTimeout);
    const relay = RelayFunction.before(target, this.site, relayId(this.site, handler), deployment);
    relay.addEnvironment(ENV.TARGET_PYTHON, Lazy.string({ produce: () => (targetAtSynth(handler, target.fn).python ? 'true' : undefined) }));
    // Not grantInvoke, which allows every version and alias besides.
    relay.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] }));
    this.made.set(handler, { relay, deployment });
    this.site.node.addValidation({ validate: () => this.validate(relay) });
    return relay;
  }

  /** At synth, when whatever else is attached has been. */
  private validate(relay: RelayFunction): string[] {
    const { fn, handler } = relay.target;
    const handle = handleOf(fn);
    if (handle === undefined) return [];
    const outlives = this.outlivesLease(relay);
    if (outlives !== undefined) return [refusalMessage(outlives)];
    const variables = handle.variables();
    if (ENV.SETTINGS in variables) {
      return [refusalMessage({
        site: this.site,
        prop: `handler ${handler.node.path}`,
        problem: 'is idempotent by itself, and has a relay before it: both would claim each key, and one refuse what the other claimed',
        remedy: 'Leave out the relay, or what attached the function: another route of it, attach() or environment()',
      })];
    }
    const isNeeded = refusalOf(this.site, fn) !== undefined || publishedOnce(handler) !== undefined
      || WRAPPER_SCRIPT in variables || (Stack.of(fn).resolve(handle.resource.layers) ?? []).length >= MOST_LAYERS;
    if (!isNeeded) {
      warn(this.site, 'relayNotNeeded', `${handler.node.path} has a relay before it and `
        + `runs on ${handle.runtimeName}, where the runtime can be put in front of its handler: a relay is a second function for each request. `
        + 'Leave the relay out, or say Annotations.of(construct).acknowledgeWarning("cdk-idempotent-api:relayNotNeeded").');
    }
    return [];
  }

  /** Why a target may run for longer than what its relay was made with. */
  private outlivesLease({ target: { fn, handler, timeoutSeconds, isTimeoutKnown } }: RelayFunction): Refusal | undefined {
    if (!isTimeoutKnown) return undefined;
    const { timeoutSeconds: now } = targetAtSynth(handler, fn);
    if (now !== undefined && now <= timeoutSeconds) return undefined;
    const about = { site: this.site, prop: `handler ${handler.node.path}` };
    return now === undefined
      ? {
        ...about,
        problem: 'was changed after its relay was made, and for how long it may run now is not known here: two executions could overlap',
        remedy: 'Change it before its relay is made, and give its timeout as targetTimeout, with Duration.seconds(n)',
      }
      : {
        ...about,
        problem: `has a timeout of ${now} seconds, and had one of ${timeoutSeconds} when its relay was made, whose lease rests on it: two executions could overlap`,
        remedy: `Set the timeout of ${fn.node.path} where it is made, before its relay`,
      };
  }
}

/** By the path below the stack, so that a relay stays the same while the stack moves in the app. */
function relayId(site: Construct, handler: IFunction): string {
  const stack = Stack.of(handler);
  const below = handler.node.scopes.slice(handler.node.scopes.indexOf(stack) + 1).map(({ node }) => node.id);
  return ['Relay', ...stack === Stack.of(site) ? [] : [stack.node.id], ...below].join('.');
}
