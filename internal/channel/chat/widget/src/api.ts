// GraphQL over fetch.

import { type Answer, ApiError, mayPass, patience, post, unreached } from "./post";
import type { UserError } from "./types";

export { ApiError, mayPass };

type Payload<T> = Record<string, T & { userErrors: UserError[] }>;

/** A request that was sent before the widget was there, and its answer. */
export interface Early {
  token: string | null;
  body: string;
  answer: Promise<Answer<unknown>>;
}

export class Api {
  token: string | null = null;

  /** root is the server's address, with a slash at the end. */
  constructor(
    readonly root: string,
    private early: Early | null = null,
  ) {}

  /** Runs an operation, as the holder of token. It throws an ApiError, never anything else. */
  async ask<T>(query: string, variables: object = {}, token = this.token): Promise<T> {
    const body = JSON.stringify({ query, variables });
    const { early } = this;
    this.early = null;
    const sent = early?.body === body && early.token === token ? (early.answer as Promise<Answer<T>>) : post<T>(this.root, token, body);
    return dataOf(await sent);
  }

  /** Runs a mutation of one field and returns its payload; a user error is thrown too. */
  async change<T>(query: string, input: object, token = this.token): Promise<T> {
    return payloadOf(await this.ask<Payload<T>>(query, { input }, token));
  }

  /** Runs a mutation whose input has a file, like change. It tells how much of it went out, from 0 to 1. */
  async upload<T>(query: string, input: object, file: File, progress: (part: number) => void, signal: AbortSignal): Promise<T> {
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables: { input: { ...input, file: null } } }));
    form.set("map", '{"0":["variables.input.file"]}');
    form.set("0", file);
    return payloadOf(dataOf(await this.transmit<Payload<T>>(form, progress, signal)));
  }

  /** Sends a form. fetch could do it, but does not tell how far it is. */
  private transmit<T>(form: FormData, progress: (part: number) => void, signal: AbortSignal): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const lost = (): void => reject(new ApiError(signal.aborted ? "ABORTED" : "NETWORK", unreached));
      let watchdog = 0;
      const alive = (): void => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => request.abort(), patience * 3);
      };
      request.open("POST", `${this.root}graphql`);
      request.responseType = "json";
      request.setRequestHeader("X-Requested-With", "Parley");
      if (this.token) request.setRequestHeader("Authorization", `Bearer ${this.token}`);
      request.upload.onprogress = ({ loaded, total }) => {
        alive();
        progress(loaded / total);
      };
      request.onload = () => {
        if (request.status === 413) reject(new ApiError("TOO_LONG", "The file is too large."));
        else if (request.response) resolve(request.response as Answer<T>);
        else lost();
      };
      request.onerror = request.onabort = lost;
      request.onloadend = () => clearTimeout(watchdog);
      signal.onabort = () => request.abort();
      alive();
      request.send(form);
      if (signal.aborted) request.abort();
    });
  }
}

function dataOf<T>({ data, errors }: Answer<T>): T {
  const first = errors?.[0];
  if (first) throw new ApiError(first.extensions?.code ?? "INTERNAL", first.message);
  if (!data) throw new ApiError("INTERNAL", "The answer has no data.");
  return data;
}

function payloadOf<T>(data: Payload<T>): T {
  const payload = Object.values(data)[0]!;
  const problem = payload.userErrors[0];
  if (problem) throw new ApiError(problem.code, problem.message, problem.field ?? []);
  return payload;
}

/** A key under which one change is made once, however often it is sent. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How long to wait before the n-th try, in milliseconds: up to 30 s, never all at once. */
export function backOff(n: number): number {
  return Math.min(30_000, 500 * 2 ** Math.min(n, 10)) * (0.5 + Math.random() / 2);
}

/** Does something until it works or cannot work: the network may come later. */
export async function retrying(action: () => Promise<void>): Promise<void> {
  for (let wait = 2_000; ; wait = Math.min(wait * 2, 60_000)) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ApiError) || !mayPass(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
