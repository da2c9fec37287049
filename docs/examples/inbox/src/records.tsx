// What is made beside a conversation: tickets, deals, and what was done.
import { useQuery } from '@apollo/client/react';
import type { FormEvent, ReactNode } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { EngagementBodyInput, PipelineObject, Priority } from './gql/graphql';
import { Dialog, Field, Problems, words } from './ui';

const Pipelines = graphql(`
  query Pipelines($object: PipelineObject!) {
    pipelines(object: $object, first: 20) { nodes { id name stages { id name } } }
  }
`);

const CreateTicket = graphql(`
  mutation CreateTicket($input: CreateTicketInput!) {
    createTicket(input: $input) { ticket { id ...TicketParts } userErrors { code message field } }
  }
`);

const CreateDeal = graphql(`
  mutation CreateDeal($input: CreateDealInput!) {
    createDeal(input: $input) { deal { id ...DealParts } userErrors { code message field } }
  }
`);

const Log = graphql(`
  mutation Log($input: LogEngagementInput!) {
    logEngagement(input: $input) { engagement { id ...EngagementParts } userErrors { code message field } }
  }
`);

interface Props {
  done(): void;
  close(): void;
}

/** The values of a form, without what was left empty. */
function values(event: FormEvent<HTMLFormElement>) {
  event.preventDefault();
  const form = new FormData(event.currentTarget);
  const text = (name: string) => String(form.get(name) ?? '').trim() || undefined;
  const time = (name: string) => (text(name) ? new Date(text(name)!).toISOString() : undefined);
  return { text, time };
}

function Form({ title, submit, problems, busy, close, children }: { title: string; submit(event: FormEvent<HTMLFormElement>): void; problems: string[]; busy: boolean; close(): void; children: ReactNode }) {
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={submit}>
        {children}
        <Problems of={problems} />
        <div className="actions"><button type="button" onClick={close}>Cancel</button><button className="primary" disabled={busy}>Save</button></div>
      </form>
    </Dialog>
  );
}

function Stage({ object }: { object: PipelineObject }) {
  const { data } = useQuery(Pipelines, { variables: { object }, fetchPolicy: 'cache-first' });
  return (
    <Field label="Stage">
      <select name="stageId" defaultValue="">
        <option value="">The first one</option>
        {data?.pipelines.nodes.map((pipeline) => (
          <optgroup key={pipeline.id} label={pipeline.name}>{pipeline.stages.map((stage) => <option key={stage.id} value={stage.id}>{stage.name}</option>)}</optgroup>
        ))}
      </select>
    </Field>
  );
}

const priorities: Priority[] = ['NONE', 'LOW', 'NORMAL', 'HIGH', 'URGENT'];

/** What is left empty is filled in from the conversation: subject, description, owner, contact. */
export function NewTicket({ conversationId, done, close }: Props & { conversationId: string }) {
  const { act, problems, busy } = useAct();
  async function submit(event: FormEvent<HTMLFormElement>) {
    const { text, time } = values(event);
    const input = { conversationId, subject: text('subject'), description: text('description'), stageId: text('stageId'), priority: text('priority') as Priority, dueAt: time('dueAt') };
    if (await act(CreateTicket, { input })) done();
  }
  return (
    <Form title="Create ticket" submit={submit} problems={problems} busy={busy} close={close}>
      <Field label="Subject"><input name="subject" placeholder="As the conversation" autoFocus /></Field>
      <Field label="Description"><textarea name="description" rows={3} placeholder="The last message of the contact" /></Field>
      <Stage object="TICKET" />
      <Field label="Priority"><select name="priority" defaultValue="NONE">{priorities.map((p) => <option key={p} value={p}>{words(p)}</option>)}</select></Field>
      <Field label="Due"><input name="dueAt" type="datetime-local" /></Field>
    </Form>
  );
}

