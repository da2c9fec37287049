// What narrows the list: a menu with conditions, a chip for each, and keeping them as a view.
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useState, type FormEvent } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { ChannelKind, ConversationFilter, ConversationStatus, ViewInput } from './gql/graphql';
import { People } from './people';
import { Dialog, Field, Problems } from './ui';

const CreateSavedView = graphql(`
  mutation CreateSavedView($input: CreateSavedViewInput!) {
    createSavedView(input: $input) { savedView { id name } userErrors { code message field } }
  }
`);

/** The conditions that the menu offers. */
export interface Conditions {
  status?: ConversationStatus;
  channel?: ChannelKind;
  /** `me`, `nobody`, or the id of a user or a team. */
  assignee?: string;
  /** Days, as a date field has them. */
  from?: string;
  to?: string;
  unread?: boolean;
}

/** The start of a day where the agent is, `more` days later. */
function startOf(day: string, more = 0): string | undefined {
  const at = new Date(`${day}T00:00`);
  if (Number.isNaN(at.getTime())) return undefined; // while a year is being typed
  at.setDate(at.getDate() + more);
  return at.toISOString();
}

function assigneesOf(assignee: string): ConversationFilter['assignees'] {
  if (assignee === 'me') return { me: true };
  if (assignee === 'nobody') return { nobody: true };
  return assignee.startsWith('team_') ? { teamIds: [assignee] } : { userIds: [assignee] };
}

/** The conditions as the API has them; undefined: there are none. */
export function filterOf({ status, channel, assignee, from, to, unread }: Conditions): ConversationFilter | undefined {
  const filter: ConversationFilter = {};
  if (status) filter.statuses = [status];
  if (channel) filter.channels = [channel];
  if (assignee) filter.assignees = assigneesOf(assignee);
  if (from) filter.lastMessageAfter = startOf(from);
  if (to) filter.lastMessageBefore = startOf(to, 1);
  if (unread) filter.unread = true;
  return Object.keys(filter).length > 0 ? filter : undefined;
}

export const channelNames: Record<string, string> = { CHAT: 'Chat', EMAIL: 'E-mail', CUSTOM: 'Other' };
const statusNames: Record<string, string> = { OPEN: 'Open', CLOSED: 'Closed' };

interface Props {
  inboxId: string;
  view: ViewInput;
  conditions: Conditions;
  change(conditions: Conditions): void;
  saved(savedViewId: string): void;
}

export function Filters({ inboxId, view, conditions, change, saved }: Props) {
  const [open, setOpen] = useState(false);
  const [saving, setSaving] = useState(false);
  const inbox = useQuery(People, { variables: { inboxId }, fetchPolicy: 'cache-first' }).data?.inbox;
  const everyone = [
    { id: 'me', name: 'Me' },
    { id: 'nobody', name: 'No one' },
    ...(inbox?.members.nodes ?? []).map((user) => ({ id: user.id, name: user.displayName })),
    ...(inbox?.teams.nodes ?? []).map((team) => ({ id: team.id, name: `Team ${team.name}` })),
  ];
  const day = (value: string) => new Date(`${value}T00:00`).toLocaleDateString();
  const chips: [keyof Conditions, string | undefined][] = [
    ['status', conditions.status && statusNames[conditions.status]],
    ['channel', conditions.channel && channelNames[conditions.channel]],
    ['assignee', conditions.assignee && everyone.find(({ id }) => id === conditions.assignee)?.name],
    ['from', conditions.from && `From ${day(conditions.from)}`],
    ['to', conditions.to && `Until ${day(conditions.to)}`],
    ['unread', conditions.unread ? 'Unread' : undefined],
  ];
  const shown = chips.filter((chip): chip is [keyof Conditions, string] => !!chip[1]);
  const set = (name: keyof Conditions, value: string | boolean | undefined) => change({ ...conditions, [name]: value || undefined });
  return (
    <div className="filters">
      <button type="button" aria-expanded={open} aria-controls="conditions" onClick={() => setOpen(!open)}>Filter</button>
      {shown.map(([name, text]) => <span key={name} className="chip">{text} <button type="button" aria-label={`Remove ${text}`} onClick={() => set(name, undefined)}>✕</button></span>)}
      {shown.length > 0 && view.builtIn && <button type="button" className="link" onClick={() => setSaving(true)}>Save as view</button>}
      {open && (
        <fieldset id="conditions">
          <legend className="unseen">Show only</legend>
          <Choice label="Status" value={conditions.status} options={Object.entries(statusNames)} set={(value) => set('status', value)} />
          <Choice label="Channel" value={conditions.channel} options={Object.entries(channelNames)} set={(value) => set('channel', value)} />
          <Choice label="Assignee" value={conditions.assignee} options={everyone.map(({ id, name }) => [id, name])} set={(value) => set('assignee', value)} />
          <Field label="From"><input type="date" max="9999-12-31" value={conditions.from ?? ''} onChange={(event) => set('from', event.target.value)} /></Field>
          <Field label="Until"><input type="date" max="9999-12-31" value={conditions.to ?? ''} onChange={(event) => set('to', event.target.value)} /></Field>
          <label><input type="checkbox" checked={!!conditions.unread} onChange={(event) => set('unread', event.target.checked)} /> Unread</label>
        </fieldset>
      )}
      {saving && <SaveView inboxId={inboxId} view={view} conditions={conditions} close={() => setSaving(false)} done={(id) => { setSaving(false); setOpen(false); saved(id); }} />}
    </div>
  );
}

function Choice({ label, value, options, set }: { label: string; value?: string; options: [string, string][]; set(value: string): void }) {
  return (
    <Field label={label}>
      <select value={value ?? ''} onChange={(event) => set(event.target.value)}>
        <option value="">Any</option>
        {options.map(([id, name]) => <option key={id} value={id}>{name}</option>)}
      </select>
    </Field>
  );
}

function SaveView({ inboxId, view, conditions, close, done }: Pick<Props, 'inboxId' | 'view' | 'conditions'> & { close(): void; done(id: string): void }) {
  const client = useApolloClient();
  const { act, problems, busy } = useAct();
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const input = { inboxId, view: view.builtIn, filter: filterOf(conditions), name: String(form.get('name')), shared: form.has('shared') };
    const made = await act(CreateSavedView, { input });
    if (!made?.createSavedView.savedView) return;
    await client.refetchQueries({ include: ['SavedViews'] });
    done(made.createSavedView.savedView.id);
  }
  return (
    <Dialog title="Save as view" close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Name"><input name="name" required maxLength={100} autoFocus /></Field>
        <label><input type="checkbox" name="shared" /> For all members of the inbox</label>
        <Problems of={problems} />
        <div className="actions"><button type="button" onClick={close}>Cancel</button><button className="primary" disabled={busy}>Save</button></div>
      </form>
    </Dialog>
  );
}
