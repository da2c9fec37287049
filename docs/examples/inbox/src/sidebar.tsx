// Left: inboxes, their views with live counts, and whether I take conversations.
import { useQuery, useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { useAct } from './act';
import { Bell } from './bell';
import { graphql } from './gql';
import type { ConversationView, ViewInput } from './gql/graphql';
import { useSession } from './session';
import { Problems, words } from './ui';

const Counts = graphql(`
  subscription Counts($inboxIds: [ID!]) {
    viewCounts(inboxIds: $inboxIds) { id view open unread }
  }
`);

const SavedViews = graphql(`
  query SavedViews($inboxId: ID) {
    savedViews(inboxId: $inboxId, first: 50) { nodes { id name } }
  }
`);

const SetAvailability = graphql(`
  mutation SetAvailability($input: SetAvailabilityInput!) {
    setAvailability(input: $input) { user { id availability } userErrors { code message field } }
  }
`);

const views: ConversationView[] = ['UNASSIGNED', 'ASSIGNED_TO_ME', 'ALL', 'EMAIL', 'CHAT', 'BOTS', 'FILTERED', 'TRASH'];
const names: Partial<Record<string, string>> = { ASSIGNED_TO_ME: 'Mine', ALL: 'All', EMAIL: 'E-mail', FILTERED: 'Filtered' };

interface Props {
  inboxId: string;
  view: ViewInput;
  choose(inboxId: string, view: ViewInput): void;
  open(conversationId: string): void;
}

export function Sidebar({ inboxId, view, choose, open }: Props) {
  const session = useSession();
  const counts = useSubscription(Counts, { variables: { inboxIds: [inboxId] } });
  const saved = useQuery(SavedViews, { variables: { inboxId } });
  const [available, setAvailable] = useState(session.me.availability === 'AVAILABLE');
  const { act, problems } = useAct();
  const known = counts.data?.viewCounts ?? session.inboxes.find((inbox) => inbox.id === inboxId)?.viewCounts ?? [];

  async function takes(yes: boolean) {
    setAvailable(yes);
    if (!(await act(SetAvailability, { input: { availability: yes ? 'AVAILABLE' : 'AWAY' } }))) setAvailable(!yes);
  }
  return (
    <nav className="sidebar" aria-label="Views">
      <div className="top">
        <select aria-label="Inbox" value={inboxId} onChange={(event) => choose(event.target.value, { builtIn: 'UNASSIGNED' })}>
          {session.inboxes.map((inbox) => <option key={inbox.id} value={inbox.id}>{inbox.name}</option>)}
        </select>
        <Bell open={open} />
      </div>
      <ul>
        {views.map((name) => {
          const count = known.find((c) => c.view === name);
          return (
            <li key={name}>
              <button type="button" aria-current={view.builtIn === name} onClick={() => choose(inboxId, { builtIn: name })}>
                <span>{names[name] ?? words(name)}</span>
                {!!count?.open && <span className={count.unread ? 'count unread' : 'count'}>{count.open}</span>}
              </button>
            </li>
          );
        })}
      </ul>
      {!!saved.data?.savedViews.nodes.length && <h2>Saved views</h2>}
      <ul>
        {saved.data?.savedViews.nodes.map((savedView) => (
          <li key={savedView.id}>
            <button type="button" aria-current={view.savedViewId === savedView.id} onClick={() => choose(inboxId, { savedViewId: savedView.id })}>{savedView.name}</button>
          </li>
        ))}
      </ul>
      <footer>
        <label className="switch"><input type="checkbox" role="switch" checked={available} onChange={(event) => void takes(event.target.checked)} /> Available</label>
        <Problems of={problems} />
        <p>{session.me.displayName} <button type="button" className="link" onClick={() => session.leave()}>Sign out</button></p>
      </footer>
    </nav>
  );
}
