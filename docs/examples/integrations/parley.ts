// How the programs of this folder ask Parley: Node 20 needs no library for it.
import process from 'node:process';

export const { PARLEY_TOKEN: token = '', PARLEY_URL: url = 'http://127.0.0.1:8080/graphql' } = process.env;

/** What Parley refused. `code` is made for programs, `message` for people. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }

  /** Whether the same may succeed later. */
  get temporary(): boolean {
    return ['UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL'].includes(this.code);
  }

  /** Whether nothing will succeed with this token. */
  get hopeless(): boolean {
    return ['UNAUTHENTICATED', 'FORBIDDEN', 'CLOSED_4401'].includes(this.code);
  }
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

function dataOf<T>({ data, errors }: Answer<T>): T {
  const [error] = errors ?? [];
  if (error) throw new Refused(error.extensions?.code ?? 'INTERNAL', error.message);
  if (!data) throw new Refused('INTERNAL', 'an answer without data');
  return data;
}

async function post(query: string, variables: object, accept: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: accept, Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
}

/** Runs a query or a mutation. */
export async function ask<T>(query: string, variables: object = {}): Promise<T> {
  const response = await post(query, variables, 'application/json');
  return dataOf((await response.json()) as Answer<T>);
}

/** Waits, for longer after each failure, and partly by chance: else all come back at once. */
export function pauseAfter(failures: number): Promise<void> {
  const most = Math.min(100 * 2 ** failures, 15_000);
  return new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random() / 2)));
}

/** Runs a mutation of one field with an input, and throws what it refuses. */
export async function change<T>(mutation: string, input: object): Promise<T> {
  const [payload] = Object.values(await ask<Record<string, T & { userErrors: { code: string; message: string }[] }>>(mutation, { in: input }));
  const [error] = payload?.userErrors ?? [];
  if (!payload || error) throw new Refused(error?.code ?? 'INTERNAL', error?.message ?? 'an answer without payload');
  return payload;
}

/** The results of a subscription, over Server-Sent Events, until the connection ends. */
export async function* listen<T>(subscription: string, variables: object = {}): AsyncGenerator<T> {
  const response = await post(subscription, variables, 'text/event-stream');
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) dataOf((await response.json()) as Answer<T>);
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith('data: {')) yield dataOf(JSON.parse(line.slice(6)) as Answer<T>);
    }
  }
}
