// A page of its own: the settings of an inbox's chat channel. Admins change them; others read them.
import { useQuery } from '@apollo/client/react';
import { useAct } from './act';
import { Hours } from './chathours';
import { Messages } from './chatmessages';
import { Code, Options, Style } from './chatstyle';
import { graphql } from './gql';
import { addressOf } from './pages';
import { useSession } from './session';
import { Failed, Problems } from './ui';

const ChatSettings = graphql(`
  query ChatSettings($inboxId: ID!) {
    inbox(id: $inboxId) {
      id
      name
      setup { id what state text }
      chatChannel { id ...ChatParts }
    }
  }
`);

const CreateChat = graphql(`
  mutation CreateChat($input: CreateChatChannelInput!) {
    createChatChannel(input: $input) { chatChannel { id inbox { id chatChannel { id ...ChatParts } } } userErrors { code message field } }
  }
`);

const sections = [['messages', 'Messages'], ['style', 'Style'], ['availability', 'Availability'], ['options', 'Options'], ['code', 'Code']] as const;

export function SettingsPage({ inboxId }: { inboxId: string }) {
  const { me } = useSession();
  const { data, error, refetch } = useQuery(ChatSettings, { variables: { inboxId } });
  const { act, problems, busy } = useAct();
  const inbox = data?.inbox;
  if (error) return <Failed error={error} again={() => void refetch()} />;
  if (!data) return <p className="empty" role="status">Loading …</p>;
  if (!inbox) return <p className="empty">This inbox is not here, or not for you.</p>;
  const chat = inbox.chatChannel;
  const missing = inbox.setup.filter((step) => step.state !== 'DONE');
  return (
    <main className="settings">
      <header>
        <a href={addressOf({ name: 'inbox' })}>‹ Inbox</a>
        <h1><bdi>{inbox.name}</bdi>: chat</h1>
      </header>
      {missing.length > 0 && <ul className="warning" aria-label="Still to set up">{missing.map((step) => <li key={step.id}>{step.text}</li>)}</ul>}
      {me.role !== 'ADMIN' && <p className="hint">Only admins change these.</p>}
      {!chat && (
        <>
          <p className="empty">This inbox has no chat yet.</p>
          <Problems of={problems} />
          <button type="button" className="primary" disabled={busy || me.role !== 'ADMIN'} onClick={() => void act(CreateChat, { input: { inboxId } }, { refetch: ['ChatSettings'] })}>Create the chat</button>
        </>
      )}
      {chat && (
        <>
          <nav aria-label="Sections">{sections.map(([id, name]) => <a key={id} href={`#${id}`}>{name}</a>)}</nav>
          <fieldset disabled={me.role !== 'ADMIN'}>
            <legend className="unseen">Settings</legend>
            <Messages channelId={chat.id} messages={chat.targetedMessages.nodes} />
            <Style chat={chat} />
            <Hours chat={chat} />
            <Options chat={chat} />
          </fieldset>
          <Code chat={chat} />
        </>
      )}
    </main>
  );
}
