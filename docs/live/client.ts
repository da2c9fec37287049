// How a front end stays in sync with Parley over an unreliable network. Copy this
// file: it needs npm graphql-ws and a browser, or Node with npm ws. docs/live.md
// lists the server's guarantees; the comments here explain how a client uses them.
import { type Client, createClient } from 'graphql-ws';

export interface Options {
  /** The URL of the API, e.g. "https://parley.example.com/graphql". */
  url: string;
  /** Returns a valid token. It is called again for each request and connection. */
  token: () => string | Promise<string>;
  /** The WebSocket class of npm ws, needed only if there is no global WebSocket. */
  webSocket?: unknown;
  /** Called when the socket opens and when it is lost, e.g. to show that the user is offline. */
  connected?: (now: boolean) => void;
  timing?: Partial<Timing>;
}

/** All in milliseconds. */
export interface Timing {
  /** How often a ping is sent on an open socket. */
  ping: number;
  /** How long a response may take before the connection counts as dead. */
  deadline: number;
  /** The first delay before a retry; each further one may be twice as long. */
  firstWait: number;
  longestWait: number;
}

const defaults: Timing = { ping: 10_000, deadline: 10_000, firstWait: 250, longestWait: 15_000 };

/** What went wrong. `code` is GraphQL's extensions.code, or how the connection failed. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** Whether a retry may succeed. */
    readonly transient: boolean,
    /** How long to wait before a retry, as requested by the server, in milliseconds. */
    readonly wait = 0,
  ) {
    super(`${code}: ${message}`);
  }
}

interface GraphQLProblem {
  message: string;
  extensions?: { code?: string };
}

interface Result<T> {
  data?: T | null;
  errors?: readonly GraphQLProblem[];
}

interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

// Temporary errors. All other codes are final: a retry gives the same result.
const passing = new Set(['UNAVAILABLE', 'RATE_LIMITED']);

function problem(errors: readonly GraphQLProblem[]): Fault {
  const code = errors[0]?.extensions?.code ?? 'UNKNOWN';
  return new Fault(code, errors[0]?.message ?? 'no reason given', passing.has(code));
}

// Close codes after which reconnecting would not help: the token is not valid
// (4401), or this program has a bug. After all others a client reconnects: 4403
// means that the session ended, and a new connection asks for a new token.
const fatalCloses = new Set([1007, 1009, 4400, 4401, 4406, 4409, 4429]);

/** Turns what graphql-ws reports into a Fault: GraphQL errors, a close event, or an error. */
function faultOf(reported: unknown): Fault {
  if (reported instanceof Fault) return reported;
  if (Array.isArray(reported)) return problem(reported as GraphQLProblem[]);
  const { code, reason } = (reported ?? {}) as { code?: unknown; reason?: unknown };
  if (typeof code === 'number' && typeof reason === 'string') return new Fault(`CLOSED_${code}`, reason, !fatalCloses.has(code));
  return new Fault('UNREACHABLE', reported instanceof Error ? reported.message : 'the server cannot be reached', true);
}

function answerOf<T>(response: Response, { data, errors }: Result<T>): T {
  const wait = 1000 * (Number(response.headers.get('Retry-After')) || 0);
  if (errors) {
    const { code, message, transient } = problem(errors);
    throw new Fault(code, message, transient, wait);
  }
  // A response that is not GraphQL comes from a proxy, or was cut off.
  if (!data) throw new Fault(`HTTP_${response.status}`, response.statusText, response.ok || response.status === 429 || response.status >= 500, wait);
  return data;
}

// Calls act when the signal is aborted, unless the returned function was called
// first. AbortSignal.any would be shorter, but in Node 20 such a signal may be
// garbage-collected before it fires, and a request on a dead connection then never
// ends.
function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}

/** One connection to Parley: requests over HTTP, all subscriptions over one WebSocket. */
export class Parley {
  readonly #options: Options;
  readonly #timing: Timing;
  readonly #socket: Client;
  readonly #closed = new AbortController();

  constructor(options: Options) {
    this.#options = options;
    this.#timing = { ...defaults, ...options.timing };
    this.#socket = this.#connect();
  }

