// The insert menu: what the team keeps in its library, found by words.
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

const kinds: LibraryItemKind[] = ['SNIPPET', 'TEMPLATE', 'DOCUMENT', 'ARTICLE', 'MEETING_LINK', 'VIDEO', 'LINK'];

export interface Inserted {
  libraryItemId: string;
  name: string;
  content: InsertItemQuery['insertLibraryItem'];
}

export function Insert({ conversationId, insert, failed }: { conversationId: string; insert(what: Inserted): void; failed(message: string): void }) {
  return <Menu label="Insert ▾" className="insert"><Items conversationId={conversationId} insert={insert} failed={failed} /></Menu>;
}

function Items({ conversationId, insert, failed }: { conversationId: string; insert(what: Inserted): void; failed(message: string): void }) {
  const client = useApolloClient();
  const [query, setQuery] = useState('');
  const [kind, setKind] = useState<LibraryItemKind | null>(null);
  const { data, previousData } = useQuery(Library, { variables: { query: query.trim() || null, kind } });
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
        {[null, ...kinds].map((k) => <button key={k ?? 'ALL'} type="button" aria-pressed={k === kind} onClick={() => setKind(k)}>{k ? words(k) : 'All'}</button>)}
      </div>
      {data && items.length === 0 && <p className="empty">Nothing in the library.</p>}
      {items.map((item) => (
        <Item key={item.id} onClick={() => void choose(item.id, item.name)}>
          <b>{item.name}</b> <span className="hint">{words(item.kind)}{item.shortcut && ` · #${item.shortcut}`}{item.folder && ` · ${item.folder}`}</span>
        </Item>
      ))}
    </>
  );
}
