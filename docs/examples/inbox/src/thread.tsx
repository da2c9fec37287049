// Middle: one conversation, its messages, and who else is there.
import { useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { useActions } from './actions';
import { Composer } from './composer';
import { graphql } from './gql';
import type { RowFragment } from './gql/graphql';
import { Head } from './head';
import { useLiveThread } from './livethread';
import { MachinesPane } from './machines';
import { EventView, MessageView } from './message';
import { useSession } from './session';
import { StateBar } from './state';
import { Failed } from './ui';

const Presence = graphql(`
  subscription Presence($id: ID!) {
    conversationPresence(conversationId: $id) {
      id
      viewing
      typing
      actor { ... on User { id displayName } ... on Contact { id displayName } ... on Visitor { id displayName } ... on Bot { id displayName } }
    }
  }
`);

const Writers = graphql(`
  query Writers($id: ID!) {
    conversation(id: $id) { id draftBy { id displayName } }
  }
`);

const DraftsOfOthers = graphql(`
  subscription DraftsOfOthers($inboxIds: [ID!]) {
    events(inboxIds: $inboxIds, types: [DRAFT_STARTED, DRAFT_ENDED]) { id conversation { id } }
  }
`);

const Read = graphql(`
  mutation Read($input: MarkConversationReadInput!) {
    markConversationRead(input: $input) { conversation { id unread } userErrors { code message field } }
  }
`);

interface Props {
  id: string;
  back(): void;
  details(): void;
}

export function Thread(props: Props) {
  const thread = useLiveThread(props.id);
  if (thread.error) return <Failed error={thread.error} again={thread.again} />;
  if (thread.missing) return <p className="empty">This conversation is not here, or not for you.</p>;
  if (thread.loading || !thread.conversation) return <p className="empty" role="status">Loading …</p>;
  return <Loaded {...props} thread={thread} conversation={thread.conversation} />;
}

function Loaded({ id, back, details, thread, conversation }: Props & { thread: ReturnType<typeof useLiveThread>; conversation: RowFragment }) {
  const { older, loadOlder } = thread;
  // Who has begun to write stands below the messages.
  const entries = thread.entries.filter((entry) => entry.__typename === 'Message' || !entry.type.startsWith('DRAFT_'));
  const actions = useActions(conversation);
  const lastId = entries.at(-1)?.id;
  const messages = entries.filter((entry) => entry.__typename === 'Message');
  const newest = messages.at(-1);
  const [read] = useMutation(Read);

  // Who reads the end stays there, when something comes and when the composer grows; who reads further up is left in peace.
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const follow = () => {
    if (log.current && atEnd.current) log.current.scrollTop = log.current.scrollHeight;
  };
  useLayoutEffect(follow, [lastId]);
  useEffect(() => {
    const resized = new ResizeObserver(follow);
    resized.observe(log.current!);
    return () => resized.disconnect();
  }, []);
  useEffect(() => {
    if (newest && document.visibilityState === 'visible') read({ variables: { input: { conversationId: id, upTo: newest.id } } }).catch(() => undefined);
  }, [id, newest?.id, read]);

  return (
    <>
      <Head conversation={conversation} actions={actions} back={back} details={details} />
      <StateBar conversation={conversation} actions={actions} />
      <div ref={log} className="entries" role="log" aria-label="Messages" tabIndex={0} onScroll={({ currentTarget: at }) => { atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40; }}>
        {older && <button type="button" className="link" onClick={() => void loadOlder()}>Earlier messages</button>}
        {entries.map((entry) => entry.__typename === 'Message' ? <MessageView key={entry.id} message={entry} /> : <EventView key={entry.id} event={entry} />)}
      </div>
      <MachinesPane key={`machines ${id}`} id={id} inboxId={conversation.inbox.id} />
      <WhoIsHere id={id} inboxId={conversation.inbox.id} />
      <Composer key={id} conversation={conversation} messages={messages} close={actions.close} />
    </>
  );
}

function WhoIsHere({ id, inboxId }: { id: string; inboxId: string }) {
  const { me } = useSession();
  const { data } = useSubscription(Presence, { variables: { id } });
  const writers = useQuery(Writers, { variables: { id }, fetchPolicy: 'network-only' });
  useSubscription(DraftsOfOthers, {
    variables: { inboxIds: [inboxId] },
    ignoreResults: true,
    onData: ({ data: { data } }) => void (data?.events.conversation?.id === id && writers.refetch()),
  });
  const others = data?.conversationPresence.filter((p) => 'id' in p.actor && p.actor.id !== me.id) ?? [];
  const name = (list: typeof others) => list.map((p) => ('displayName' in p.actor ? p.actor.displayName : '')).join(', ');
  const typing = others.filter((p) => p.typing);
  const viewing = others.filter((p) => p.viewing && !p.typing);
  const writing = writers.data?.conversation?.draftBy.filter((user) => user.id !== me.id && !typing.some((p) => 'id' in p.actor && p.actor.id === user.id)) ?? [];
  const lines = [
    typing.length > 0 && `${name(typing)} is typing …`,
    writing.length > 0 && `${writing.map((user) => user.displayName).join(', ')} has begun a reply`,
    viewing.length > 0 && `${name(viewing)} is looking at this too`,
  ];
  return <p className="presence" role="status" dir="auto">{lines.filter(Boolean).join(' · ')}</p>;
}