  /** Ends all subscriptions and waiting requests. */
  close(): void {
    this.#closed.abort();
    Promise.resolve(this.#socket.dispose()).catch(() => {}); // it may fail while it is still connecting
  }

  // graphql-ws shares one socket among subscriptions. It tries to connect only
  // once: reconnecting is up to follow, which knows where to continue. A
  // connection may break silently, so both its start and its pings have a deadline.
  #connect(): Client {
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const met = () => clearTimeout(deadline);
    const expect = () => {
      met();
      deadline = setTimeout(() => client.terminate(), this.#timing.deadline);
    };
    const client: Client = createClient({
      url: this.#options.url.replace(/^http/, 'ws'),
      webSocketImpl: this.#options.webSocket,
      connectionParams: async () => ({ Authorization: `Bearer ${await this.#options.token()}` }),
      keepAlive: this.#timing.ping,
      lazyCloseTimeout: 5_000,
      retryAttempts: 0,
      on: {
        connecting: expect,
        connected: () => {
          met();
          this.#options.connected?.(true);
        },
        ping: (received) => received || expect(),
        pong: (received) => received && met(),
        closed: () => {
          met();
          this.#options.connected?.(false);
        },
      },
    });
    return client;
  }

  /**
   * Runs a query or a mutation, and retries until the server responds. A mutation
   * needs an idempotencyKey in its variables: it is never certain whether the first
   * try reached the server, which applies a mutation with the same key only once.
   */
  async request<T>(query: string, variables: Record<string, unknown>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#post<T>({ query, variables });
      } catch (reported) {
        const fault = faultOf(reported);
        if (!fault.transient || this.#closed.signal.aborted) throw fault;
        await this.#pause(tries, fault.wait);
      }
    }
  }

  async #post<T>(operation: Operation): Promise<T> {
    const gone = new AbortController();
    const late = setTimeout(() => gone.abort(), this.#timing.deadline);
    const forget = onAbort(this.#closed.signal, () => gone.abort());
    try {
      const response = await fetch(this.#options.url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: 'application/graphql-response+json',
          Authorization: `Bearer ${await this.#options.token()}`,
        },
        body: JSON.stringify(operation),
        signal: gone.signal,
      });
      return answerOf<T>(response, (await response.json().catch(() => ({}))) as Result<T>);
    } finally {
      clearTimeout(late);
      forget();
    }
  }

  /**
   * Follows a subscription until the returned function is called. `start` returns
   * the operation to subscribe to, and is called again after each interruption;
   * `apply` receives the results. `ended` is called with the fault when
   * reconnecting would not help; if it returns true, `start` is called again anyway.
   */
  follow<T>(start: () => Promise<Operation>, apply: (data: T) => void, ended: (fault: Fault) => boolean): () => void {
    const stop = new AbortController();
    const over = stop.signal;
    const forget = onAbort(this.#closed.signal, () => stop.abort());
    const run = async () => {
      for (let tries = 0; !over.aborted; tries++) {
        const began = performance.now();
        const fault = await this.#once<T>(start, over, (data) => {
          tries = 0;
          apply(data);
        });
        if (over.aborted) return;
        // An internal error may be temporary or affect only one node: a stream reconnects.
        if (!fault.transient && fault.code !== 'INTERNAL' && !ended(fault)) return;
        if (performance.now() - began > this.#timing.longestWait) tries = 0;
        await this.#pause(tries, fault.wait);
      }
    };
    void run().finally(forget);
    return () => stop.abort();
  }

  // Subscribes once. It returns the reason why the subscription ended.
  async #once<T>(start: () => Promise<Operation>, over: AbortSignal, apply: (data: T) => void): Promise<Fault> {
    let end = () => {};
    try {
      const operation = await start();
      return await new Promise<Fault>((done) => {
        const unsubscribe = this.#socket.subscribe<T>(operation, {
          next: (result) => {
            if (over.aborted) return;
            if (result.data && !result.errors) apply(result.data);
            else done(problem(result.errors ?? []));
          },
          error: (reported) => done(faultOf(reported)),
          complete: () => done(new Fault('COMPLETED', 'the server ended the stream', true)),
        });
        const forget = onAbort(over, () => done(new Fault('STOPPED', 'by its caller', false)));
        end = () => {
          forget();
          unsubscribe();
        };
      });
    } catch (reported) {
      return faultOf(reported);
    } finally {
      end();
    }
  }

  // Waits before a retry: longer each time, and partly at random, so that a
  // thousand clients that lost the same server do not reconnect at the same time.
  #pause(tries: number, atLeast: number): Promise<void> {
    const most = Math.min(this.#timing.longestWait, this.#timing.firstWait * 2 ** tries);
    const wait = Math.max(atLeast, most * (0.5 + Math.random() / 2));
    return new Promise((resume) => {
      const go = () => {
        clearTimeout(timer);
        forget();
        resume();
      };
      const timer = setTimeout(go, wait);
      const forget = onAbort(this.#closed.signal, () => queueMicrotask(go));
    });
  }
}
