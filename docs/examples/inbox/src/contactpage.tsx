// A contact's own page: who they are, and all that happened.
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { graphql } from './gql';
import { LogEngagement, type EngagementForm } from './records';
import { ContactTimeline } from './timeline';
import { Avatar, Item, Menu } from './ui';

const Contact = graphql(`
  query Contact($id: ID!) {
    contact(by: { id: $id }) {
      id
      displayName
      avatarUrl
      jobTitle
      blocked
      emailAddresses { email primary verified label }
      phones { number e164 primary label }
      owner { id displayName }
      company { id name }
      lists(first: 20) { nodes { id name } }
    }
  }
`);

export function ContactPage({ id }: { id: string }) {
  const client = useApolloClient();
  const { data, error } = useQuery(Contact, { variables: { id } });
  const [form, setForm] = useState<EngagementForm | null>(null);
  const contact = data?.contact;
  if (error) return <p className="problem" role="alert">{error.message}</p>;
  if (!data) return <p className="empty" role="status">Loading …</p>;
  if (!contact) return <p className="empty">This contact is not here, or not for you.</p>;
  return (
    <main className="contact-page">
      <header className="who">
        <Avatar name={contact.displayName} url={contact.avatarUrl} />
        <div>
          <h1>{contact.displayName}</h1>
          <p>{[contact.jobTitle, contact.company?.name].filter(Boolean).join(', ')}</p>
        </div>
        <span className="space" />
        <Menu label="Log ▾">
          {(['call', 'email', 'note', 'meeting', 'task'] as const).map((kind) => <Item key={kind} onClick={() => setForm(kind)}>{kind}</Item>)}
        </Menu>
      </header>
      <dl className="facts">
        {contact.emailAddresses.map((address) => <div key={address.email}><dt>E-mail{address.primary && ' (main)'}</dt><dd>{address.email} {address.verified && <span className="label">Verified</span>}</dd></div>)}
        {contact.phones.map((phone) => <div key={phone.number}><dt>Phone {phone.label}</dt><dd><a href={`tel:${phone.e164 ?? phone.number}`}>{phone.number}</a></dd></div>)}
        {contact.owner && <div><dt>Owner</dt><dd>{contact.owner.displayName}</dd></div>}
        {contact.lists.nodes.length > 0 && <div><dt>Lists</dt><dd>{contact.lists.nodes.map((list) => list.name).join(', ')}</dd></div>}
      </dl>
      <ContactTimeline id={id} />
      {form && <LogEngagement kind={form} target={{ contactId: id }} close={() => setForm(null)} done={() => { setForm(null); void client.refetchQueries({ include: ['Timeline'] }); }} />}
    </main>
  );
}
