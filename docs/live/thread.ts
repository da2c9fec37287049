// The messages of one conversation, kept in sync, and sending.
import { Fault, type Parley } from './client.js';

/** A message. Select what you show in `fields` below; id and number are required. */
export interface Message {
  id: string;
  /** Its position in the conversation, from 1, without gaps. */
  number: number;
  direction: 'INCOMING' | 'OUTGOING' | 'NOTE' | 'SYSTEM';
  /** Empty if it was deleted. */
  text: string;
  delivery: string;
  editedAt: string | null;
  deletedAt: string | null;
}

const fields = 'id number direction text delivery editedAt deletedAt';

const page = `
  query($id: ID!, $last: Int, $before: String) {
    conversation(id: $id) {
      messages(last: $last, before: $before) { sequence pageInfo { hasPreviousPage startCursor } nodes { ${fields} } }
    }
  }`;

const subscription = `
  subscription($id: ID!, $after: Sequence!) {
    messages(conversationId: $id, after: $after) { sequence kind message { ${fields} } }
  }`;

const mutation = `
  mutation($input: SendMessageInput!) {
    sendMessage(input: $input) { message { ${fields} } userErrors { code message } }
  }`;

interface Page {
  /** The page has every change up to this number: it is safe as `after`. */
  sequence: number;
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
  nodes: Message[];
}

interface Change {
  sequence: number;
  kind: 'ADDED' | 'CHANGED' | 'DELETED';
  message: Message;
}

interface Sent {
  message: Message | null;
  userErrors: { code: string; message: string }[];
}

/** The number of messages to load at a time. */
const pageSize = 50;

export class Thread {
  readonly #parley: Parley;
  readonly #id: string;
  readonly #changed: () => void;
  #messages = new Map<string, Message>();
  #sending = new Map<string, string>();
  /** The number of the first message that is shown; earlier pages are not loaded. */
  #first = 1;
  #before: string | null = null;
  /** The sequence number up to which all changes are in #messages; undefined: load again. */
  #after: number | undefined;
  /** Stops following. */
  readonly close: () => void;

  /** `changed` is called after each change; `ended` when the conversation can no longer be followed. */
  constructor(parley: Parley, conversationId: string, changed: () => void, ended: (fault: Fault) => void) {
    this.#parley = parley;
    this.#id = conversationId;
    this.#changed = changed;
    this.close = parley.follow<{ messages: Change }>(
      () => this.#start(),
      (data) => this.#apply(data.messages),
      (fault) => this.#lost(fault) || (ended(fault), false),
    );
  }

  /** The loaded messages, oldest first; deleted ones stay in their place, empty. */
  get messages(): Message[] {
    const shown = [...this.#messages.values()].filter((message) => message.number >= this.#first);
    return shown.sort((a, b) => a.number - b.number);
  }

  /** The texts that are being sent: show them below the messages, greyed out. */
  get sending(): string[] {
    return [...this.#sending.values()];
  }

  /** Whether there are messages before those shown: load them with `older`. */
  get hasOlder(): boolean {
    return this.#before !== null;
  }

  async #start() {
    if (this.#after === undefined) await this.#load();
    return { query: subscription, variables: { id: this.#id, after: this.#after } };
  }

  // Everything committed up to the page's sequence is on the page; everything
  // committed later arrives as a change. A message may arrive both ways, which
  // does no harm.
  async #load(): Promise<void> {
    const read = await this.#page(null);
    this.#messages = new Map();
    this.#show(read);
    this.#after = read.sequence;
  }

  async #page(before: string | null): Promise<Page> {
    const variables = { id: this.#id, last: pageSize, before };
    const { conversation } = await this.#parley.request<{ conversation: { messages: Page } | null }>(page, variables);
    if (!conversation) throw new Fault('NOT_FOUND', 'there is no such conversation', false);
    return conversation.messages;
  }

  // A page never replaces a message that arrived as a change: the page may have
  // been read before that change. If the page is newer, a further change follows.
  #show({ pageInfo, nodes }: Page): void {
    for (const message of nodes) if (!this.#messages.has(message.id)) this.#messages.set(message.id, message);
    this.#first = nodes[0]?.number ?? 1;
    this.#before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    this.#changed();
  }

  /** Loads the page before the messages that are shown. */
  async older(): Promise<void> {
    const before = this.#before;
    if (before === null) return;
    const read = await this.#page(before);
    if (before === this.#before) this.#show(read); // otherwise everything was loaded again while this page was read
  }

  // All three kinds contain the current message: it is enough to keep the latest.
  #apply({ sequence, message }: Change): void {
    if (this.#after === undefined || sequence <= this.#after) return; // already applied before an interruption
    this.#after = sequence;
    this.#messages.set(message.id, message);
    this.#changed();
  }

  // The log drops what is older than its retention (CURSOR_EXPIRED), and that of
  // a restored database may end before our position (INVALID): in both cases,
  // load everything again.
  #lost(fault: Fault): boolean {
    const reload = this.#after !== undefined && (fault.code === 'CURSOR_EXPIRED' || fault.code === 'INVALID');
    if (reload) this.#after = undefined;
    return reload;
  }

  /**
   * Sends a message exactly once, however many retries are needed. Throws a Fault
   * if the server refuses it. To send it only once even across a reload of the
   * page, store the key with the text before the first try: it is valid for 24 hours.
   */
  async send(text: string, key: string = crypto.randomUUID()): Promise<Message> {
    this.#sending.set(key, text);
    this.#changed();
    try {
      const input = { conversationId: this.#id, text, idempotencyKey: key };
      const { sendMessage } = await this.#parley.request<{ sendMessage: Sent }>(mutation, { input });
      const [refusal] = sendMessage.userErrors;
      if (refusal || !sendMessage.message) throw new Fault(refusal?.code ?? 'UNKNOWN', refusal?.message ?? 'no message came back', false);
      // The subscription delivers it too, perhaps earlier.
      if (!this.#messages.has(sendMessage.message.id)) this.#messages.set(sendMessage.message.id, sendMessage.message);
      return sendMessage.message;
    } finally {
      this.#sending.delete(key);
      this.#changed();
    }
  }
}
