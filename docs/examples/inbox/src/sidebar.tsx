// Left: inboxes, their views with live counts, and whether I take conversations.
import { useApolloClient, useQuery, useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { useAct } from './act';
import { Bell } from './bell';
import { graphql } from './gql';
import type { ConversationView, ViewInput } from './gql/graphql';
import { addressOf } from './pages';
import { useSession } from './session';
import { Dialog, Problems, words } from './ui';

const Counts = graphql(`
  subscription Counts($inboxIds: [ID!], $savedViewIds: [ID!]) {
    viewCounts(inboxIds: $inboxIds, savedViewIds: $savedViewIds) { id view savedView { id } open unread }
  }
`);

const SavedViews = graphql(`
  query SavedViews($inboxId: ID) {
    savedViews(inboxId: $inboxId, first: 50) { nodes { id name shared owner { id } } }
  }
`);

const SavedViewsChanged = graphql(`
  subscription SavedViewsChanged { events(types: [SAVED_VIEW_CREATED, SAVED_VIEW_UPDATED, SAVED_VIEW_DELETED]) { id } }
`);

const DeleteSavedView = graphql(`
  mutation DeleteSavedView($input: DeleteSavedViewInput!) {
    deleteSavedView(input: $input) { deletedSavedViewId userErrors { code message field } }
  }
`);

const Me = graphql(`
  query Me { viewer { id user { id availability reassignRepliesWhenAway } } }
`);

// Availability follows presence and hours too: what it is comes with the people of the inbox.
const Availability = graphql(`
  subscription Availability($inboxId: ID!) {
    inboxPeople(inboxId: $inboxId) { nodes { id user { id availability } } }
  }
`);

const SetAvailability = graphql(`
  mutation SetAvailability($input: SetAvailabilityInput!) {
    setAvailability(input: $input) { user { id availability } userErrors { code message field } }
  }
`);

const UpdateProfile = graphql(`
  mutation UpdateProfile($input: UpdateOwnProfileInput!) {
    updateOwnProfile(input: $input) { user { id reassignRepliesWhenAway } userErrors { code message field } }
  }
`);

const views: ConversationView[] = ['UNASSIGNED', 'ASSIGNED_TO_ME', 'ALL', 'EMAIL', 'CHAT', 'BOTS', 'FILTERED', 'TRASH'];
const names: Partial<Record<string, string>> = { ASSIGNED_TO_ME: 'Mine', ALL: 'All', EMAIL: 'E-mail' };

interface Counted {
  view?: string | null;
  savedView?: { id: string } | null;
  open?: number | null;
  unread?: number | null;
}

interface Props {
  inboxId: string;
  view: ViewInput;
  choose(inboxId: string, view: ViewInput): void;
  open(conversationId: string): void;
}

export function Sidebar({ inboxId, view, choose, open }: Props) {
  const session = useSession();
  const saved = useQuery(SavedViews, { variables: { inboxId } });
  useSubscription(SavedViewsChanged, { ignoreResults: true, onData: () => void saved.refetch() });
  const kept = saved.data?.savedViews.nodes ?? [];
  const counts = useSubscription(Counts, { variables: { inboxIds: [inboxId], savedViewIds: kept.map(({ id }) => id) } });
  const [going, setGoing] = useState<{ id: string; name: string } | null>(null);
  const known: Counted[] = counts.data?.viewCounts ?? session.inboxes.find((inbox) => inbox.id === inboxId)?.viewCounts ?? [];

  return (
    <nav className="sidebar" aria-label="Views">
      <div className="top">
        <select aria-label="Inbox" value={inboxId} onChange={(event) => choose(event.target.value, { builtIn: 'UNASSIGNED' })}>
          {session.inboxes.map((inbox) => <option key={inbox.id} value={inbox.id}>{inbox.name}</option>)}
        </select>
        <Bell open={open} />
      </div>
      <ul>
        {views.map((name) => (
          <li key={name}>
            <button type="button" aria-current={view.builtIn === name} onClick={() => choose(inboxId, { builtIn: name })}>
              <span>{names[name] ?? words(name)}</span> <Count of={known.find((c) => c.view === name)} />
            </button>
          </li>
        ))}
      </ul>
      {kept.length > 0 && (
        <section aria-label="Saved views">
          <h2>Saved views</h2>
          <ul>
            {kept.map((one) => (
              <li key={one.id} className="saved">
                <button type="button" aria-current={view.savedViewId === one.id} onClick={() => choose(inboxId, { savedViewId: one.id })}>
                  <bdi>{one.name}</bdi> <Count of={known.find((c) => c.savedView?.id === one.id)} />
                </button>
                {one.owner.id === session.me.id && <button type="button" className="plain" aria-label={`Delete the view ${one.name}`} onClick={() => setGoing(one)}>✕</button>}
              </li>
            ))}
          </ul>
        </section>
      )}
      <footer>
        <Switches inboxId={inboxId} />
        <a href={addressOf({ name: 'settings', id: inboxId })}>Inbox settings</a>
        <p><bdi>{session.me.displayName}</bdi> <button type="button" className="link" onClick={() => session.leave()}>Sign out</button></p>
      </footer>
      {going && <DeleteView {...going} close={() => setGoing(null)} done={() => { setGoing(null); if (view.savedViewId === going.id) choose(inboxId, { builtIn: 'ALL' }); }} />}
    </nav>
  );
}

/** Open conversations; with unread ones among them it stands out, and says so. */
function Count({ of: count }: { of?: Counted }) {
  if (!count?.open) return null;
  return <span className={count.unread ? 'count unread' : 'count'}>{count.open}{!!count.unread && <span className="unseen"> open, {count.unread} unread</span>}</span>;
}

function Switches({ inboxId }: { inboxId: string }) {
  const me = useQuery(Me).data?.viewer.user;
  useSubscription(Availability, { variables: { inboxId } });
  const { act, problems, busy } = useAct();
  return (
    <>
      <label className="switch">
        <input type="checkbox" role="switch" disabled={!me || busy} checked={me?.availability === 'AWAY'} onChange={(event) => void act(SetAvailability, { input: { availability: event.target.checked ? 'AWAY' : 'AVAILABLE' } })} /> Away
      </label>
      <label className="switch" title="While I am away, a contact's next message is routed to someone else">
        <input type="checkbox" role="switch" disabled={!me || busy} checked={!!me?.reassignRepliesWhenAway} onChange={(event) => void act(UpdateProfile, { input: { reassignRepliesWhenAway: event.target.checked } })} /> Reassign replies
      </label>
      <Problems of={problems} />
    </>
  );
}

function DeleteView({ id, name, close, done }: { id: string; name: string; close(): void; done(): void }) {
  const client = useApolloClient();
  const { act, problems, busy } = useAct();
  async function remove() {
    if (!(await act(DeleteSavedView, { input: { savedViewId: id } }))) return;
    await client.refetchQueries({ include: ['SavedViews'] });
    done();
  }
  return (
    <Dialog title={`Delete the view ${name}?`} close={close}>
      <p>Its conversations stay where they are.</p>
      <Problems of={problems} />
      <div className="actions"><button type="button" onClick={close}>Cancel</button><button type="button" className="primary" disabled={busy} onClick={() => void remove()}>Delete</button></div>
    </Dialog>
  );
}
