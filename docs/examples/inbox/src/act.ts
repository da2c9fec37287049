// Mutations: each gives what it did, or what a person can correct.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { useApolloClient } from '@apollo/client/react';
import { CombinedGraphQLErrors, type OperationVariables } from '@apollo/client';
import { useState } from 'react';

interface Payload {
  userErrors: { code: string; message: string; field?: string[] | null }[];
}

export function useAct() {
  const client = useApolloClient();
  const [problems, setProblems] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);

  /** Does it; true if it was done. What went wrong is in `problems`. */
  async function act<Data, Variables extends OperationVariables>(mutation: TypedDocumentNode<Data, Variables>, variables: Variables, options: { refetch?: string[] } = {}): Promise<Data | null> {
    setBusy(true);
    setProblems([]);
    try {
      const { data } = await client.mutate<Data>({ mutation, variables, refetchQueries: options.refetch });
      const failed = Object.values((data ?? {}) as Record<string, Payload | string>).flatMap((payload) => (typeof payload === 'object' ? payload.userErrors : []));
      setProblems(failed.map((error) => error.message));
      return failed.length === 0 ? (data ?? null) : null;
    } catch (error) {
      setProblems(CombinedGraphQLErrors.is(error) ? error.errors.map((e) => e.message) : ['The server cannot be reached. Try again.']);
      return null;
    } finally {
      setBusy(false);
    }
  }
  return { act, problems, busy, setProblems };
}
