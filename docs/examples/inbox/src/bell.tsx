// The bell: what I was notified of, live, and by which media I want to be.
import { useApolloClient, useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useState } from 'react';
import { useAct } from './act';
import { canPush, forget, isWanted, subscribe } from './device';
import { graphql } from './gql';
import type { NotificationMedium, NotificationPreferencesQuery } from './gql/graphql';
import { useSession } from './session';
import { Ago, Dialog, Problems, words } from './ui';

const Notifications = graphql(`
  query Notifications {
    notifications(first: 30) { nodes { id text count sequence readAt updatedAt conversation { id } } }
  }
`);

const LiveNotifications = graphql(`
  subscription LiveNotifications {
    notifications { sequence unreadCount notification { id text count sequence readAt updatedAt conversation { id } } }
  }
`);

const MarkRead = graphql(`
  mutation MarkNotificationsRead($input: MarkNotificationsReadInput!) {
    markNotificationsRead(input: $input) { unreadCount userErrors { code message field } }
  }
`);

const Preferences = graphql(`
  query NotificationPreferences {
    notificationPreferences { kind medium on chosen }
    pushPublicKey
  }
`);

const Prefer = graphql(`
  mutation Prefer($input: UpdateNotificationPreferencesInput!) {
    updateNotificationPreferences(input: $input) { preferences { kind medium on chosen } userErrors { code message field } }
  }
`);

const RegisterDevice = graphql(`
  mutation RegisterDevice($input: RegisterPushSubscriptionInput!) {
    registerPushSubscription(input: $input) { pushSubscription { id } userErrors { code message field } }
  }
`);

const PushKey = graphql(`
  query PushKey { pushPublicKey }
`);

/** A registration ends with the session that made it: a new session registers this browser again, if its user wants that. */
function useThisBrowserAgain() {
  const { me } = useSession();
  const client = useApolloClient();
  useEffect(() => {
    async function again() {
      const { data } = await client.query({ query: PushKey });
      if (!data) return;
      const device = await subscribe(me.id, data.pushPublicKey);
      await client.mutate({ mutation: RegisterDevice, variables: { input: { ...device, userAgent: navigator.userAgent.slice(0, 200) } } });
    }
    // Without a permission nobody is asked here; the switch below says what is wrong.
    if (isWanted(me.id) && Notification.permission === 'granted') again().catch(() => undefined);
  }, [client, me.id]);
}

const media: [NotificationMedium, string][] = [['IN_APP', 'Here'], ['PUSH', 'Push'], ['EMAIL', 'E-mail']];

export function Bell({ open }: { open(conversationId: string): void }) {
  const [shown, show] = useState(false);
  useThisBrowserAgain();
  const list = useQuery(Notifications);
  const live = useSubscription(LiveNotifications, { onData: ({ data }) => data.data?.notifications.notification && void list.refetch() });
  const unread = live.data?.notifications.unreadCount ?? 0;
  useEffect(() => {
    function clicked({ data }: MessageEvent<{ conversationId?: string }>) {
      if (data.conversationId) open(data.conversationId);
    }
    if (!canPush) return;
    navigator.serviceWorker.addEventListener('message', clicked);
    return () => navigator.serviceWorker.removeEventListener('message', clicked);
  }, [open]);
  return (
    <>
      <button type="button" className="bell" aria-label={`Notifications, ${unread} not read`} onClick={() => show(true)}>
        <svg aria-hidden="true" viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round"><path d="M8 2a4 4 0 0 0-4 4v3l-1.5 2.5h11L12 9V6a4 4 0 0 0-4-4ZM6.5 13.5a1.5 1.5 0 0 0 3 0" /></svg>
        {unread > 0 && <span className="badge" aria-hidden="true">{unread > 99 ? '99+' : unread}</span>}
      </button>
      <span className="unseen" role="status">{unread > 0 && `${unread} notifications not read`}</span>
      {shown && (
        <Dialog title="Notifications" close={() => show(false)}>
          <Notices nodes={list.data?.notifications.nodes ?? []} loading={list.loading} open={(id) => { show(false); open(id); }} />
          <details><summary>What I am notified of</summary><Choices /></details>
        </Dialog>
      )}
    </>
  );
}

