// The messages of one conversation, which stay true, and sending.
import { Fault, type Parley } from './client.js';

/** A message. Select what you show, in `fields` below; id and number must be there. */
export interface Message {
  id: string;
  /** Its place in the conversation, from 1, gapless. */
  number: number;
  direction: 'INCOMING' | 'OUTGOING' | 'NOTE' | 'SYSTEM';
  /** Empty when it was deleted. */
  text: string;
  delivery: string;
  editedAt: string | null;
  deletedAt: string | null;
}

const fields = 'id number direction text delivery editedAt deletedAt';

const head = `query { viewer { account { headSequence } } }`;

const page = `
  query($id: ID!, $last: Int, $before: String) {
    conversation(id: $id) {
      messages(last: $last, before: $before) { pageInfo { hasPreviousPage startCursor } edges { node { ${fields} } } }
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
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
  edges: { node: Message }[];
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

/** How many messages are read at a time. */
const pageSize = 50;

export class Thread {
  readonly #parley: Parley;
  readonly #id: string;
  readonly #changed: () => void;
  #messages = new Map<string, Message>();
  #sending = new Map<string, string>();
  /** The number of the first message that is shown; below it, pages were not read. */
  #first = 1;
  #before: string | null = null;
  /** The log's number up to which all changes are in #messages; undefined: load anew. */
  #after: number | undefined;
  /** Stops following. */
  readonly close: () => void;

  /** `changed` is called after each change; `ended` when the conversation cannot be followed any more. */
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

  /** The messages that were read, oldest first; deleted ones stay in their places, empty. */
  get messages(): Message[] {
    const shown = [...this.#messages.values()].filter((message) => message.number >= this.#first);
    return shown.sort((a, b) => a.number - b.number);
  }

  /** What is on its way: show it below the messages, greyed out. */
  get sending(): string[] {
    return [...this.#sending.values()];
  }

  /** Whether there are messages before those shown: read them with `older`. */
  get hasOlder(): boolean {
    return this.#before !== null;
  }

  async #start() {
    if (this.#after === undefined) await this.#load();
    return { query: subscription, variables: { id: this.#id, after: this.#after } };
  }

  // The order matters: first the log's head, then the messages, then the
  // changes after that head. What was committed up to the head is in the
  // messages, which are read later; what is committed after it comes as a
  // change. A message may come both ways, which does no harm. The other way
  // round, one that is committed between the two reads would be in neither.
  // Both in one request would not do: a query's fields have no order.
  async #load(): Promise<void> {
    const { viewer } = await this.#parley.request<{ viewer: { account: { headSequence: number } } }>(head, {});
    const read = await this.#page(null);
    this.#messages = new Map();
    this.#show(read);
    this.#after = viewer.account.headSequence;
  }

  async #page(before: string | null): Promise<Page> {
    const variables = { id: this.#id, last: pageSize, before };
    const { conversation } = await this.#parley.request<{ conversation: { messages: Page } | null }>(page, variables);
    if (!conversation) throw new Fault('NOT_FOUND', 'there is no such conversation', false);
    return conversation.messages;
  }

  // A page never replaces a message that a change brought: it may have been read
  // before that change. If it is the newer one, the change that made it so follows.
  #show({ pageInfo, edges }: Page): void {
    for (const { node } of edges) if (!this.#messages.has(node.id)) this.#messages.set(node.id, node);
    this.#first = edges[0]?.node.number ?? 1;
    this.#before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    this.#changed();
  }

  /** Reads the page before the messages that are shown. */
  async older(): Promise<void> {
    const before = this.#before;
    if (before === null) return;
    const read = await this.#page(before);
    if (before === this.#before) this.#show(read); // else loaded anew meanwhile
  }

  // All three kinds bring the message as it is: to keep the latest is enough.
  #apply({ sequence, message }: Change): void {
    if (this.#after === undefined || sequence <= this.#after) return; // seen before a break
    this.#after = sequence;
    this.#messages.set(message.id, message);
    this.#changed();
  }

  // The log forgets what is older than its retention (CURSOR_EXPIRED), and a
  // database that was restored may not reach as far as we do (INVALID): in both
  // cases the way on is to load anew.
  #lost(fault: Fault): boolean {
    const anew = this.#after !== undefined && (fault.code === 'CURSOR_EXPIRED' || fault.code === 'INVALID');
    if (anew) this.#after = undefined;
    return anew;
  }

  /**
   * Sends a message, once, however often it has to be tried. It throws a Fault
   * when the server refuses it. To be sure across a reload of the page, too,
   * store the key with the text before the first try: it holds for 24 hours.
   */
  async send(text: string, key: string = crypto.randomUUID()): Promise<Message> {
    this.#sending.set(key, text);
    this.#changed();
    try {
      const input = { conversationId: this.#id, text, idempotencyKey: key };
      const { sendMessage } = await this.#parley.request<{ sendMessage: Sent }>(mutation, { input });
      const [refusal] = sendMessage.userErrors;
      if (refusal || !sendMessage.message) throw new Fault(refusal?.code ?? 'UNKNOWN', refusal?.message ?? 'no message came back', false);
      // The subscription brings it too, perhaps sooner.
      if (!this.#messages.has(sendMessage.message.id)) this.#messages.set(sendMessage.message.id, sendMessage.message);
      return sendMessage.message;
    } finally {
      this.#sending.delete(key);
      this.#changed();
    }
  }
}
