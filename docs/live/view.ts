// A list of conversations, kept in sync: the first rows of a view.
import type { Fault, Parley } from './client.js';

/** Selects the conversations: the arguments of Subscription.conversationView. */
export interface Selection {
  inboxId?: string;
  view?: { builtIn: string } | { savedViewId: string };
  filter?: Record<string, unknown>;
  orderBy?: string;
  first?: number;
}

/** A row. Select what you show in `fields` below; id and revision are required. */
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
  subscription($inboxId: ID, $view: ViewInput, $filter: ConversationFilter, $orderBy: ConversationOrder, $first: Int) {
    conversationView(inboxId: $inboxId, view: $view, filter: $filter, orderBy: $orderBy, first: $first) {
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

  /** `changed` is called after each change; `ended` when the view can no longer be followed. */
  constructor(parley: Parley, selection: Selection, changed: () => void, ended: (fault: Fault) => void) {
    this.#changed = changed;
    // There is no position to continue from: after an interruption a new snapshot arrives.
    this.close = parley.follow<{ conversationView: Update }>(
      async () => ({ query: subscription, variables: { ...selection } }),
      (data) => this.#apply(data.conversationView),
      (fault) => (ended(fault), false),
    );
  }

  /** The rows in the view's order, whichever that is: they are sorted by their cursors. */
  get rows(): Conversation[] {
    const rows = [...this.#rows.values()];
    return rows.sort((a, b) => (a.cursor < b.cursor ? -1 : 1)).map((row) => row.conversation);
  }

  /** Whether a snapshot has arrived, and no newer one is expected. */
  get current(): boolean {
    return this.#current;
  }

  #apply(update: Update): void {
    switch (update.__typename) {
      case 'ViewSnapshot': // replaces all previous rows
        this.#rows = new Map(update.conversations.edges.map(({ cursor, node }) => [node.id, { cursor, conversation: node }]));
        this.#current = true;
        break;
      case 'ViewReset': // changes were dropped: the rows may be outdated until the snapshot arrives
        this.#current = false;
        break;
      case 'ViewChanges':
        update.changes.forEach((change) => this.#change(change));
    }
    this.#changed();
  }

  // A row may be newer than its event, so the next event may contain an older
  // one. If the revisions are equal, the later row wins: the caller's read state
  // and the contact's name change without a new revision.
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
