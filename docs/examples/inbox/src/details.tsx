// Right: whom the conversation is with, and everything beside it.
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { useAct } from './act';
import { useActions } from './actions';
import { graphql } from './gql';
import type { DetailsQuery } from './gql/graphql';
import { BlockForm } from './head';
import { addressOf } from './pages';
import { LogEngagement, NewDeal, NewTicket, type EngagementForm } from './records';
import { EngagementLine } from './timeline';
import { Ago, Avatar, Dialog, Failed, Item, Menu, Problems, words } from './ui';

const Details = graphql(`
  query Details($id: ID!) {
    conversation(id: $id) {
      ...Row
      originUrl
      rating { id score scale comment givenAt }
      contact {
        id
        displayName
        avatarUrl
        email
        phone
        jobTitle
        lifecycleStage
        city
        country
        firstSeenAt
        lastSeenAt
        blocked
        owner { id displayName }
        company { id name domains }
        properties { property { id label } text number date time boolean choice { label } choices { label } }
        pageViews(first: 5) { nodes { id url title viewedAt } }
        consents(first: 5) { nodes { id kind givenAt withdrawnAt applies contactSubscriptionType { id name } } }
        conversations(first: 6) { nodes { id status displayName preview lastMessageAt } }
      }
      tickets(first: 10) { nodes { id ...TicketParts } }
      deals(first: 10) { nodes { id ...DealParts } }
      engagements(first: 10) { nodes { id ...EngagementParts } }
      associations { kind main source record { id ... on Contact { displayName } ... on Company { name } ... on Ticket { subject number } ... on Deal { name } } }
    }
  }
`);

const FindContacts = graphql(`
  query FindContacts($query: String!) {
    contacts(filter: { query: $query }, first: 8) { nodes { id displayName email } }
  }
`);

