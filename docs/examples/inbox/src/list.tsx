// The view's conversations, narrowed by conditions, and search over all of them.
import { useQuery } from '@apollo/client/react';
import { useEffect, useState, type Ref } from 'react';
import { Filters, filterOf, type Conditions } from './filters';
import { graphql } from './gql';
import type { ViewInput } from './gql/graphql';
import { useLiveView } from './liveview';
import { Rows, type Line } from './rows';
import { Failed } from './ui';

const Search = graphql(`
  query Search($query: String!, $filter: ConversationFilter, $after: String) {
    searchConversations(query: $query, filter: $filter, first: 50, after: $after) {
      nodes { excerpt conversation { id ...Row } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

interface Props {
  inboxId: string;
  view: ViewInput;
  conditions: Conditions;
  narrow(conditions: Conditions): void;
  choose(inboxId: string, view: ViewInput): void;
  selected: string | null;
  select(id: string): void;
  /** Gets the ids of the rows, for the keys that go from one to the next. */
  order: Ref<string[]>;
}

export function List(props: Props) {
  const { inboxId, view, conditions, narrow, choose } = props;
  const [words, setWords] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words.trim()), 200);
    return () => clearTimeout(timer);
  }, [words]);
  return (
    <section className="list" aria-label="Conversations">
      <input id="search" type="search" placeholder="Search  /" aria-label="Search" dir="auto" value={words} onChange={(event) => setWords(event.target.value)} onKeyDown={(event) => event.key === 'Escape' && setWords('')} />
      <Filters inboxId={inboxId} view={view} conditions={conditions} change={narrow} saved={(savedViewId) => choose(inboxId, { savedViewId })} />
      {asked ? <Found {...props} query={asked} /> : <View {...props} />}
    </section>
  );
}

function useOrder(order: Ref<string[]>, lines: Line[]) {
  useEffect(() => {
    if (order && typeof order === 'object') order.current = lines.map(({ row }) => row.id);
  }, [order, lines]);
}

function View({ inboxId, view, conditions, narrow, selected, select, order }: Props) {
  const filter = filterOf(conditions);
  const { rows, more, loading, error, again, loadMore } = useLiveView(inboxId, view, filter);
  const lines = rows.map((row) => ({ row }));
  useOrder(order, lines);
  if (error) return <Failed error={error} again={again} />;
  if (loading) return <Waiting />;
  if (rows.length === 0 && !more) return filter
    ? <p className="empty">Nothing has all of this. <button type="button" className="link" onClick={() => narrow({})}>Show everything</button></p>
    : <p className="empty">Nothing here. What arrives shows by itself.</p>;
  return <Rows lines={lines} selected={selected} select={select} more={more} loadMore={() => void loadMore()} />;
}

function Found({ query, conditions, selected, select, order }: Props & { query: string }) {
  const variables = { query, filter: filterOf(conditions) ?? null, after: null };
  const { data, error, refetch, fetchMore, networkStatus } = useQuery(Search, { variables, notifyOnNetworkStatusChange: true });
  // What cannot be loaded is not asked for again and again.
  const [failed, setFailed] = useState('');
  const page = data?.searchConversations;
  const lines = (page?.nodes ?? []).map(({ conversation, excerpt }) => ({ row: conversation, excerpt }));
  useOrder(order, lines);
  if (error) return <Failed error={error} again={() => void refetch()} />;
  if (!page) return <Waiting />;
  if (lines.length === 0) return <p className="empty">Nothing has these words.</p>;
  const more = page.pageInfo.hasNextPage && failed !== query;
  const next = more && networkStatus === 7; // 7: nothing is under way
  return <Rows lines={lines} selected={selected} select={select} more={more} loadMore={() => next && void fetchMore({ variables: { ...variables, after: page.pageInfo.endCursor } }).catch(() => setFailed(query))} />;
}

/** Rows to come. */
function Waiting() {
  return <div className="waiting" role="status"><span className="unseen">Loading …</span>{Array.from({ length: 6 }, (_, i) => <div key={i} aria-hidden="true" />)}</div>;
}