interface Notice {
  id: string;
  text: string;
  count: number;
  sequence: number;
  readAt?: string | null;
  updatedAt: string;
  conversation?: { id: string } | null;
}

function Notices({ nodes, loading, open }: { nodes: readonly Notice[]; loading: boolean; open(conversationId: string): void }) {
  const { act, problems, busy } = useAct();
  const latest = Math.max(0, ...nodes.map((n) => n.sequence));
  function choose({ id, conversation }: Notice) {
    void act(MarkRead, { input: { which: { ids: [id] } } }, { refetch: ['Notifications'] });
    if (conversation) open(conversation.id);
  }
  if (nodes.length === 0) return <p className="empty" role="status">{loading ? 'Loading …' : 'Nothing yet.'}</p>;
  return (
    <>
      <p className="actions">
        {/* Up to what is shown: what is folded in meanwhile stays unread. */}
        <button type="button" disabled={busy || nodes.every((n) => n.readAt)} onClick={() => void act(MarkRead, { input: { which: { upTo: latest } } }, { refetch: ['Notifications'] })}>Mark all as read</button>
      </p>
      <ol className="notices">
        {nodes.map((n) => (
          <li key={n.id}>
            <button type="button" className={n.readAt ? '' : 'unread'} onClick={() => choose(n)}>
              {!n.readAt && <span className="unseen">Not read: </span>}
              <span dir="auto">{n.text}</span> <Ago at={n.updatedAt} />
            </button>
          </li>
        ))}
      </ol>
      <Problems of={problems} />
    </>
  );
}

/** Kinds of notifications by media, and whether this browser shows them. */
function Choices() {
  const { data } = useQuery(Preferences);
  const { act, problems } = useAct();
  if (!data) return <p className="empty" role="status">Loading …</p>;
  const kinds = [...new Set(data.notificationPreferences.map((p) => p.kind))];
  const prefer = ({ kind, medium, on }: Choice) => void act(Prefer, { input: { kind, medium, on: !on } }, { refetch: ['NotificationPreferences'] });
  return (
    <>
      <ThisBrowser applicationServerKey={data.pushPublicKey} />
      <div className="wide" tabIndex={0} role="region" aria-label="Kinds and media">
        <table className="choices">
          <thead><tr><th scope="col">Kind</th>{media.map(([medium, name]) => <th scope="col" key={medium}>{name}</th>)}</tr></thead>
          <tbody>
            {kinds.map((kind) => (
              <tr key={kind}>
                <th scope="row">{words(kind)}</th>
                {media.map(([medium, name]) => {
                  const choice = data.notificationPreferences.find((p) => p.kind === kind && p.medium === medium);
                  return <td key={medium}>{choice && <input type="checkbox" aria-label={`${words(kind)}: ${name}`} disabled={kind === 'TOKEN_CREATED'} checked={choice.on} onChange={() => prefer(choice)} />}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Problems of={problems} />
    </>
  );
}

type Choice = NotificationPreferencesQuery['notificationPreferences'][number];

function ThisBrowser({ applicationServerKey }: { applicationServerKey: string }) {
  const { me } = useSession();
  const { act, problems, setProblems, busy } = useAct();
  const [on, setOn] = useState(isWanted(me.id));
  async function change(yes: boolean) {
    setOn(yes);
    try {
      if (!yes) return await forget();
      const device = await subscribe(me.id, applicationServerKey);
      if (!(await act(RegisterDevice, { input: { ...device, userAgent: navigator.userAgent.slice(0, 200) } }))) {
        setOn(false);
        await forget();
      }
    } catch (error) {
      setOn(false);
      setProblems([error instanceof Error ? error.message : 'This browser cannot be notified.']);
    }
  }
  if (!canPush) return <p className="hint">This browser shows no notifications while the page is closed.</p>;
  return (
    <>
      <label className="switch"><input type="checkbox" role="switch" checked={on} disabled={busy} onChange={(event) => void change(event.target.checked)} /> Notify me in this browser</label>
      <Problems of={problems} />
    </>
  );
}
