// GraphQL over fetch.

import type { UserError } from "./types";

/** Why a call did not work: the API's code, or NETWORK. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field: string[] = [],
  ) {
    super(message);
  }

  /** Whether the same call may work later. */
  get passing(): boolean {
    return ["NETWORK", "UNAVAILABLE", "RATE_LIMITED", "INTERNAL", "TIMEOUT"].includes(this.code);
  }
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

type Payload<T> = Record<string, T & { userErrors: UserError[] }>;

/** How long an answer is waited for, in milliseconds; an upload may stand still three times as long. */
const patience = 20_000;
const unreached = "The server could not be reached.";

export class Api {
  token: string | null = null;

  /** root is the server's address, with a slash at the end. */
  constructor(readonly root: string) {}

  /** Runs an operation. It throws an ApiError, never anything else. */
  async ask<T>(query: string, variables: object = {}): Promise<T> {
    return dataOf(await this.post<T>(query, variables));
  }

  /** Runs a mutation of one field and returns its payload; a user error is thrown too. */
  async change<T>(query: string, input: object): Promise<T> {
    return payloadOf(await this.ask<Payload<T>>(query, { input }));
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

  private async post<T>(query: string, variables: object): Promise<Answer<T>> {
    const headers: Record<string, string> = {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
    };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    try {
      const response = await fetch(`${this.root}graphql`, {
        method: "POST",
        headers,
        body: JSON.stringify({ query, variables }),
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(patience),
      });
      return (await response.json()) as Answer<T>;
    } catch {
      throw new ApiError("NETWORK", unreached);
    }
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
