// The thread's head: who has the conversation, and what can be done with it.
import { useQuery } from '@apollo/client/react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useAct } from './act';
import type { Actions } from './actions';
import { graphql } from './gql';
import type { RowFragment } from './gql/graphql';
import { People } from './people';
import { useSession } from './session';
import { useToast } from './toast';
import { Dialog, Field, Item, Menu, Problems } from './ui';

const Followed = graphql(`
  query Followed($id: ID!) {
    conversation(id: $id) { id followed contact { id email } }
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

const SendTranscript = graphql(`
  mutation SendTranscript($input: SendTranscriptInput!) {
    sendTranscript(input: $input) { conversation { id } userErrors { code message field } }
  }
`);

/** Some times to come: in hours, or on a day at nine. */
function at(days: number, hours?: number): string {
  const time = new Date();
  if (hours) time.setHours(time.getHours() + hours);
  else {
    time.setDate(time.getDate() + days);
    time.setHours(9, 0, 0, 0);
  }
  return time.toISOString();
}

const untilMonday = () => ((8 - new Date().getDay()) % 7) || 7;

interface Props {
  conversation: RowFragment;
  actions: Actions;
  back(): void;
  details(): void;
}

export function Head({ conversation, actions, back, details }: Props) {
  const { me } = useSession();
  const { act, problems } = useAct();
  const [form, setForm] = useState<'snooze' | 'block' | 'transcript' | null>(null);
  const conversationId = conversation.id;
  const extra = useQuery(Followed, { variables: { id: conversationId } }).data?.conversation;
  const title = useRef<HTMLHeadingElement>(null);
  // Where the thread takes the place of the list, what has the focus is gone.
  useEffect(() => {
    if (document.activeElement === document.body || !document.activeElement?.checkVisibility()) title.current?.focus();
  }, []);
  const open = conversation.status === 'OPEN';
  const inTrash = !!conversation.deletedAt;
  return (
    <header className="head">
      <button type="button" className="narrow" aria-label="Back to the list" onClick={back}>‹</button>
      <h2 ref={title} tabIndex={-1} dir="auto">{conversation.subject ?? conversation.displayName}</h2>
      {conversation.assignee?.id !== me.id && <button type="button" onClick={() => void actions.take()}>Take</button>}
      <AssignMenu conversation={conversation} actions={actions} />
      {open
        ? <button type="button" data-key="e" onClick={() => void actions.close()}>✓ Close</button>
        : <button type="button" onClick={() => void actions.reopen()}>Reopen</button>}
      <Menu label="⋯" title="More">
        <Item onClick={() => void (extra?.followed ? act(Unfollow, { input: { conversationId } }) : act(Follow, { input: { conversationId } }))}>{extra?.followed ? 'Unfollow' : 'Follow'}</Item>
        <Item onClick={() => void actions.unread()}>Mark as unread</Item>
        {open && <Item onClick={() => void actions.snooze(at(0, 3))}>Snooze for 3 hours</Item>}
        {open && <Item onClick={() => void actions.snooze(at(1))}>Snooze until tomorrow</Item>}
        {open && <Item onClick={() => void actions.snooze(at(untilMonday()))}>Snooze until Monday</Item>}
        {open && <Item onClick={() => setForm('snooze')}>Snooze until …</Item>}
        {conversation.botState === 'ACTIVE' && <Item onClick={() => void actions.takeOver()}>Take over from the bot</Item>}
        {!open && conversation.kind === 'CHAT' && <Item onClick={() => setForm('transcript')}>Send the transcript …</Item>}
        {conversation.filtered.includes('SPAM') ? <Item onClick={() => void actions.notSpam()}>Not spam</Item> : <Item onClick={() => void actions.spam()}>Spam</Item>}
        {conversation.filtered.includes('BLOCKED_SENDER') || conversation.contact?.blocked ? <Item onClick={() => void actions.unblock()}>Unblock the sender</Item> : <Item onClick={() => setForm('block')}>Block the sender …</Item>}
        {inTrash ? <Item onClick={() => void actions.restore()}>Restore</Item> : <Item onClick={() => void actions.trash()}>Delete</Item>}
      </Menu>
      <button type="button" className="medium" onClick={details}>Details</button>
      {!actions.conflict && <Problems of={actions.problems} />}
      <Problems of={problems} />
      {form === 'snooze' && <SnoozeForm actions={actions} close={() => setForm(null)} />}
      {form === 'block' && <BlockForm conversation={conversation} actions={actions} close={() => setForm(null)} />}
      {form === 'transcript' && <TranscriptForm conversationId={conversationId} email={extra?.contact?.email ?? ''} close={() => setForm(null)} />}
    </header>
  );
}

function AssignMenu({ conversation, actions }: Pick<Props, 'conversation' | 'actions'>) {
  const { me } = useSession();
  const inbox = useQuery(People, { variables: { inboxId: conversation.inbox.id }, fetchPolicy: 'cache-first' }).data?.inbox;
  const others = inbox?.members.nodes.filter((user) => user.id !== me.id) ?? [];
  return (
    <Menu label={conversation.assignee?.displayName ?? conversation.assignedTeam?.name ?? 'No one'} title="Assign" hotkey="a">
      <Item onClick={() => void actions.take()}>Me</Item>
      {others.map((user) => <Item key={user.id} onClick={() => void actions.assign({ userId: user.id }, user.displayName)}><bdi>{user.displayName}</bdi>{user.availability === 'AWAY' && <span className="hint"> away</span>}</Item>)}
      {inbox?.teams.nodes.map((team) => <Item key={team.id} onClick={() => void actions.assign({ teamId: team.id }, team.name)}>Team <bdi>{team.name}</bdi></Item>)}
      <Item onClick={() => void actions.assign({ userId: null, teamId: null }, 'no one')}>No one</Item>
    </Menu>
  );
}

function SnoozeForm({ actions, close }: { actions: Actions; close(): void }) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    void actions.snooze(new Date(String(new FormData(event.currentTarget).get('until'))).toISOString());
    close();
  }
  return (
    <Dialog title="Snooze" close={close}>
      <form onSubmit={submit}>
        <Field label="Until"><input name="until" type="datetime-local" required autoFocus /></Field>
        <div className="actions"><button type="button" onClick={close}>Cancel</button><button className="primary">Snooze</button></div>
      </form>
    </Dialog>
  );
}

export function BlockForm({ conversation, actions, close }: { conversation: RowFragment; actions: Actions; close(): void }) {
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(form.get('days'));
    const how = { reason: String(form.get('reason')).trim() || undefined, until: days ? at(days) : undefined, allChannels: form.has('allChannels') };
    if (await actions.block(how)) close();
  }
  return (
    <Dialog title={`Block ${conversation.displayName}`} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <p className="hint">What they write from now on is kept in Filtered, and no one is notified.</p>
        <Field label="For how long"><select name="days" defaultValue="0"><option value="0">For good</option><option value="7">A week</option><option value="30">30 days</option></select></Field>
        <Field label="Why, for colleagues"><input name="reason" maxLength={500} /></Field>
        <label><input type="checkbox" name="allChannels" /> On all channels of the inbox</label>
        <Problems of={actions.problems} />
        <div className="actions"><button type="button" onClick={close}>Cancel</button><button className="primary" disabled={actions.busy}>Block</button></div>
      </form>
    </Dialog>
  );
}

function TranscriptForm({ conversationId, email, close }: { conversationId: string; email: string; close(): void }) {
  const { act, problems, busy } = useAct();
  const toast = useToast();
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const to = String(new FormData(event.currentTarget).get('email'));
    if (!(await act(SendTranscript, { input: { conversationId, email: to } }))) return;
    toast(`The transcript goes to ${to}.`);
    close();
  }
  return (
    <Dialog title="Send the transcript" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="E-mail address of a contact"><input name="email" type="email" required defaultValue={email} autoFocus /></Field>
        <Problems of={problems} />
        <div className="actions"><button type="button" onClick={close}>Cancel</button><button className="primary" disabled={busy}>Send</button></div>
      </form>
    </Dialog>
  );
}
