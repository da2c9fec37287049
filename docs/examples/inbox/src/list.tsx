// The view's conversations, and search over all of them.
import { useQuery } from '@apollo/client/react';
import { useEffect, useState } from 'react';
import { graphql } from './gql';
import type { RowFragment, ViewInput } from './gql/graphql';
import { useLiveView } from './liveview';
import { Ago, Avatar } from './ui';

const Search = graphql(`
  query Search($query: String!) {
    searchConversations(query: $query, first: 30) {
      nodes { excerpt conversation { id ...Row } }
    }
  }
`);

interface Props {
  inboxId: string;
  view: ViewInput;
  selected: string | null;
  select(id: string): void;
}

export function List({ inboxId, view, selected, select }: Props) {
  const [words, setWords] = useState('');
  const [asked, setAsked] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setAsked(words.trim()), 200);
    return () => clearTimeout(timer);
  }, [words]);
  return (
    <section className="list" aria-label="Conversations">
      <input id="search" type="search" placeholder="Search  /" aria-label="Search" value={words} onChange={(event) => setWords(event.target.value)} />
      {asked ? <Found query={asked} selected={selected} select={select} /> : <View inboxId={inboxId} view={view} selected={selected} select={select} />}
    </section>
  );
}

function View({ inboxId, view, selected, select }: Props) {
  const [first, setFirst] = useState(50);
  const { rows, more, loading, error } = useLiveView(inboxId, view, undefined, first);
  if (error) return <p className="problem" role="alert">{error.message}</p>;
  if (loading) return <p className="empty" role="status">Loading …</p>;
  if (rows.length === 0) return <p className="empty">Nothing here.</p>;
  return (
    <ol>
      {rows.map((row) => <ListRow key={row.id} row={row} selected={row.id === selected} select={select} />)}
      {more && first < 500 && <li><button type="button" className="link" onClick={() => setFirst(Math.min(first + 100, 500))}>More</button></li>}
    </ol>
  );
}

function Found({ query, selected, select }: { query: string } & Pick<Props, 'selected' | 'select'>) {
  const { data, error } = useQuery(Search, { variables: { query } });
  if (error) return <p className="problem" role="alert">{error.message}</p>;
  if (!data) return <p className="empty" role="status">Searching …</p>;
  if (data.searchConversations.nodes.length === 0) return <p className="empty">Nothing has these words.</p>;
  return (
    <ol>
      {data.searchConversations.nodes.map(({ conversation, excerpt }) => (
        <ListRow key={conversation.id} row={conversation} excerpt={excerpt} selected={conversation.id === selected} select={select} />
      ))}
    </ol>
  );
}

function ListRow({ row, excerpt, selected, select }: { row: RowFragment; excerpt?: string | null; selected: boolean; select(id: string): void }) {
  return (
    <li>
      <button type="button" className={row.unread ? 'row unread' : 'row'} aria-current={selected} onClick={() => select(row.id)}>
        <Avatar name={row.displayName} url={row.contact?.avatarUrl} />
        <span className="name">{row.displayName}</span>
        <span className="when"><Ago at={row.lastMessageAt} /></span>
        {row.subject && <span className="subject">{row.subject}</span>}
        {/* An excerpt is safe HTML: the server escapes all but <mark>. */}
        {excerpt ? <span className="preview" dangerouslySetInnerHTML={{ __html: excerpt }} /> : <span className="preview">{row.preview}</span>}
        <span className="labels">
          <span className="label">{row.kind === 'EMAIL' ? 'E-mail' : row.kind === 'CHAT' ? 'Chat' : 'Channel'}</span>
          {row.status === 'CLOSED' && <span className="label">Closed</span>}
          {row.priority === 'HIGH' || row.priority === 'URGENT' ? <span className="label high">{row.priority === 'HIGH' ? 'High' : 'Urgent'}</span> : null}
          {row.tags.map((tag) => <span key={tag.id} className="label">{tag.name}</span>)}
          {row.assignee && <span className="label">{row.assignee.displayName}</span>}
        </span>
      </button>
    </li>
  );
}
