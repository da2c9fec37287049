// The targeted messages of a chat: which one a page shows is decided from the first to the last.
import { useState, type FormEvent } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { ChatMessagePartsFragment } from './gql/graphql';
import { Dialog, Field, Problems, words } from './ui';

const SetState = graphql(`
  mutation SetMessageState($input: SetTargetedMessageStateInput!) {
    setTargetedMessageState(input: $input) { targetedMessage { id ...ChatMessageParts } userErrors { code message field } }
  }
`);

const Publish = graphql(`
  mutation PublishMessage($input: PublishTargetedMessageInput!) {
    publishTargetedMessage(input: $input) { targetedMessage { id ...ChatMessageParts } userErrors { code message field } }
  }
`);

const Create = graphql(`
  mutation CreateMessage($input: CreateTargetedMessageInput!) {
    createTargetedMessage(input: $input) { targetedMessage { id ...ChatMessageParts } userErrors { code message field } }
  }
`);

const Update = graphql(`
  mutation UpdateMessage($input: UpdateTargetedMessageInput!) {
    updateTargetedMessage(input: $input) { targetedMessage { id ...ChatMessageParts } userErrors { code message field } }
  }
`);

const Move = graphql(`
  mutation MoveMessage($input: MoveTargetedMessageInput!) {
    moveTargetedMessage(input: $input) { targetedMessage { id ...ChatMessageParts } userErrors { code message field } }
  }
`);

type Message = ChatMessagePartsFragment;

export function Messages({ channelId, messages }: { channelId: string; messages: Message[] }) {
  const [form, setForm] = useState<Message | 'new' | null>(null);
  const { act, problems, busy } = useAct();
  const sorted = [...messages].sort((a, b) => a.position - b.position);
  // A draft is checked first, and turned on by that.
  const turn = (message: Message, on: boolean) => void (message.state === 'DRAFT' ? act(Publish, { input: { targetedMessageId: message.id } }) : act(SetState, { input: { targetedMessageId: message.id, on } }));
  return (
    <section id="messages" aria-labelledby="messages-title">
      <h2 id="messages-title">Messages</h2>
      {sorted.length === 0 && <p className="empty">None yet: the widget stays away from all pages.</p>}
      <ol className="cards">
        {sorted.map((message, i) => (
          <li key={message.id}>
            <label className="switch"><input type="checkbox" role="switch" disabled={busy} checked={message.state === 'ON'} onChange={(event) => turn(message, event.target.checked)} /> <b dir="auto">{message.name}</b></label>
            {message.state === 'DRAFT' && <span className="label">Draft</span>}
            <span className="space" />
            <button type="button" aria-label={`Move ${message.name} up`} disabled={busy || i === 0} onClick={() => void act(Move, { input: { targetedMessageId: message.id, position: i } }, { refetch: ['ChatSettings'] })}>↑</button>
            <button type="button" aria-label={`Edit ${message.name}`} onClick={() => setForm(message)}>Edit</button>
            <p dir="auto">{message.welcomeMarkdown}</p>
            <p className="hint">{words(message.audience)} · shown to {message.stats.shown}, opened by {message.stats.opened}, {message.stats.chats} chats</p>
          </li>
        ))}
      </ol>
      <Problems of={problems} />
      <button type="button" onClick={() => setForm('new')}>New message</button>
      {form && <MessageForm channelId={channelId} message={form === 'new' ? null : form} close={() => setForm(null)} />}
    </section>
  );
}

function MessageForm({ channelId, message, close }: { channelId: string; message: Message | null; close(): void }) {
  const { act, problems, busy } = useAct();
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = { name: String(form.get('name')), welcomeMarkdown: String(form.get('text')) };
    const done = message
      ? await act(Update, { input: { targetedMessageId: message.id, ...said } })
      : await act(Create, { input: { channelId, ...said } }, { refetch: ['ChatSettings'] });
    if (done) close();
  }
  return (
    <Dialog title={message ? 'Edit the message' : 'New message'} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Name, which visitors do not see"><input name="name" required maxLength={200} defaultValue={message?.name} autoFocus dir="auto" /></Field>
        <Field label="Welcome"><textarea name="text" rows={4} required defaultValue={message?.welcomeMarkdown ?? ''} dir="auto" /></Field>
        <Problems of={problems} />
        <div className="actions"><button type="button" onClick={close}>Cancel</button><button className="primary" disabled={busy}>Save</button></div>
      </form>
    </Dialog>
  );
}