const LinkContact = graphql(`
  mutation LinkContact($input: LinkContactInput!) {
    linkContact(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const UnlinkContact = graphql(`
  mutation UnlinkContact($input: UnlinkContactInput!) {
    unlinkContact(input: $input) { conversation { id ...Row } userErrors { code message field } }
  }
`);

const Dissociate = graphql(`
  mutation Dissociate($input: DissociateRecordInput!) {
    dissociateRecord(input: $input) { conversation { id } userErrors { code message field } }
  }
`);

type Contact = NonNullable<NonNullable<DetailsQuery['conversation']>['contact']>;
type Form = 'ticket' | 'deal' | 'link' | 'block' | EngagementForm;

export function DetailsPane({ id, select, close }: { id: string; select(id: string): void; close(): void }) {
  const { data, error, refetch } = useQuery(Details, { variables: { id } });
  const conversation = data?.conversation;
  if (error) return <aside className="details" aria-label="Details"><Failed error={error} again={() => void refetch()} /></aside>;
  if (!conversation) return <aside className="details" aria-label="Details"><p className="empty" role="status">Loading …</p></aside>;
  return <Loaded conversation={conversation} refetch={() => void refetch()} select={select} close={close} />;
}

function Loaded({ conversation, refetch, select, close }: { conversation: NonNullable<DetailsQuery['conversation']>; refetch(): void; select(id: string): void; close(): void }) {
  const [form, setForm] = useState<Form | null>(null);
  const { act, problems } = useAct();
  const actions = useActions(conversation);
  const { id, contact } = conversation;
  const done = () => {
    setForm(null);
    refetch();
  };
  return (
    <aside className="details" aria-label="Details">
      <button type="button" className="medium" onClick={close}>Close</button>
      {contact ? <Who contact={contact} /> : <p className="empty">No one is linked yet.</p>}
      <div className="buttons">
        <button type="button" onClick={() => setForm('ticket')}>Create ticket</button>
        <button type="button" onClick={() => setForm('deal')}>Create deal</button>
        <Menu label="More ▾">
          <Item onClick={() => setForm('call')}>Log a call</Item>
          <Item onClick={() => setForm('email')}>Log an e-mail</Item>
          <Item onClick={() => setForm('note')}>Write a note</Item>
          <Item onClick={() => setForm('meeting')}>Log a meeting</Item>
          <Item onClick={() => setForm('task')}>Create a task</Item>
          <Item onClick={() => setForm('link')}>{contact ? 'Link another contact' : 'Link a contact'}</Item>
          {contact && <Item onClick={() => void act(UnlinkContact, { input: { conversationId: id } }).then(done)}>Unlink the contact</Item>}
          {conversation.filtered.includes('BLOCKED_SENDER') || contact?.blocked ? <Item onClick={() => void actions.unblock()}>Unblock</Item> : <Item onClick={() => setForm('block')}>Block …</Item>}
        </Menu>
      </div>
      <Problems of={[...problems, ...actions.problems]} />
      {contact && <Facts contact={contact} />}
      {conversation.rating && (
        <p><span className="label">Rating</span> {conversation.rating.scale === 'THUMBS' ? (conversation.rating.score > 1 ? '👍' : '👎') : `${conversation.rating.score} of 5`} {conversation.rating.comment}</p>
      )}
      <Section title="Tickets" count={conversation.tickets.nodes.length}>
        {conversation.tickets.nodes.map((ticket) => (
          <p key={ticket.id}><b>#{ticket.number}</b> {ticket.subject} <span className="label">{ticket.stage.name}</span> {ticket.priority !== 'NONE' && <span className="label">{words(ticket.priority)}</span>}</p>
        ))}
      </Section>
      <Section title="Deals" count={conversation.deals.nodes.length}>
        {conversation.deals.nodes.map((deal) => (
          <p key={deal.id}><b>{deal.name}</b> {deal.amount && money(deal.amount)} <span className="label">{deal.stage.name}</span></p>
        ))}
      </Section>
      <Section title="Activity" count={conversation.engagements.nodes.length}>
        {conversation.engagements.nodes.map((engagement) => <EngagementLine key={engagement.id} engagement={engagement} />)}
      </Section>
      <Section title="Associated records" count={conversation.associations.length}>
        {conversation.associations.map(({ record, kind, main }) => (
          <p key={record.id}>
            <span className="label">{words(kind)}</span> {nameOf(record)} {main && <span className="hint">main</span>}
            {!main && <button type="button" className="link" aria-label={`Remove ${nameOf(record)}`} onClick={() => void act(Dissociate, { input: { conversationId: id, recordId: record.id } }).then(done)}>✕</button>}
          </p>
        ))}
      </Section>
      {contact && <Beside contact={contact} conversationId={id} select={select} />}
      {form === 'ticket' && <NewTicket conversationId={id} done={done} close={() => setForm(null)} />}
      {form === 'deal' && <NewDeal conversationId={id} done={done} close={() => setForm(null)} />}
      {form === 'link' && <Link conversationId={id} done={done} close={() => setForm(null)} />}
      {form === 'block' && <BlockForm conversation={conversation} actions={actions} close={() => setForm(null)} />}
      {form && form !== 'ticket' && form !== 'deal' && form !== 'link' && form !== 'block' && <LogEngagement kind={form} target={{ conversationId: id }} done={done} close={() => setForm(null)} />}
    </aside>
  );
}

function Who({ contact }: { contact: Contact }) {
  return (
    <header className="who">
      <Avatar name={contact.displayName} url={contact.avatarUrl} />
      <div>
        {/* The contact's own page, in a tab of its own, which has the token of this one. */}
        <a href={addressOf({ name: 'contacts', id: contact.id })} target="_blank" rel="opener"><b dir="auto">{contact.displayName}</b></a>
        <p>{[contact.jobTitle, contact.company?.name].filter(Boolean).join(', ')}</p>
        {contact.blocked && <span className="label high">Blocked</span>}
      </div>
    </header>
  );
}

export function Facts({ contact }: { contact: Contact }) {
  const facts: [string, React.ReactNode][] = [
    ['E-mail', contact.email],
    ['Phone', contact.phone],
    ['Owner', contact.owner?.displayName],
    ['Company', contact.company?.name],
    ['Stage', contact.lifecycleStage && words(contact.lifecycleStage)],
    ['Place', [contact.city, contact.country].filter(Boolean).join(', ')],
    ['First seen', contact.firstSeenAt && <Ago at={contact.firstSeenAt} />],
    ['Last seen', contact.lastSeenAt && <Ago at={contact.lastSeenAt} />],
    ...contact.properties.map((value): [string, React.ReactNode] => [
      value.property.label,
      value.text ?? value.date ?? value.choice?.label ?? value.choices?.map((c) => c.label).join(', ') ?? (value.time && <Ago at={value.time} />) ?? (value.boolean ?? value.number)?.toString(),
    ]),
  ];
  return <dl className="facts">{facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Beside({ contact, conversationId, select }: { contact: Contact; conversationId: string; select(id: string): void }) {
  const others = contact.conversations.nodes.filter((other) => other.id !== conversationId);
  return (
    <>
      <Section title="Other conversations" count={others.length}>
        {others.map((other) => (
          <p key={other.id}><button type="button" className="link" onClick={() => select(other.id)}>{other.preview || other.displayName}</button> <Ago at={other.lastMessageAt} /></p>
        ))}
      </Section>
      <Section title="Pages" count={contact.pageViews.nodes.length}>
        {contact.pageViews.nodes.map((page) => (
          <p key={page.id}><a href={page.url} target="_blank" rel="noreferrer noopener">{page.title ?? new URL(page.url).pathname}</a> <Ago at={page.viewedAt} /></p>
        ))}
      </Section>
      <Section title="Consents" count={contact.consents.nodes.length}>
        {contact.consents.nodes.map((consent) => (
          <p key={consent.id}>{consent.contactSubscriptionType?.name ?? words(consent.kind)} <span className="label">{consent.applies ? 'Given' : 'Withdrawn'}</span> <Ago at={consent.withdrawnAt ?? consent.givenAt} /></p>
        ))}
      </Section>
    </>
  );
}

function Section({ title, count, children }: { title: string; count: number; children: React.ReactNode }) {
  return <details open={count > 0}><summary>{title} <span className="count">{count}</span></summary>{children}</details>;
}

function Link({ conversationId, done, close }: { conversationId: string; done(): void; close(): void }) {
  const client = useApolloClient();
  const { act, problems } = useAct();
  const [found, setFound] = useState<{ id: string; displayName: string; email?: string | null }[]>([]);
  async function find(query: string) {
    if (!query.trim()) return setFound([]);
    const { data } = await client.query({ query: FindContacts, variables: { query } });
    setFound(data?.contacts.nodes ?? []);
  }
  const choose = async (contactId: string) => (await act(LinkContact, { input: { conversationId, contactId } })) && done();
  return (
    <Dialog title="Link a contact" close={close}>
      <input type="search" aria-label="Search contacts" placeholder="Name, e-mail or phone" autoFocus onChange={(event) => void find(event.target.value)} />
      {found.map((contact) => <p key={contact.id}><button type="button" className="link" onClick={() => void choose(contact.id)}>{contact.displayName}</button> <span className="hint">{contact.email}</span></p>)}
      <Problems of={problems} />
    </Dialog>
  );
}

function nameOf(record: NonNullable<DetailsQuery['conversation']>['associations'][number]['record']): string {
  if ('displayName' in record) return record.displayName;
  if ('number' in record) return `#${record.number} ${record.subject ?? ''}`;
  return 'name' in record ? record.name : '';
}

export function money({ value, currency }: { value: string; currency: string }) {
  return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(Number(value));
}
