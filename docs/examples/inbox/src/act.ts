// Mutations: each gives what it did, or what a person can correct.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useApolloClient } from '@apollo/client/react';
import { CombinedGraphQLErrors, type ApolloClient, type OperationVariables } from '@apollo/client';
import { useState } from 'react';

interface Payload {
  userErrors: { code: string; message: string; field?: string[] | null }[];
}

/** A key for what is done once, however often it is sent. */
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

export interface Outcome<Data> {
  /** What was done; null: nothing was. */
  done: Data | null;
  /** The answer, also if nothing was done: with what there is now. */
  answer: Data | null;
  problems: string[];
  /** Someone else was faster. The answer has what there is now, and the cache with it. */
  conflict: boolean;
  /** There was no answer: it may have been done. */
  lost: boolean;
}

export async function perform<Data, Variables extends OperationVariables>(client: ApolloClient, mutation: TypedDocumentNode<Data, Variables>, variables: Variables, refetch?: string[]): Promise<Outcome<Data>> {
  try {
    const { data } = await client.mutate<Data>({ mutation, variables, refetchQueries: refetch });
    const failed = Object.values((data ?? {}) as Record<string, Payload | string>).flatMap((payload) => (typeof payload === 'object' ? payload.userErrors : []));
    return { done: failed.length === 0 ? (data ?? null) : null, answer: data ?? null, problems: failed.map((error) => error.message), conflict: failed.some((error) => error.code === 'CONFLICT'), lost: false };
  } catch (error) {
    const problems = CombinedGraphQLErrors.is(error) ? error.errors.map((e) => e.message) : ['The server cannot be reached. Try again.'];
    return { done: null, answer: null, problems, conflict: false, lost: !CombinedGraphQLErrors.is(error) };
  }
}

export function useAct() {
  const client = useApolloClient();
  const [problems, setProblems] = useState<string[]>([]);
  const [conflict, setConflict] = useState(false);
  const [busy, setBusy] = useState(false);

  /** Does it. What went wrong is in `problems` too. */
  async function attempt<Data, Variables extends OperationVariables>(mutation: TypedDocumentNode<Data, Variables>, variables: Variables, options: { refetch?: string[] } = {}): Promise<Outcome<Data>> {
    setBusy(true);
    setProblems([]);
    const outcome = await perform(client, mutation, variables, options.refetch);
    setProblems(outcome.problems);
    setConflict(outcome.conflict);
    setBusy(false);
    return outcome;
  }
  /** Does it; what was done, or null. */
  const act = async <Data, Variables extends OperationVariables>(mutation: TypedDocumentNode<Data, Variables>, variables: Variables, options?: { refetch?: string[] }) => (await attempt(mutation, variables, options)).done;
  return { act, attempt, problems, conflict, busy, setProblems };
}
