// A conversation's history: the newest entries, older ones on demand, and what is new.
import { useApolloClient, useQuery, useSubscription } from '@apollo/client/react';
import { useCallback, useEffect, useState } from 'react';
import { graphql } from './gql';
import type { ThreadQuery } from './gql/graphql';

const Conversation = graphql(`
  query Conversation($id: ID!) {
    conversation(id: $id) { id ...Row }
  }
`);

const Thread = graphql(`
  query Thread($id: ID!, $before: String) {
    conversation(id: $id) {
      id
      entries(last: 50, before: $before) {
        sequence
        nodes {
          __typename
          ... on Message { id ...MessageParts }
          ... on Event { id ...EventParts }
        }
        pageInfo { hasPreviousPage startCursor }
      }
    }
  }
`);

// With each change comes what the conversation is now: the cache has it for the thread's head.
const ThreadChanges = graphql(`
  subscription ThreadChanges($id: ID!, $after: Sequence) {
    conversationEntries(conversationId: $id, after: $after) {
      sequence
      kind
      entry {
        __typename
        ... on Message { id ...MessageParts conversation { id ...Row } }
        ... on Event { id ...EventParts conversation { id ...Row } }
      }
    }
  }
`);

// What machines note of a message is no change of it: the event says which one to read again.
const Noted = graphql(`
  subscription Noted($inboxIds: [ID!]) {
    events(inboxIds: $inboxIds, types: [ANNOTATION_ADDED, ANNOTATION_REMOVED]) { id conversation { id } message { __typename id ...MessageParts } }
  }
`);

type Page = NonNullable<ThreadQuery['conversation']>['entries'];
export type Entry = Extract<Page['nodes'][number], { id: string }>;

interface Loaded {
  entries: Entry[];
  /** Where older entries begin; null: there are none. */
  before: string | null;
  /** The page has every change up to here. */
  sequence: number;
}

const entriesOf = (page: Page) => page.nodes.filter((node): node is Entry => 'id' in node);
const beforeOf = ({ pageInfo }: Page) => (pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? null) : null);

export function useLiveThread(id: string) {
  const client = useApolloClient();
  const row = useQuery(Conversation, { variables: { id } });
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<Error | null>(null);

  // The thread is kept here and not in the cache: it is a list that changes go into.
  const page = useCallback(async (before: string | null) => {
    const { data } = await client.query({ query: Thread, variables: { id, before }, fetchPolicy: 'no-cache' });
    return data?.conversation?.entries;
  }, [client, id]);

  const load = useCallback(() => {
    setError(null);
    page(null).then((first) => first && setLoaded({ entries: entriesOf(first), before: beforeOf(first), sequence: first.sequence }), setError);
  }, [page]);
  useEffect(load, [load]);

  useSubscription(ThreadChanges, {
    variables: { id, after: loaded?.sequence },
    skip: loaded === null,
    ignoreResults: true,
    onData({ data: { data } }) {
      const entry = data?.conversationEntries.entry;
      if (!entry || !('id' in entry)) return;
      setLoaded((old) => {
        if (!old) return old;
        const at = old.entries.findIndex((known) => known.id === entry.id);
        return { ...old, entries: at < 0 ? [...old.entries, entry] : old.entries.with(at, entry) };
      });
    },
    // The position is too old to go on from.
    onError: load,
  });

  const inboxId = row.data?.conversation?.inbox.id;
  useSubscription(Noted, {
    variables: { inboxIds: inboxId ? [inboxId] : [] },
    skip: !inboxId,
    ignoreResults: true,
    onData({ data: { data } }) {
      const message = data?.events.message;
      if (!message || data.events.conversation?.id !== id) return;
      setLoaded((old) => old && { ...old, entries: old.entries.map((known) => (known.id === message.id ? message : known)) });
    },
  });

  async function loadOlder() {
    const older = loaded?.before && (await page(loaded.before));
    if (older) setLoaded((old) => old && { ...old, entries: [...entriesOf(older), ...old.entries], before: beforeOf(older) });
  }
  return {
    conversation: row.data?.conversation,
    missing: row.data?.conversation === null,
    entries: loaded?.entries ?? [],
    error: row.error ?? error,
    loading: !loaded || !row.data,
    again: () => {
      load();
      void row.refetch();
    },
    older: !!loaded?.before,
    loadOlder,
  };
}
