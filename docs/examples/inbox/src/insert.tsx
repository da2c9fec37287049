// The insert menu: what the team keeps in its library, found by words, and the contact's quotes.
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from './gql';
import type { InsertItemQuery, LibraryItemKind } from './gql/graphql';
import { Item, Menu, words } from './ui';

const Library = graphql(`
  query Library($query: String, $kind: LibraryItemKind) {
    libraryItems(query: $query, kind: $kind, first: 20) { nodes { id kind name shortcut folder description } }
  }
`);

const InsertItem = graphql(`
  query InsertItem($input: InsertLibraryItemInput!) {
    insertLibraryItem(input: $input) { markdown missing card { kind title url buttonText } files { id fileName } }
  }
`);

const Offers = graphql(`
  query Offers($id: ID!) {
    conversation(id: $id) {
      id
      quotes(last: 20) { nodes { id number state content { title } } }
      contact { id quotes(last: 20) { nodes { id number state content { title } } } }
    }
  }
`);

const kinds: LibraryItemKind[] = ['SNIPPET', 'TEMPLATE', 'DOCUMENT', 'ARTICLE', 'MEETING_LINK', 'VIDEO', 'LINK'];

export interface Inserted {
  libraryItemId: string;
  name: string;
  content: InsertItemQuery['insertLibraryItem'];
}

interface Inserting {
  conversationId: string;
  insert(what: Inserted): void;
  /** A quote becomes a card of the message. */
  offer(quote: { id: string; name: string }): void;
  failed(message: string): void;
}

export function Insert(props: Inserting) {
  return <Menu label="Insert ▾" className="insert"><Items {...props} /></Menu>;
}

function Items({ conversationId, insert, offer, failed }: Inserting) {
  const client = useApolloClient();
  const [query, setQuery] = useState('');
  const [kind, setKind] = useState<LibraryItemKind | null>(null);
  const { data, previousData } = useQuery(Library, { variables: { query: query.trim() || null, kind }, skip: kind === 'QUOTE' });
  const items = (data ?? previousData)?.libraryItems.nodes ?? [];

  async function choose(libraryItemId: string, name: string) {
    try {
      const { data } = await client.query({ query: InsertItem, variables: { input: { libraryItemId, conversationId } }, fetchPolicy: 'no-cache' });
      if (data) insert({ libraryItemId, name, content: data.insertLibraryItem });
    } catch (error) {
      failed((error as Error).message);
    }
  }
  return (
    <>
      <input type="search" aria-label="Search the library" placeholder="Search, or #shortcut" value={query} onChange={(event) => setQuery(event.target.value)} />
      <div className="kinds" role="group" aria-label="Kind">
        {[null, ...kinds, 'QUOTE' as const].map((k) => <button key={k ?? 'ALL'} type="button" aria-pressed={k === kind} onClick={() => setKind(k)}>{k ? words(k) : 'All'}</button>)}
      </div>
      {kind === 'QUOTE' && <Quotes conversationId={conversationId} offer={offer} />}
      {kind !== 'QUOTE' && data && items.length === 0 && <p className="empty">Nothing in the library.</p>}
      {kind !== 'QUOTE' && items.map((item) => (
        <Item key={item.id} onClick={() => void choose(item.id, item.name)}>
          <b>{item.name}</b> <span className="hint">{words(item.kind)}{item.shortcut && ` · #${item.shortcut}`}{item.folder && ` · ${item.folder}`}</span>
        </Item>
      ))}
    </>
  );
}

/** The quotes of the conversation and of its contact that can be accepted. */
function Quotes({ conversationId, offer }: Pick<Inserting, 'conversationId' | 'offer'>) {
  const { data } = useQuery(Offers, { variables: { id: conversationId }, fetchPolicy: 'cache-and-network' });
  const all = [...(data?.conversation?.quotes.nodes ?? []), ...(data?.conversation?.contact?.quotes.nodes ?? [])];
  const open = [...new Map(all.map((quote) => [quote.id, quote])).values()].filter((quote) => quote.state === 'PUBLISHED');
  if (data && open.length === 0) return <p className="empty">No quote that can be accepted.</p>;
  return (
    <>
      {open.map((quote) => (
        <Item key={quote.id} onClick={() => offer({ id: quote.id, name: quote.content.title })}>
          <b>{quote.content.title}</b> <span className="hint">Quote {quote.number}</span>
        </Item>
      ))}
    </>
  );
}
