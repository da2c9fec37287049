// Between thread and composer: what bots do now, what machines propose, and what they noted.
import { useQuery, useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { useAct } from './act';
import { graphql } from './gql';
import type { MachinesQuery } from './gql/graphql';
import { Ago, Problems, words } from './ui';

const Machines = graphql(`
  query Machines($id: ID!) {
    conversation(id: $id) {
      id
      agentRuns { id state turn bot { id displayName } steps(last: 20) { nodes { id kind text createdAt } } }
      proposals(states: [WAITING], first: 10) {
        nodes {
          id
          kind
          text
          markdown
          confidence
          reason
          createdAt
          sources { title url }
          createdBy { ... on Bot { id displayName } ... on Integration { id displayName } ... on User { id displayName } }
        }
      }
      annotations { id kind value model confidence }
    }
  }
`);

// Events say that something is different, and not what: then all of it is loaded again.
const MachinesChanged = graphql(`
  subscription MachinesChanged($inboxIds: [ID!]) {
    events(
      inboxIds: $inboxIds
      types: [AGENT_RUN_CHANGED, AGENT_STEP_REPORTED, PROPOSAL_CREATED, PROPOSAL_ACCEPTED, PROPOSAL_DISMISSED, PROPOSAL_STALE, ANNOTATION_ADDED, ANNOTATION_REMOVED]
    ) { id conversation { id } }
  }
`);

const Stop = graphql(`
  mutation Stop($input: StopAgentRunInput!) {
    stopAgentRun(input: $input) { agentRun { id state } conversation { id ...Row } userErrors { code message field } }
  }
`);

const Accept = graphql(`
  mutation Accept($input: AcceptProposalInput!) {
    acceptProposal(input: $input) { proposal { id state } conversation { id ...Row } userErrors { code message field } }
  }
`);

const Dismiss = graphql(`
  mutation Dismiss($input: DismissProposalInput!) {
    dismissProposal(input: $input) { proposal { id state } userErrors { code message field } }
  }
`);

type Conversation = NonNullable<MachinesQuery['conversation']>;
type Run = Conversation['agentRuns'][number];
type Proposal = Conversation['proposals']['nodes'][number];

const atWork = ['PENDING', 'ACTIVE', 'AWAITING_APPROVAL'];

export function MachinesPane({ id, inboxId }: { id: string; inboxId: string }) {
  const { data, refetch } = useQuery(Machines, { variables: { id }, fetchPolicy: 'network-only' });
  useSubscription(MachinesChanged, {
    variables: { inboxIds: [inboxId] },
    ignoreResults: true,
    onData: ({ data: { data } }) => void (data?.events.conversation?.id === id && refetch()),
  });
  const conversation = data?.conversation;
  if (!conversation) return null;
  const run = conversation.agentRuns.find((one) => atWork.includes(one.state));
  const proposals = conversation.proposals.nodes;
  if (!run && proposals.length + conversation.annotations.length === 0) return null;
  return (
    <section className="machines" aria-label="Assistants">
      {conversation.annotations.length > 0 && (
        <dl className="noted">
          {conversation.annotations.map((noted) => (
            <div key={noted.id} title={[noted.model, sure(noted.confidence)].filter(Boolean).join(', ')}><dt>{words(noted.kind)}</dt><dd>{noted.value}</dd></div>
          ))}
        </dl>
      )}
      {run && <RunView run={run} />}
      {proposals.map((proposal) => <ProposalView key={proposal.id} proposal={proposal} changed={() => void refetch()} />)}
    </section>
  );
}

function RunView({ run }: { run: Run }) {
  const { act, problems, busy } = useAct();
  return (
    <article className="run" aria-label={`${run.bot.displayName} at work`}>
      <header>
        <b>{run.bot.displayName}</b> <span className="label">{words(run.state)}</span>
        <span className="space" />
        <button type="button" disabled={busy} onClick={() => void act(Stop, { input: { runId: run.id } })}>Stop</button>
      </header>
      <ol aria-live="polite">{run.steps.nodes.map((step) => <li key={step.id}><span className="hint">{words(step.kind)}</span> {step.text} <Ago at={step.createdAt} /></li>)}</ol>
      <Problems of={problems} />
    </article>
  );
}

function ProposalView({ proposal, changed }: { proposal: Proposal; changed(): void }) {
  const { act, problems, busy } = useAct();
  const [edited, setEdited] = useState<string | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const proposalId = proposal.id;
  const reply = proposal.kind === 'REPLY';
  const by = 'displayName' in proposal.createdBy ? proposal.createdBy.displayName : '';
  const decide = async (done: Promise<unknown>) => (await done) && changed();
  return (
    <article className="proposal" aria-label={`Proposed by ${by}`}>
      <header><b>{by}</b> proposes {reply ? 'a reply' : 'an action'} <span className="hint">{sure(proposal.confidence)}</span> <Ago at={proposal.createdAt} /></header>
      {edited === null
        ? <p className="text">{reply ? proposal.markdown : proposal.text}</p>
        : <textarea aria-label="Edited reply" rows={4} value={edited} onChange={(event) => setEdited(event.target.value)} />}
      {proposal.reason && <p className="hint">{proposal.reason}</p>}
      {proposal.sources.length > 0 && (
        <p className="hint">
          Sources: {proposal.sources.map((source, i) => <span key={i}>{i > 0 && ', '}{source.url ? <a href={source.url} target="_blank" rel="noreferrer noopener">{source.title}</a> : source.title}</span>)}
        </p>
      )}
      {note !== null && <input aria-label="Why not" placeholder="Why not? The assistant reads it." value={note} autoFocus onChange={(event) => setNote(event.target.value)} />}
      <div className="buttons">
        {note === null && <button type="button" className="primary" disabled={busy} onClick={() => void decide(act(Accept, { input: { proposalId, markdown: edited } }))}>{edited !== null ? 'Send edited' : reply ? 'Send' : 'Do it'}</button>}
        {note === null && reply && edited === null && <button type="button" onClick={() => setEdited(proposal.markdown ?? '')}>Edit</button>}
        {edited === null && <button type="button" disabled={busy} onClick={() => (note === null ? setNote('') : void decide(act(Dismiss, { input: { proposalId, note } })))}>Dismiss</button>}
        {(edited !== null || note !== null) && <button type="button" onClick={() => { setEdited(null); setNote(null); }}>Cancel</button>}
      </div>
      <Problems of={problems} />
    </article>
  );
}

const sure = (confidence?: number | null) => (confidence == null ? '' : `${Math.round(confidence * 100)} % sure`);