export function NewDeal({ conversationId, done, close }: Props & { conversationId: string }) {
  const { act, problems, busy } = useAct();
  async function submit(event: FormEvent<HTMLFormElement>) {
    const { text, time } = values(event);
    const value = text('amount');
    const amount = value ? { value, currency: text('currency') ?? 'EUR' } : undefined;
    if (await act(CreateDeal, { input: { conversationId, name: text('name'), amount, stageId: text('stageId'), closesAt: time('closesAt') } })) done();
  }
  return (
    <Form title="Create deal" submit={submit} problems={problems} busy={busy} close={close}>
      <Field label="Name"><input name="name" placeholder="As the contact or company" autoFocus /></Field>
      <Field label="Amount"><span className="pair"><input name="amount" inputMode="decimal" pattern="[0-9]+([.][0-9]+)?" /><input name="currency" aria-label="Currency" defaultValue="EUR" size={4} maxLength={3} /></span></Field>
      <Stage object="DEAL" />
      <Field label="Closes"><input name="closesAt" type="datetime-local" /></Field>
    </Form>
  );
}

export type EngagementForm = 'call' | 'email' | 'note' | 'meeting' | 'task';

const titles: Record<EngagementForm, string> = { call: 'Log a call', email: 'Log an e-mail', note: 'Write a note', meeting: 'Log a meeting', task: 'Create a task' };

type Read = ReturnType<typeof values>;

const bodies: Record<EngagementForm, (form: Read) => EngagementBodyInput> = {
  note: ({ text }) => ({ note: { text: text('text') ?? '' } }),
  call: ({ text }) => ({ call: { direction: text('direction') === 'INCOMING' ? 'INCOMING' : 'OUTGOING', outcome: (text('outcome') as 'CONNECTED') ?? null, text: text('text') } }),
  email: ({ text, time }) => ({ email: { subject: text('title'), text: text('text'), sentAt: time('at') } }),
  meeting: ({ text, time }) => ({ meeting: { title: text('title') ?? '', startsAt: time('at') ?? new Date().toISOString(), place: text('place'), text: text('text') } }),
  task: ({ text, time }) => ({ task: { title: text('title') ?? '', dueAt: time('at'), text: text('text') } }),
};

const outcomes = ['CONNECTED', 'NO_ANSWER', 'BUSY', 'LEFT_VOICEMAIL', 'LEFT_MESSAGE', 'WRONG_NUMBER'];

export function LogEngagement({ kind, target, done, close }: Props & { kind: EngagementForm; target: { conversationId?: string; contactId?: string } }) {
  const { act, problems, busy } = useAct();
  async function submit(event: FormEvent<HTMLFormElement>) {
    const form = values(event);
    if (await act(Log, { input: { ...target, body: bodies[kind](form) } })) done();
  }
  return (
    <Form title={titles[kind]} submit={submit} problems={problems} busy={busy} close={close}>
      {kind !== 'note' && kind !== 'call' && <Field label={kind === 'email' ? 'Subject' : 'Title'}><input name="title" required={kind !== 'email'} autoFocus /></Field>}
      {kind === 'call' && (
        <>
          <Field label="Direction"><select name="direction"><option value="OUTGOING">We called</option><option value="INCOMING">They called</option></select></Field>
          <Field label="Outcome"><select name="outcome" defaultValue=""><option value="">Not said</option>{outcomes.map((o) => <option key={o} value={o}>{words(o)}</option>)}</select></Field>
        </>
      )}
      {kind === 'email' && <Field label="Sent"><input name="at" type="datetime-local" /></Field>}
      {kind === 'meeting' && <><Field label="Begins"><input name="at" type="datetime-local" required /></Field><Field label="Place"><input name="place" /></Field></>}
      {kind === 'task' && <Field label="Due"><input name="at" type="datetime-local" /></Field>}
      <Field label="Text"><textarea name="text" rows={4} required={kind === 'note'} autoFocus={kind === 'note' || kind === 'call'} /></Field>
    </Form>
  );
}
