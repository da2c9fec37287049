// A list of conversations that stays true: the first rows of a view.
import type { Fault, Parley } from './client.js';

/** Which conversations: the arguments of Subscription.conversationView. */
export interface Selection {
  inboxId?: string;
  view?: string;
  savedViewId?: string;
  filter?: Record<string, unknown>;
  orderBy?: string;
  first?: number;
}

/** A row. Select what you show, in `fields` below; id and revision must be there. */
export interface Conversation {
  id: string;
  revision: number;
  status: 'OPEN' | 'CLOSED';
  preview: string;
  unread: boolean;
  lastMessageAt: string;
  contact: { id: string; name: string; email: string | null } | null;
}

const fields = 'id revision status preview unread lastMessageAt contact { id name email }';

const subscription = `
  subscription($inboxId: ID, $view: ConversationView, $savedViewId: ID, $filter: ConversationFilter, $orderBy: ConversationOrder, $first: Int) {
    conversationView(inboxId: $inboxId, view: $view, savedViewId: $savedViewId, filter: $filter, orderBy: $orderBy, first: $first) {
      __typename
      ... on ViewSnapshot { conversations { edges { cursor node { ${fields} } } } }
      ... on ViewChanges {
        changes {
          __typename
          ... on ConversationEntered { cursor conversation { ${fields} } }
          ... on ConversationChanged { cursor conversation { ${fields} } }
          ... on ConversationLeft { conversationId reason }
        }
      }
    }
  }`;

interface Row {
  cursor: string;
  conversation: Conversation;
}

type Change =
  | ({ __typename: 'ConversationEntered' | 'ConversationChanged' } & Row)
  | { __typename: 'ConversationLeft'; conversationId: string; reason: 'NO_MATCH' | 'WINDOW' | 'ACCESS' };

type Update =
  | { __typename: 'ViewSnapshot'; conversations: { edges: { cursor: string; node: Conversation }[] } }
  | { __typename: 'ViewChanges'; changes: Change[] }
  | { __typename: 'ViewReset' };

export class View {
  #rows = new Map<string, Row>();
  #current = false;
  readonly #changed: () => void;
  /** Stops following. */
  readonly close: () => void;

  /** `changed` is called after each change; `ended` when the view cannot be followed any more. */
  constructor(parley: Parley, selection: Selection, changed: () => void, ended: (fault: Fault) => void) {
    this.#changed = changed;
    // There is nothing to go on from: after a break a new snapshot comes.
    this.close = parley.follow<{ conversationView: Update }>(
      async () => ({ query: subscription, variables: { ...selection } }),
      (data) => this.#apply(data.conversationView),
      (fault) => (ended(fault), false),
    );
  }

  /** The rows in the view's order: their cursors sort them, whatever that is. */
  get rows(): Conversation[] {
    const rows = [...this.#rows.values()];
    return rows.sort((a, b) => (a.cursor < b.cursor ? -1 : 1)).map((row) => row.conversation);
  }

  /** Whether a snapshot is there, and none is on its way. */
  get current(): boolean {
    return this.#current;
  }

  #apply(update: Update): void {
    switch (update.__typename) {
      case 'ViewSnapshot': // whatever was here is old
        this.#rows = new Map(update.conversations.edges.map(({ cursor, node }) => [node.id, { cursor, conversation: node }]));
        this.#current = true;
        break;
      case 'ViewReset': // changes were left out: what is here may be old until the snapshot comes
        this.#current = false;
        break;
      case 'ViewChanges':
        update.changes.forEach((change) => this.#change(change));
    }
    this.#changed();
  }

  // A row may be newer than the event that brought it, so the next event may
  // bring an older one. Of the same revision the later one counts: what the
  // caller has read and the contact's name change without a new revision.
  #change(change: Change): void {
    if (change.__typename === 'ConversationLeft') {
      this.#rows.delete(change.conversationId);
      return;
    }
    const { cursor, conversation } = change;
    const held = this.#rows.get(conversation.id);
    if (!held || conversation.revision >= held.conversation.revision) this.#rows.set(conversation.id, { cursor, conversation });
  }
}
