// What happened with a contact, in one order.
import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { EngagementPartsFragment, TimelineKind, TimelineQuery } from './gql/graphql';
import { Ago, words } from './ui';

const Timeline = graphql(`
  query Timeline($id: ID!, $kinds: [TimelineKind!], $after: String) {
    contact(by: { id: $id }) {
      id
      timeline(kinds: $kinds, first: 30, after: $after) {
        nodes {
          kind
          at
          item {
            __typename
            ... on Conversation { id displayName preview status }
            ... on Engagement { id ...EngagementParts }
            ... on Ticket { id ...TicketParts }
            ... on Deal { id ...DealParts }
            ... on PageView { id url title }
            ... on Consent { id consentKind: kind applies contactSubscriptionType { id name } }
            ... on TimelineListChange { list { id name } entered }
          }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

const Complete = graphql(`
  mutation Complete($input: CompleteTaskInput!) {
    completeTask(input: $input) { engagement { id ...EngagementParts } userErrors { code message field } }
  }
`);

const kinds: TimelineKind[] = ['CONVERSATION', 'ENGAGEMENT', 'TICKET', 'DEAL', 'PAGE_VIEW', 'CONSENT', 'LIST_CHANGE'];

type Line = NonNullable<TimelineQuery['contact']>['timeline']['nodes'][number];

export function ContactTimeline({ id }: { id: string }) {
  const [kind, setKind] = useState<TimelineKind | ''>('');
  const variables = { id, kinds: kind ? [kind] : null };
  const { data, error, fetchMore } = useQuery(Timeline, { variables });
  const [older, setOlder] = useState<Line[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const timeline = data?.contact?.timeline;
  if (error) return <p className="problem" role="alert">{error.message}</p>;
  const after = next ?? timeline?.pageInfo.endCursor;
  const more = next === null ? timeline?.pageInfo.hasNextPage : next !== '';
  async function load() {
    const page = (await fetchMore({ variables: { ...variables, after }, updateQuery: (known) => known as TimelineQuery })).data?.contact?.timeline;
    if (!page) return;
    setOlder([...older, ...page.nodes]);
    setNext(page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? '') : '');
  }
  return (
    <section aria-label="Timeline">
      <select aria-label="Kind" value={kind} onChange={(event) => { setKind(event.target.value as TimelineKind); setOlder([]); setNext(null); }}>
        <option value="">Everything</option>
        {kinds.map((k) => <option key={k} value={k}>{words(k)}</option>)}
      </select>
      {!timeline && <p className="empty" role="status">Loading …</p>}
      {timeline?.nodes.length === 0 && <p className="empty">Nothing yet.</p>}
      <ol className="timeline">{[...(timeline?.nodes ?? []), ...older].map((line, i) => <li key={i}>{line.item.__typename !== 'Engagement' && <span className="label">{words(line.kind)}</span>} <What line={line} /> {line.item.__typename !== 'Engagement' && <Ago at={line.at} />}</li>)}</ol>
      {more && <button type="button" className="link" onClick={() => void load()}>Earlier</button>}
    </section>
  );
}

function What({ line: { item } }: { line: Line }) {
  switch (item.__typename) {
    case 'Conversation': return <>{item.preview || item.displayName}</>;
    case 'Engagement': return <EngagementLine engagement={item} />;
    case 'Ticket': return <>#{item.number} {item.subject} · {item.stage.name}</>;
    case 'Deal': return <>{item.name} · {item.stage.name}</>;
    case 'PageView': return <>{item.title ?? item.url}</>;
    case 'Consent': return <>{item.contactSubscriptionType?.name ?? words(item.consentKind)}: {item.applies ? 'given' : 'withdrawn'}</>;
    case 'TimelineListChange': return <>{item.entered ? 'Entered' : 'Left'} {item.list?.name ?? 'a list'}</>;
    default: return null;
  }
}

export function EngagementLine({ engagement }: { engagement: EngagementPartsFragment }) {
  const { act } = useAct();
  const { body } = engagement;
  const task = body.__typename === 'EngagementTask' ? body : null;
  const title = 'title' in body ? body.title : 'subject' in body ? body.subject : null;
  return (
    <p className="engagement">
      {task && <input type="checkbox" aria-label={`${task.title} is done`} checked={!!task.doneAt} onChange={(event) => void act(Complete, { input: { engagementId: engagement.id, done: event.target.checked } })} />}
      <span className="label">{words(engagement.kind)}</span> {title && <b>{title}</b>} {'callOutcome' in body && body.callOutcome && words(body.callOutcome)} {'text' in body && body.text}
      {task?.dueAt ? <> · due <Ago at={task.dueAt} /></> : <> · <Ago at={engagement.at} /></>}
    </p>
  );
}
