// One GraphQL request over fetch: also the loader's, which asks before the
// widget is there.

import { warn } from "./warn";

/** Why a call did not work: the API's code, NETWORK, or STALE: another visitor began meanwhile. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly field: string[] = [],
  ) {
    super(message);
  }
}

/** Whether the same call may work later. The error may be the loader's, whose class is another one. */
export function mayPass({ code }: { code: string }): boolean {
  return ["NETWORK", "UNAVAILABLE", "RATE_LIMITED", "INTERNAL", "TIMEOUT"].includes(code);
}

export interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** How long an answer is waited for, in milliseconds; an upload may stand still three times as long. */
export const patience = 20_000;
export const unreached = "The server could not be reached.";

/** Sends a request as the holder of a token, if there is one. It throws an ApiError, never anything else. */
export async function post<T>(root: string, token: string | null, body: string): Promise<Answer<T>> {
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json",
  };
  if (token) headers.Authorization = `Bearer ${token}`;
  let response: Response | null = null;
  try {
    response = await fetch(`${root}graphql`, {
      method: "POST",
      headers,
      body,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience),
    });
    return (await response.json()) as Answer<T>;
  } catch (error) {
    if (response) warn(`${root}graphql answers with status ${response.status} and no JSON: something in between does not let requests through. It tries again.`);
    else if (navigator.onLine && (error as Error).name !== "TimeoutError") {
      warn(`${root}graphql cannot be reached from ${location.origin}. The page's connect-src, an ad blocker or a firewall may block it, or the origin is missing in the server's PARLEY_ALLOWED_ORIGINS. It tries again.`);
    }
    throw new ApiError("NETWORK", unreached);
  }
}
