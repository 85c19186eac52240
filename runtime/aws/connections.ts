import http, { type Agent, type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';

/** More requests than this at a time wait for a connection. */
const MOST_CONNECTIONS = 50;

/**
 * Milliseconds of silence after which the other side is probed: gateways on the
 * way forget a silent connection, a NAT gateway after 350 s, and an answer that
 * takes longer would never come.
 */
const PROBE_AFTER = 60_000;

/** What Node documents of an agent for whoever extends it, and its types leave out. */
interface NodeAgent extends Agent {
  readonly options: object;
  getName: () => string;
  createConnection: (...given: unknown[]) => Socket;
}

/**
 * Kept-alive connections to one endpoint. Node's own agent and parser; of ours is
 * only the connection that is opened before anything is there to be sent.
 */
export class Connections {
  /** `host:port`, the port only where it is not the protocol's own. */
  public readonly host: string;
  readonly #secure: boolean;
  readonly #fresh: boolean;
  readonly #target: Pick<RequestOptions, 'protocol' | 'hostname' | 'port' | 'agent'>;
  readonly #agent: NodeAgent;
  #ready: Socket | undefined;
  /** Those that were opened before there was a request for them. */
  readonly #early = new WeakSet<Socket>();
  /** Those whose handshakes are over: before that, nothing of a request is sent. */
  readonly #open = new WeakSet<Socket>();

  /** @param fresh each request on a connection of its own, that none was sent on before */
  public constructor(url: URL, { fresh = false }: { readonly fresh?: boolean } = {}) {
    this.host = url.host;
    this.#secure = url.protocol === 'https:';
    this.#fresh = fresh;
    const agent = new (this.#secure ? https : http).Agent({ keepAlive: !fresh, maxSockets: MOST_CONNECTIONS }) as NodeAgent;
    // There is one endpoint, so that the name that Node makes of two dozen options would always be the same.
    agent.getName = () => this.host;
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (...given) => this.#takeReady() ?? this.#watched(connect(...given));
    this.#agent = agent;
    this.#target = {
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? (this.#secure ? 443 : 80) : Number(url.port),
      agent: this.#agent,
    };
  }

  /** @param headers not as the list that Node would take too: tracers copy headers into an object to add their own */
  public request(method: string, path: string, headers: Readonly<Record<string, string>>): ClientRequest {
    return (this.#secure ? https : http).request({ ...this.#target, method, path, headers });
  }

  /** Opens a connection for the first request, so that it need not wait for the handshakes. Keeps no process alive. */
  public open(): void {
    if (this.#ready !== undefined) return;
    const { hostname: host, port } = this.#target;
    const socket = this.#agent.createConnection({ ...this.#agent.options, host, servername: isIP(host!) === 0 ? host : '', port, path: null, _agentKey: this.host });
    this.#ready = socket;
    this.#early.add(socket);
    const forget = (): void => {
      if (this.#ready === socket) this.#ready = undefined;
    };
    // Whoever sends the first request finds out as well, on a connection of its own.
    socket.on('error', forget).on('close', forget).unref();
  }

  /** Whether the request had a connection that was there, unused, before it. */
  public wasIdle({ socket, reusedSocket }: ClientRequest): boolean {
    return reusedSocket || (socket !== null && this.#early.has(socket));
  }

  /** Whether the request had a connection that a byte could have been sent on. */
  public wasOpen({ socket }: ClientRequest): boolean {
    return socket !== null && this.#open.has(socket);
  }

  /** What was closed while a sandbox was frozen was so for all connections alike. */
  public dropIdle(): void {
    this.#ready?.destroy();
    this.#ready = undefined;
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy();
  }

  /** Ends all connections. */
  public close(): void {
    this.dropIdle();
    this.#agent.destroy();
  }

  #watched(socket: Socket): Socket {
    return socket.once(this.#secure ? 'secureConnect' : 'connect', () => {
      this.#open.add(socket);
      // Of the others none waits for so long, and the agent probes those that are idle.
      if (this.#fresh) socket.setKeepAlive(true, PROBE_AFTER);
    });
  }

  #takeReady(): Socket | undefined {
    const socket = this.#ready;
    this.#ready = undefined;
    return socket?.destroyed === false ? socket.ref() : undefined;
  }
}
