// Above the messages: what is special about a conversation, and what ends that.
import type { Actions } from './actions';
import type { FilteredReason, RowFragment } from './gql/graphql';

const reasons: Partial<Record<FilteredReason, string>> = {
  SPAM: 'Someone of the team marked it as spam.',
  BLOCKED_SENDER: 'Its sender is blocked.',
  ROLE_ADDRESS: 'It came from an address such as marketing@ or noreply@.',
  PROMOTIONAL: 'It is promotional or bulk mail.',
  AUTO_REPLY: 'It is an automatic reply.',
};

export function StateBar({ conversation, actions }: { conversation: RowFragment; actions: Actions }) {
  const { filtered, deletedAt, snoozedUntil, botState, status } = conversation;
  const others = filtered.filter((reason) => reason !== 'BLOCKED_SENDER');
  return (
    <>
      {deletedAt && (
        <div className="state bad" role="group" aria-label="In Trash">
          <p>In Trash since {new Date(deletedAt).toLocaleDateString()}; removed for good 30 days after.</p>
          <button type="button" onClick={() => void actions.restore()}>Restore</button>
        </div>
      )}
      {filtered.length > 0 && (
        <div className="state" role="group" aria-label="Filtered">
          <ul>{filtered.map((reason) => <li key={reason}>{reasons[reason] ?? reason}</li>)}</ul>
          {others.length > 0 && <button type="button" onClick={() => void actions.notSpam()}>{others.includes('SPAM') ? 'Not spam' : 'Accept it'}</button>}
          {filtered.includes('BLOCKED_SENDER') && <button type="button" onClick={() => void actions.unblock()}>Unblock the sender</button>}
        </div>
      )}
      {botState === 'ACTIVE' && status === 'OPEN' && (
        <div className="state" role="group" aria-label="Bot">
          <p>A bot is answering.</p>
          <button type="button" onClick={() => void actions.takeOver()}>Take over</button>
        </div>
      )}
      {snoozedUntil && (
        <div className="state" role="group" aria-label="Snoozed">
          <p>Snoozed until {new Date(snoozedUntil).toLocaleString()}, or until the contact writes.</p>
          <button type="button" onClick={() => void actions.unsnooze()}>End the snooze</button>
        </div>
      )}
      {actions.conflict && (
        <div className="state bad" role="alert">
          <p>{actions.problems.join(' ')} What you see now is how it is.</p>
        </div>
      )}
    </>
  );
}
