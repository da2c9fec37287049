// A view's first rows, live: a snapshot, then what each event did to them.
import { useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from './gql';
import type { ConversationFilter, LiveViewSubscription, RowFragment, ViewInput } from './gql/graphql';

const LiveView = graphql(`
  subscription LiveView($inboxId: ID, $view: ViewInput, $filter: ConversationFilter, $first: Int!) {
    conversationView(inboxId: $inboxId, view: $view, filter: $filter, first: $first) {
      __typename
      ... on ViewSnapshot { conversations { edges { cursor node { id ...Row } } pageInfo { hasNextPage } } }
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

export interface Rows {
  rows: RowFragment[];
  more: boolean;
  loading: boolean;
  error?: Error;
}

type Held = Map<string, { cursor: string; row: RowFragment }>;

function apply(held: Held, update: LiveViewSubscription['conversationView']): Held {
  if (update.__typename === 'ViewSnapshot') return new Map(update.conversations.edges.map(({ cursor, node }) => [node.id, { cursor, row: node }]));
  if (update.__typename !== 'ViewChanges') return held;
  const next: Held = new Map(held);
  for (const change of update.changes) {
    if (change.__typename === 'ConversationLeft') next.delete(change.conversationId);
    if (change.__typename !== 'ConversationEntered' && change.__typename !== 'ConversationChanged') continue;
    // A row may be newer than its event: an older one that follows is not taken.
    const before = next.get(change.conversation.id);
    if (!before || change.conversation.revision >= before.row.revision) next.set(change.conversation.id, { cursor: change.cursor, row: change.conversation });
  }
  return next;
}

export function useLiveView(inboxId: string, view: ViewInput, filter: ConversationFilter | undefined, first: number): Rows {
  const key = JSON.stringify([inboxId, view, filter]);
  const [state, setState] = useState<{ key: string; held: Held; more: boolean } | null>(null);
  const { error } = useSubscription(LiveView, {
    variables: { inboxId, view, filter: filter ?? null, first },
    ignoreResults: true,
    onData({ data: { data } }) {
      const update = data?.conversationView;
      if (!update) return;
      setState((old) => ({
        key,
        held: apply(old?.key === key ? old.held : new Map(), update),
        more: update.__typename === 'ViewSnapshot' ? update.conversations.pageInfo.hasNextPage : (old?.more ?? false),
      }));
    },
  });
  const known = state?.key === key ? state : null;
  const rows = [...(known?.held.values() ?? [])].sort((a, b) => (a.cursor < b.cursor ? -1 : 1)).map(({ row }) => row);
  return { rows, more: known?.more ?? false, loading: !known && !error, error };
}
