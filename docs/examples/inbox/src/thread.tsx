// Middle: one conversation, with what can be done with it.
import { useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { useAct } from './act';
import { Composer } from './composer';
import { graphql } from './gql';
import type { EventPartsFragment, MessagePartsFragment, RowFragment } from './gql/graphql';
import { useLiveThread } from './livethread';
import { MachinesPane } from './machines';
import { useSession } from './session';
import { Ago, Avatar, Item, Menu, Problems, words } from './ui';

const People = graphql(`
  query People($inboxId: ID!) {
    inbox(id: $inboxId) { id members(first: 100) { nodes { id displayName } } }
  }
`);

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

const Read = graphql(`
  mutation Read($input: MarkConversationReadInput!) {
    markConversationRead(input: $input) { conversation { id unread } userErrors { code message field } }
  }
`);

export const Assign = graphql(`
  mutation Assign($input: AssignConversationInput!) {
    assignConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

export const Close = graphql(`
  mutation Close($input: CloseConversationInput!) {
    closeConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Reopen = graphql(`
  mutation Reopen($input: ReopenConversationInput!) {
    reopenConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Snooze = graphql(`
  mutation Snooze($input: SnoozeConversationInput!) {
    snoozeConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Spam = graphql(`
  mutation Spam($input: MarkConversationAsSpamInput!) {
    markConversationAsSpam(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Block = graphql(`
  mutation Block($input: BlockConversationSenderInput!) {
    blockConversationSender(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Trash = graphql(`
  mutation Trash($input: DeleteConversationInput!) {
    deleteConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Unread = graphql(`
  mutation Unread($input: MarkConversationUnreadInput!) {
    markConversationUnread(input: $input) { conversation { id unread } userErrors { code message field } }
  }
`);

const TakeOver = graphql(`
  mutation TakeOver($input: TakeOverConversationInput!) {
    takeOverConversation(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Followed = graphql(`
  query Followed($id: ID!) {
    conversation(id: $id) { id followed }
  }
`);

const Follow = graphql(`
  mutation Follow($input: FollowConversationInput!) {
    followConversation(input: $input) { conversation { id followed } userErrors { code message field } }
  }
`);

const Unfollow = graphql(`
  mutation Unfollow($input: UnfollowConversationInput!) {
    unfollowConversation(input: $input) { conversation { id followed } userErrors { code message field } }
  }
`);

export function Thread({ id, back, details }: { id: string; back(): void; details(): void }) {
  const { conversation, missing, entries, error, loading, older, loadOlder } = useLiveThread(id);
  const end = useRef<HTMLDivElement>(null);
  const lastId = entries.at(-1)?.id;
  const newest = entries.findLast((entry) => entry.__typename === 'Message')?.id;
  const [read] = useMutation(Read);

  useLayoutEffect(() => void end.current?.scrollIntoView({ block: 'end' }), [id, lastId]);
  useEffect(() => {
    if (newest && document.visibilityState === 'visible') read({ variables: { input: { conversationId: id, upTo: newest } } }).catch(() => undefined);
  }, [id, newest, read]);

  if (error) return <p className="problem" role="alert">{error.message}</p>;
  if (missing) return <p className="empty">This conversation is not here, or not for you.</p>;
  if (loading || !conversation) return <p className="empty" role="status">Loading …</p>;
  return (
    <>
      <Head conversation={conversation} back={back} details={details} />
      <div className="entries" role="log" aria-label="Messages" tabIndex={0}>
        {older && <button type="button" className="link" onClick={() => void loadOlder()}>Earlier messages</button>}
        {entries.map((entry) => entry.__typename === 'Message' ? <MessageView key={entry.id} message={entry} /> : <EventView key={entry.id} event={entry} />)}
        <div ref={end} />
      </div>
      <MachinesPane key={`machines ${id}`} id={id} inboxId={conversation.inbox.id} />
      <WhoIsHere id={id} />
      <Composer key={id} conversation={conversation} />
    </>
  );
}

function Head({ conversation, back, details }: { conversation: RowFragment; back(): void; details(): void }) {
  const { me } = useSession();
  const { act, problems } = useAct();
  const people = useQuery(People, { variables: { inboxId: conversation.inbox.id }, fetchPolicy: 'cache-first' });
  const conversationId = conversation.id;
  const followed = useQuery(Followed, { variables: { id: conversationId } }).data?.conversation?.followed;
  const assign = (to: { userId?: string | null }) => void act(Assign, { input: { conversationId, ...to } });
  const tomorrow = () => {
    const at = new Date();
    at.setDate(at.getDate() + 1);
    at.setHours(9, 0, 0, 0);
    return at.toISOString();
  };
  const closed = conversation.status === 'CLOSED';
  return (
    <header className="head">
      <button type="button" className="narrow" aria-label="Back to the list" onClick={back}>‹</button>
      <h1>{conversation.subject ?? conversation.displayName}</h1>
      {conversation.assignee?.id !== me.id && <button type="button" data-key="a" onClick={() => assign({ userId: me.id })}>Take</button>}
      <Menu label={conversation.assignee?.displayName ?? conversation.assignedTeam?.name ?? 'Nobody'} title="Assign">
        {people.data?.inbox?.members.nodes.map((user) => <Item key={user.id} onClick={() => assign({ userId: user.id })}>{user.displayName}</Item>)}
        <Item onClick={() => assign({ userId: null })}>Nobody</Item>
      </Menu>
      {closed
        ? <button type="button" onClick={() => void act(Reopen, { input: { conversationId } })}>Reopen</button>
        : <button type="button" data-key="e" onClick={() => void act(Close, { input: { conversationId } })}>✓ Close</button>}
      <Menu label="⋯" title="More">
        <Item onClick={() => void (followed ? act(Unfollow, { input: { conversationId } }) : act(Follow, { input: { conversationId } }))}>{followed ? 'Unfollow' : 'Follow'}</Item>
        <Item onClick={() => void act(Unread, { input: { conversationId } })}>Mark as unread</Item>
        <Item onClick={() => void act(Snooze, { input: { conversationId, until: tomorrow() } })}>Snooze until tomorrow</Item>
        <Item onClick={() => void act(TakeOver, { input: { conversationId } })}>Take over from the bot</Item>
        <Item onClick={() => void act(Spam, { input: { conversationId } })}>Spam</Item>
        <Item onClick={() => void act(Block, { input: { conversationId } })}>Block the sender</Item>
        <Item onClick={() => void act(Trash, { input: { conversationId } })}>Delete</Item>
      </Menu>
      <button type="button" className="medium" onClick={details}>Details</button>
      <Problems of={problems} />
    </header>
  );
}

function MessageView({ message }: { message: MessagePartsFragment }) {
  const author = message.author && 'displayName' in message.author ? message.author.displayName : '';
  const url = message.author && 'avatarUrl' in message.author ? message.author.avatarUrl : null;
  return (
    <article className={`message ${message.direction.toLowerCase()}`} aria-label={`${author}, ${new Date(message.createdAt).toLocaleString()}`}>
      <header><Avatar name={author} url={url} /> <b>{author}</b> {message.direction === 'NOTE' && <span className="label">Note</span>} <Ago at={message.createdAt} /></header>
      {message.deletedAt ? <p className="hint">This message was deleted.</p>
        // HTML is safe to insert: the server sanitizes it.
        : message.html ? <div className="html" dangerouslySetInnerHTML={{ __html: message.html }} />
        : message.text && <p className="text">{message.text}</p>}
      {message.cards.map((card) => (
        <a key={card.url} className="card" href={card.url} target="_blank" rel="noreferrer noopener">
          {card.imageUrl && <img src={card.imageUrl} alt="" />}<b>{card.title}</b>{card.description && <span>{card.description}</span>}<span className="button">{card.buttonText}</span>
        </a>
      ))}
      {message.quickReplies.length > 0 && <p className="hint">Offers: {message.quickReplies.map((reply) => reply.text).join(' · ')}</p>}
      {message.attachments.map((file) => (
        <p key={file.id} className="file">{file.url ? <a href={file.url} target="_blank" rel="noreferrer noopener">{file.fileName}</a> : file.fileName} <span className="hint">{Math.ceil(file.size / 1000)} kB</span></p>
      ))}
      {message.annotations.length > 0 && <p className="noted">{message.annotations.map((noted) => <span key={noted.id} className="label" title={noted.value}>{words(noted.kind)}: {noted.value}</span>)}</p>}
      {message.direction === 'OUTGOING' && <footer>{message.proposal && `Proposed by ${'displayName' in message.proposal.createdBy ? message.proposal.createdBy.displayName : ''}, accepted by ${message.proposal.decidedBy?.displayName ?? ''} · `}{message.editedAt && 'Edited · '}{words(message.delivery)}{message.deliveryError && `: ${message.deliveryError}`}</footer>}
    </article>
  );
}

function EventView({ event }: { event: EventPartsFragment }) {
  const who = 'displayName' in event.actor ? event.actor.displayName : '';
  return <p className="event">{words(event.type.replace(/^CONVERSATION_/, ''))} · {who} · <Ago at={event.occurredAt} /></p>;
}

function WhoIsHere({ id }: { id: string }) {
  const { me } = useSession();
  const { data } = useSubscription(Presence, { variables: { id } });
  const others = data?.conversationPresence.filter((p) => 'id' in p.actor && p.actor.id !== me.id) ?? [];
  const name = (list: typeof others) => list.map((p) => ('displayName' in p.actor ? p.actor.displayName : '')).join(', ');
  const typing = others.filter((p) => p.typing);
  const viewing = others.filter((p) => p.viewing && !p.typing);
  return <p className="presence" role="status">{typing.length > 0 ? `${name(typing)} is typing …` : viewing.length > 0 ? `${name(viewing)} is looking at this too` : ''}</p>;
}
