import type { DeployedResource } from './deployment';
import type { ServedApi } from './events';
import type { Invoke } from './fronts/front';
import { serve, type ApiServer, type Observer, type SideDoor } from './http/server';
import { LocalError } from './local-error';
import type { Plan } from './plan';

const MAX_PORT = 65_535;

interface Served extends ServedApi {
  readonly key: string;
  readonly server: ApiServer;
}

/** The APIs of a plan on their ports, which they keep while the plan changes. */
export class ServedApis {
  private served: readonly Served[] = [];

  constructor(private readonly firstPort: number, private readonly observer: (api: string) => Observer, private readonly sideDoor: SideDoor) {}

  get apis(): readonly ServedApi[] {
    return this.served.map(({ id, kind, url, stack }) => ({ id, kind, url, stack }));
  }

  /** Listens for those that are new, and tells the plan where each is. Throws `USAGE` or `PORT_IN_USE`. */
  async listen(plan: Plan): Promise<void> {
    if (this.firstPort + plan.apis.length - 1 > MAX_PORT) {
      throw new LocalError('USAGE', `--port ${this.firstPort} leaves too few ports for ${plan.apis.length} APIs; give a lower one, or 0 for free ports`);
    }
    for (const { id, api } of plan.apis) {
      const key = keyOf(api.resource);
      let known = this.served.find((each) => each.key === key);
      if (!known) {
        const server = await serve(api, this.firstPort === 0 ? 0 : this.firstPort + this.served.length, this.observer(id), this.sideDoor);
        known = { key, id, kind: api.kind, url: server.url, stack: api.resource.stack.name, server };
        this.served = [...this.served, known];
      }
      plan.deployment.setEndpoint(api.resource, known.url);
    }
  }

  /** Lets requests through to the plan's APIs, and ends those that it has no more. */
  open(plan: Plan, invoke: Invoke): void {
    const current = new Map(plan.apis.map(({ api }) => [keyOf(api.resource), api] as const));
    for (const { key, server } of this.served) {
      const api = current.get(key);
      if (api) server.open(api, invoke);
      else void server.drain().then(() => server.close());
    }
    this.served = this.served.filter(({ key }) => current.has(key));
  }

  async drain(): Promise<void> {
    await Promise.all(this.served.map(({ server }) => server.drain()));
  }

  close(): void {
    this.served.forEach(({ server }) => server.close());
  }
}

const keyOf = ({ stack, logicalId }: DeployedResource): string => `${stack.id}/${logicalId}`;
