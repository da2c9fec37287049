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

/** How long an answer is waited for, in milliseconds. */
const patience = 20_000;

export class Api {
  token: string | null = null;

  /** root is the server's address, with a slash at the end. */
  constructor(readonly root: string) {}

  /** Runs an operation. It throws an ApiError, never anything else. */
  async ask<T>(query: string, variables: object = {}): Promise<T> {
    const { data, errors } = await this.post<T>(query, variables);
    const first = errors?.[0];
    if (first) throw new ApiError(first.extensions?.code ?? "INTERNAL", first.message);
    if (!data) throw new ApiError("INTERNAL", "The answer has no data.");
    return data;
  }

  /** Runs a mutation of one field and returns its payload; a user error is thrown too. */
  async change<T>(query: string, input: object): Promise<T> {
    const data = await this.ask<Record<string, T & { userErrors: UserError[] }>>(query, { input });
    const payload = Object.values(data)[0]!;
    const problem = payload.userErrors[0];
    if (problem) throw new ApiError(problem.code, problem.message, problem.field ?? []);
    return payload;
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
      throw new ApiError("NETWORK", "The server could not be reached.");
    }
  }
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
