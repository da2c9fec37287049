// A message, a note, or a line of what happened in between.
import { useApolloClient } from '@apollo/client/react';
import { useState } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { EventPartsFragment, MessagePartsFragment } from './gql/graphql';
import { Ago, Avatar, Problems, words } from './ui';

const Pictures = graphql(`
  query Pictures($id: ID!) {
    message(id: $id) { id pictured: html(remoteImages: PROXY) picturedQuote: quotedHtml(remoteImages: PROXY) }
  }
`);

const AlwaysShow = graphql(`
  mutation AlwaysShow($input: SetRemoteImageSenderInput!) {
    setRemoteImageSender(input: $input) { remoteImageSender { id } userErrors { code message field } }
  }
`);

const Retry = graphql(`
  mutation Retry($input: RetryMessageInput!) {
    retryMessage(input: $input) { message { id ...MessageParts } userErrors { code message field } }
  }
`);

const nameOf = (actor: object | null | undefined) => (actor && 'displayName' in actor ? String(actor.displayName) : '');

export function MessageView({ message }: { message: MessagePartsFragment }) {
  const client = useApolloClient();
  const { act, problems, busy } = useAct();
  const [pictured, setPictured] = useState<{ html?: string | null; quote?: string | null } | null>(null);
  const author = nameOf(message.author);
  const url = 'avatarUrl' in message.author ? message.author.avatarUrl : null;
  const html = pictured?.html ?? message.html;
  const quote = pictured?.quote ?? message.quotedHtml;

  async function showPictures() {
    const { data } = await client.query({ query: Pictures, variables: { id: message.id }, fetchPolicy: 'no-cache' });
    setPictured({ html: data?.message?.pictured, quote: data?.message?.picturedQuote });
  }
  return (
    <article className={`message ${message.direction.toLowerCase()}`} aria-label={`${author}, ${new Date(message.createdAt).toLocaleString()}`}>
      <header><Avatar name={author} url={url} /> <b><bdi>{author}</bdi></b> {message.direction === 'NOTE' && <span className="label">Note</span>} <Ago at={message.createdAt} /></header>
      {message.email && message.email.cc.length + message.email.bcc.length > 0 && <p className="hint">{[['To', message.email.to], ['Cc', message.email.cc], ['Bcc', message.email.bcc]].map(([name, list]) => list!.length > 0 && <span key={String(name)}>{name}: {[...list!].join(', ')} </span>)}</p>}
      {message.deletedAt ? <p className="hint">This message was deleted.</p>
        // HTML is safe to insert: the server sanitizes it.
        : html ? <div className="html" dir="auto" dangerouslySetInnerHTML={{ __html: html }} />
        : message.text && <p className="text" dir="auto">{message.text}</p>}
      {!message.deletedAt && quote && (
        <details className="quoted"><summary aria-label="Quoted text">···</summary><div className="html" dir="auto" dangerouslySetInnerHTML={{ __html: quote }} /></details>
      )}
      {message.hasRemoteImages && message.direction === 'INCOMING' && !pictured && !message.deletedAt && (
        <p className="hint pictures">
          <button type="button" className="link" onClick={() => void showPictures()}>Show pictures</button>
          {message.email?.from && <> · <button type="button" className="link" onClick={() => { void act(AlwaysShow, { input: { email: message.email!.from!, show: true } }); void showPictures(); }}>Always from {message.email.from}</button></>}
        </p>
      )}
      {message.cards.map((card) => (
        <a key={card.url} className="card" href={card.url} target="_blank" rel="noreferrer noopener">
          {card.imageUrl && <img src={card.imageUrl} alt="" />}<b dir="auto">{card.title}</b>{card.description && <span dir="auto">{card.description}</span>}<span className="button">{card.buttonText}</span>
        </a>
      ))}
      {message.quickReplies.length > 0 && <p className="hint">Offers: {message.quickReplies.map((reply) => reply.text).join(' · ')}</p>}
      {message.attachments.filter((file) => !file.inline).map((file) => (
        <p key={file.id} className="file">{file.url ? <a href={file.url} target="_blank" rel="noreferrer noopener"><bdi>{file.fileName}</bdi></a> : <>{file.fileName} <span className="label high">Virus found</span></>} <span className="hint">{Math.ceil(file.size / 1000)} kB</span></p>
      ))}
      {message.annotations.length > 0 && <p className="noted">{message.annotations.map((noted) => <span key={noted.id} className="label" title={noted.value}>{words(noted.kind)}: {noted.value}</span>)}</p>}
      {message.direction === 'OUTGOING' && (
        <footer className={message.delivery === 'FAILED' ? 'bad' : undefined}>
          {message.proposal && `Proposed by ${nameOf(message.proposal.createdBy)}, accepted by ${message.proposal.decidedBy?.displayName ?? ''} · `}
          {message.editedAt && 'Edited · '}
          {words(message.delivery)}{message.deliveryError && `: ${message.deliveryError}`}
          {message.delivery === 'FAILED' && message.email && <> <button type="button" disabled={busy} onClick={() => void act(Retry, { input: { messageId: message.id } })}>Send again</button></>}
        </footer>
      )}
      <Problems of={problems} />
    </article>
  );
}

/** What an event says, in words: some have more to say than their type. */
function said({ type, changes }: EventPartsFragment): string {
  const plain = words(type.replace(/^CONVERSATION_/, ''));
  const more = changes.map((change) => {
    switch (change.__typename) {
      case 'AssigneeChange': return change.toAssignee && `to ${change.toAssignee.displayName}`;
      case 'TeamChange': return change.toTeam && `to team ${change.toTeam.name}`;
      case 'SnoozeChange': return change.toSnoozedUntil && `until ${new Date(change.toSnoozedUntil).toLocaleString()}`;
      case 'FilteredChange': return change.toFiltered.map(words).join(', ');
      case 'PriorityChange': return `priority ${words(change.toPriority)}`;
      case 'TagsChange': return [...change.added.map((tag) => `+${tag.name}`), ...change.removed.map((tag) => `−${tag.name}`)].join(' ');
      default: return '';
    }
  });
  return [plain, ...more.filter(Boolean)].join(' ');
}

export function EventView({ event }: { event: EventPartsFragment }) {
  return <p className="event"><bdi>{said(event)}</bdi> · <bdi>{nameOf(event.actor)}</bdi> · <Ago at={event.occurredAt} /></p>;
}
