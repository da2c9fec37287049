// The API by the session of whoever is signed in here, without a token (AC-9).

import { type Answer, patience, unreached } from "./post";
import { Api, ApiError } from "./api";

export class SessionApi extends Api {
  /** Runs an operation as the user who is signed in. It throws an ApiError, never anything else. */
  override async ask<T>(query: string, variables: object = {}): Promise<T> {
    let answer: Answer<T>;
    try {
      const response = await fetch(`${this.root}graphql`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "Parley-Session": "1" },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(patience),
      });
      answer = (await response.json()) as Answer<T>;
    } catch {
      throw new ApiError("NETWORK", unreached);
    }
    const first = answer.errors?.[0];
    if (first || !answer.data) throw new ApiError(first?.extensions?.code ?? "INTERNAL", first?.message ?? "The answer has no data.");
    return answer.data;
  }
}
