// A view's rows. The first ones are live: a snapshot, then what each event did to them. Those
// below are loaded in pages as the list is scrolled, and are as they were then.
import { useApolloClient, useSubscription } from '@apollo/client/react';
import { useMemo, useRef, useState } from 'react';
import { graphql } from './gql';
import type { ConversationFilter, LiveViewSubscription, RowFragment, ViewInput } from './gql/graphql';

const LiveView = graphql(`
  subscription LiveView($inboxId: ID, $view: ViewInput, $filter: ConversationFilter, $first: Int!) {
    conversationView(inboxId: $inboxId, view: $view, filter: $filter, first: $first) {
      __typename
      ... on ViewSnapshot { conversations { edges { cursor node { id ...Row } } pageInfo { hasNextPage endCursor } } }
      ... on ViewChanges {
        changes {
          __typename
          ... on ConversationEntered { cursor conversation { id ...Row } }
          ... on ConversationChanged { cursor conversation { id ...Row } }
          ... on ConversationLeft { conversationId reason }
        }
      }
    }
  }
`);

const Below = graphql(`
  query Below($inboxId: ID, $view: ViewInput, $filter: ConversationFilter, $after: String!) {
    conversations(inboxId: $inboxId, view: $view, filter: $filter, first: 100, after: $after) {
      edges { cursor node { id ...Row } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

/** How many rows are live; the API allows 500. */
const live = 100;

type Held = Map<string, { cursor: string; row: RowFragment }>;

interface State {
  /** Whose rows they are: the inbox, view and filter. */
  key: string;
  held: Held;
  /** Where the rows begin that are not loaded yet; null: there are none. */
  next: string | null;
}

const nextOf = ({ hasNextPage, endCursor }: { hasNextPage: boolean; endCursor?: string | null }) => (hasNextPage ? (endCursor ?? null) : null);

function apply(state: State, update: LiveViewSubscription['conversationView']): State {
  if (update.__typename === 'ViewSnapshot') {
    const { edges, pageInfo } = update.conversations;
    const end = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    // After a cut, what was loaded below the live rows stays where it is.
    // If more than these came meanwhile, there would be a hole: then it is loaded again.
    const overlaps = edges.some(({ node }) => state.held.has(node.id));
    const below = end && overlaps ? [...state.held].filter(([, { cursor }]) => cursor > end) : [];
    return { ...state, held: new Map([...below, ...edges.map(({ cursor, node }) => [node.id, { cursor, row: node }] as const)]), next: below.length ? state.next : nextOf(pageInfo) };
  }
  if (update.__typename !== 'ViewChanges') return state;
  const held: Held = new Map(state.held);
  for (const change of update.changes) {
    // What left because others moved ahead still belongs to the list, below the live rows.
    if (change.__typename === 'ConversationLeft' && change.reason !== 'WINDOW') held.delete(change.conversationId);
    if (change.__typename !== 'ConversationEntered' && change.__typename !== 'ConversationChanged') continue;
    // A row may be newer than its event: an older one that follows is not taken.
    const before = held.get(change.conversation.id);
    if (!before || change.conversation.revision >= before.row.revision) held.set(change.conversation.id, { cursor: change.cursor, row: change.conversation });
  }
  return { ...state, held };
}

export function useLiveView(inboxId: string, view: ViewInput, filter: ConversationFilter | undefined) {
  const client = useApolloClient();
  const key = JSON.stringify([inboxId, view, filter]);
  const [state, setState] = useState<State | null>(null);
  const loading = useRef<string | null>(null);
  const variables = { inboxId, view, filter: filter ?? null };
  const { error, restart } = useSubscription(LiveView, {
    variables: { ...variables, first: live },
    ignoreResults: true,
    onData({ data: { data } }) {
      const update = data?.conversationView;
      if (update) setState((old) => apply(old?.key === key ? old : { key, held: new Map(), next: null }, update));
    },
  });
  const known = state?.key === key ? state : null;
  const rows = useMemo(() => [...(known?.held.values() ?? [])].sort((a, b) => (a.cursor < b.cursor ? -1 : 1)).map(({ row }) => row), [known]);

  /** Loads the rows below those that are there: this page only, not what the cache has of the list. */
  async function loadMore() {
    const after = known?.next;
    if (!after || loading.current === key) return;
    loading.current = key;
    try {
      const { data } = await client.query({ query: Below, variables: { ...variables, after }, fetchPolicy: 'no-cache' });
      const page = data?.conversations;
      const older = page?.edges.map(({ cursor, node }) => [node.id, { cursor, row: node }] as const) ?? [];
      if (page) setState((old) => (old?.key === key ? { ...old, held: new Map([...older, ...old.held]), next: nextOf(page.pageInfo) } : old));
    } catch {
      // The list ends here until it is scrolled on.
    } finally {
      loading.current = null;
    }
  }
  return { rows, more: !!known?.next, loading: !known && !error, error, again: restart, loadMore };
}
