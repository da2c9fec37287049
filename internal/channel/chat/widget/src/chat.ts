// The visitor's conversations: which there are, which one is shown, what comes
// in live, and what goes out.

import { type Api, ApiError, idempotencyKey } from "./api";
import { News, type Reader } from "./news";
import * as operations from "./operations";
import { type Carrier, type Draft, keyOf, Outbox } from "./outbox";
import { address } from "./page";
import type { Session } from "./session";
import type { Signals } from "./signals";
import { type Kept, Shelf, Storage } from "./storage";
import { Thread } from "./thread";
import { Drafts, type DraftsKept } from "./drafts";
import type { Change, Conversation, Message, TargetedMessage } from "./types";

/** How often typing is told, in milliseconds. */
const typingAgain = 3_000;

/** What the chat needs of its owner. */
export interface Owner {
  changed(): void;
  readonly signals: Signals;
  /** A message came in for the visitor. */
  arrived(message: Message): void;
  /** What a new chat begins from. */
  readonly targetedMessage: TargetedMessage | null;
  /** That, read anew. */
  targeted(): Promise<TargetedMessage | null>;
  /** Whether the visitor sees the thread now. */
  watching(): boolean;
  /** The widget must ask for consent, or an address, after all. */
  needed(code: string): void;
}

export class Chat implements Carrier, Reader {
  conversations: Conversation[] = [];
  thread: Thread = new Thread(null, idempotencyKey());
  readonly outbox: Outbox;
  readonly unsent: Drafts;
  /** Whether the last call reached nobody. */
  unreachable = false;

  private readonly news: News;
  private told = { typing: false, at: 0 };
  /** Whether the visitor asked for a new chat, so that one of another page is not shown in its place. */
  private chosen = false;

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly storage: Storage<Kept>,
    private readonly owner: Owner,
    channelKey: string,
  ) {
    this.outbox = new Outbox(new Shelf(`parley-draft:${channelKey}:`, storage), this, `parley-outbox:${channelKey}`);
    this.news = new News(api, session, this);
    this.unsent = new Drafts(api, session, new Storage<DraftsKept>(`parley-unsent:${channelKey}`, () => sessionStorage), owner);
  }

  /** Whether live changes come in. */
  get live(): boolean {
    return this.news.live;
  }

  /** Where what the visitor writes now is kept. */
  get place(): string {
    return this.thread.id ?? "";
  }

  /** Whether what begins the shown thread is on its way. */
  get waiting(): boolean {
    return this.outbox.of(null, this.thread.local).length > 0;
  }

  /** How many messages the visitor has not read, in all conversations. */
  get unread(): number {
    return this.conversations.reduce((sum, conversation) => sum + conversation.unread, 0);
  }

  /** Loads the list and goes on where the visitor was; welcome is what a new chat begins from. */
  async resume(welcome: TargetedMessage | null): Promise<void> {
    await this.loadList();
    await this.goOn(welcome, null);
  }

  /** Goes on where the visitor was, once the list is there; last is the conversation that was open last, if it is there too. */
  async goOn(welcome: TargetedMessage | null, last: Conversation | null): Promise<void> {
    const begun = this.outbox.beginning();
    const kept = this.storage.get("conversation");
    const own = this.conversations.find(({ id }) => id === kept) ?? this.conversations.find(({ status }) => status === "OPEN");
    if (begun) {
      this.begin(welcome, begun.local);
    } else if (own && kept !== null) {
      if (own.id === last?.id) this.take(this.open(own.id), last);
      else await this.show(own.id);
    } else {
      this.begin(welcome);
    }
    void this.outbox.flush();
    this.news.schedule();
  }

  async loadList(): Promise<void> {
    const { visitorConversations } = await this.ask<{ visitorConversations: { nodes: Conversation[] } }>(operations.listConversations);
    this.setList(visitorConversations.nodes);
  }

  setList(conversations: Conversation[]): void {
    this.conversations = conversations;
    this.owner.changed();
  }

  /** Shows a new, empty chat; chosen: the visitor asked for it. */
  begin(welcome: TargetedMessage | null, local = idempotencyKey(), chosen = false): void {
    this.chosen = chosen;
    this.thread = new Thread(null, local, welcome);
    this.thread.loaded = true;
    this.news.follow();
    this.owner.changed();
  }

  /** Shows one of the conversations. */
  async show(id: string): Promise<void> {
    this.open(id);
    this.storage.set("conversation", id);
    await this.reload();
  }

  /** Shows the conversation that another page of the site went on with, if the visitor is at nothing else here. */
  async join(): Promise<void> {
    const id = this.storage.get("conversation");
    if (!id || !this.session.known || id === this.thread.id) return;
    if (this.thread.id || this.chosen || this.waiting) {
      if (!this.conversations.some((known) => known.id === id)) await this.loadList();
      return;
    }
    this.unsent.move("", id);
    await this.show(id);
  }

  /** Loads the last messages of the shown conversation. */
  async reload(): Promise<void> {
    const thread = this.thread;
    if (!thread.id) return;
    const { visitorConversation: found } = await this.ask<{ visitorConversation: Conversation | null }>(operations.loadConversation, { id: thread.id });
    if (found) this.take(thread, found);
    else this.lose(thread);
  }

  private open(id: string): Thread {
    if (this.thread.id !== id) {
      this.news.unfollow(); // what it tells is not this one's
      this.thread = new Thread(id, id);
    }
    this.owner.changed();
    return this.thread;
  }

  /** Takes what was loaded of a conversation. */
  private take(thread: Thread, found: Conversation): void {
    const before = thread.loaded ? thread.lastNumber() : Infinity;
    const was = thread.loaded ? thread.status : null;
    thread.load(found);
    this.tellClosed(thread, was);
    this.note(found);
    for (const message of thread.list()) {
      if (message.number > before && message.direction === "OUTGOING") this.owner.arrived(message);
    }
    if (thread === this.thread) this.news.follow();
    this.read();
    this.owner.changed();
  }

  async loadEarlier(): Promise<void> {
    const { id, earlier } = this.thread;
    const thread = this.thread;
    if (!id || !earlier) return;
    const { visitorConversation: found } = await this.ask<{ visitorConversation: Conversation | null }>(operations.loadConversation, { id, before: earlier });
    if (found) thread.prepend(found.messages);
    this.owner.changed();
  }

  /** Asks for the addresses of a message's files anew; undefined: it is gone. */
  async renew({ number }: Message): Promise<Message | undefined> {
    const thread = this.thread;
    const { visitorConversation: found } = await this.ask<{ visitorConversation: Conversation | null }>(operations.loadConversation, {
      id: thread.id,
      before: thread.before(number),
    });
    if (found) thread.renew(found.messages);
    this.owner.changed();
    return thread.list().find((message) => message.number === number);
  }

  /** Writes into the shown thread, and sends the files that are uploaded with it, unless the text goes alone and what is being written stays. start is what startChat takes, where the thread has no conversation yet. */
  write(text: string, start: Draft["start"], alone = false): void {
    const { id, local } = this.thread;
    const files = alone ? [] : this.unsent.take(this.place);
    if (!text && !files.length) return;
    this.told.typing = false;
    this.outbox.push({
      key: idempotencyKey(),
      at: performance.timeOrigin + performance.now(),
      version: 0,
      by: this.session.writer,
      conversation: id,
      local,
      text,
      files,
      start: id ? null : start,
      failed: "",
      code: "",
      after: this.thread.lastNumber(),
    });
  }

  /** Tells the team that the visitor types, or stopped; not more often than needed. */
  typing(on: boolean): void {
    const { id } = this.thread;
    const now = Date.now();
    if (!id || this.thread.continued || (on ? this.told.typing && now - this.told.at < typingAgain : !this.told.typing)) return;
    this.told = { typing: on, at: now };
    this.api.change(operations.setTyping, { conversationId: id, typing: on }).catch(() => undefined);
  }

  /** Notes that the visitor has seen the shown thread, if they have. */
  read(): void {
    const { id } = this.thread;
    const conversation = this.conversations.find((one) => one.id === id);
    if (!id || !this.thread.loaded || this.thread.continued || !conversation?.unread || !this.owner.watching()) return;
    conversation.unread = 0;
    const upTo = this.thread.list().at(-1)?.id;
    this.api.change(operations.markRead, { conversationId: id, upTo }).catch(() => {
      conversation.unread = 1; // is tried again with the next look
    });
    this.owner.changed();
  }

  /** Answers what is asked of the shown thread once it is closed. It reports whether the answer was taken. */
  async rate(operation: string, score: number, comment: string): Promise<boolean> {
    const { thread } = this;
    try {
      await this.reached(this.session.run(() => this.api.change(operation, { conversationId: thread.id, score, comment, idempotencyKey: idempotencyKey() })));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "ALREADY_EXISTS") return false; // answered in another window
    }
    thread.rating = null;
    thread.rated = true;
    this.owner.changed();
    return true;
  }

  /** The network is back, or the visitor is. */
  hurry(): void {
    void this.outbox.flush();
    this.unsent.hurry();
    this.news.hurry();
  }

  /** The widget leaves the page, and may come back. */
  leave(): void {
    this.news.leave();
  }

  /** Whether the visitor has that conversation. */
  async has(id: string): Promise<boolean> {
    if (this.conversations.some((known) => known.id === id)) return true;
    const { visitorConversation: found } = await this.ask<{ visitorConversation: Conversation | null }>(operations.loadConversation, { id });
    if (found) this.note(found);
    return found !== null;
  }

  /** The channel was removed: nothing comes or goes any more. */
  end(): void {
    this.news.end();
  }

  /** Leaves all that is the visitor's: another one begins. */
  reset(): void {
    this.conversations = [];
    this.told.typing = false;
    this.begin(null);
  }

  // Carrier

  async deliver({ key }: Draft): Promise<void> {
    await this.session.need();
    const draft = this.outbox.find(key);
    if (!draft) throw new ApiError("STALE", "");
    if (draft.conversation) {
      await this.deliverNext(draft, draft.conversation);
    } else {
      await this.deliverFirst(draft);
    }
  }

  async mend(draft: Draft, { code, field }: ApiError): Promise<Partial<Draft> | null> {
    if (code === "PROOF_REQUIRED" && this.thread.id === draft.conversation) this.thread.continued = true;
    if (["CONSENT_REQUIRED", "EMAIL_REQUIRED", "FIELDS_REQUIRED", "PROOF_REQUIRED"].includes(code)) {
      this.owner.needed(code);
      return null;
    }
    const moved = draft.start && draft.code === "NOT_FOUND";
    if (code !== "NOT_FOUND" || moved || !["conversationId", "targetedMessageId"].includes(field[0] ?? "")) return null;
    const targeted = await this.owner.targeted().catch(() => null);
    if (!targeted) return null;
    const { thread } = this;
    if (draft.conversation && thread.id === draft.conversation) this.lose(thread);
    return {
      code,
      conversation: null,
      local: draft.conversation && !this.thread.id ? this.thread.local : draft.local,
      start: { ...draft.start, targetedMessageId: targeted.id, targetedMessageVersion: targeted.version, pageUrl: address() },
    };
  }

  writer(): string {
    return this.session.writer;
  }

  changed(): void {
    this.owner.changed();
  }

  watching(): boolean {
    return this.owner.watching();
  }

  private async deliverFirst(draft: Draft): Promise<void> {
    const { text, files, start, local } = draft;
    const input = { ...start, text, attachmentIds: idsOf(files), idempotencyKey: keyOf(draft) };
    const { conversation } = await this.send<{ conversation: Conversation }>(draft, operations.startChat, input);
    this.outbox.began(draft, conversation.id);
    this.note(conversation);
    this.owner.signals.emit("conversationStarted", { conversationId: conversation.id });
    if (this.thread.local !== local) return;
    this.thread.load(conversation);
    this.unsent.move("", conversation.id);
    this.storage.set("conversation", conversation.id);
    this.news.follow();
  }

  private async deliverNext(draft: Draft, conversationId: string): Promise<void> {
    const { text, files } = draft;
    const input = { conversationId, text, attachmentIds: idsOf(files), idempotencyKey: keyOf(draft) };
    const sent = await this.send<{ message: Message; conversation: { id: string; status: "OPEN" | "CLOSED" } }>(draft, operations.sendMessage, input);
    if (sent.conversation.id !== conversationId) {
      this.outbox.moved(draft, sent.conversation.id); // IN-20: a new one began
      this.owner.signals.emit("conversationStarted", { conversationId: sent.conversation.id });
      if ((this.thread.id ?? this.thread.local) !== conversationId) return;
      this.unsent.move(this.place, sent.conversation.id);
      await this.show(sent.conversation.id);
      return;
    }
    if (this.thread.id !== conversationId) return;
    this.thread.add(sent.message);
    this.thread.status = sent.conversation.status;
  }

  /** Sends a draft as the visitor who wrote it, and as nobody else. */
  private send<T>({ key }: Draft, query: string, input: object): Promise<T> {
    return this.reached(
      this.session.run(async () => {
        if (!this.outbox.find(key)) throw new ApiError("STALE", "");
        return this.api.change<T>(query, input);
      }),
    );
  }

  // What comes in

  apply(change: Change): void {
    const was = this.thread.status;
    const isNew = this.thread.apply(change, Date.now());
    this.tellClosed(this.thread, was);
    if (change.__typename === "VisitorConversationContinued") this.news.follow();
    if (change.__typename === "VisitorStatusChange" && change.status === "CLOSED") void this.reload().catch(() => undefined); // it may ask something
    if (change.__typename === "VisitorTyping") setTimeout(() => this.owner.changed(), 7_100);
    if (isNew && change.__typename === "VisitorMessageChange") {
      const conversation = this.conversations.find(({ id }) => id === this.thread.id);
      if (conversation) conversation.unread++;
      if (conversation && !conversation.assignee) void this.reload().catch(() => undefined); // someone may have taken it
      this.read();
      this.owner.arrived(change.message);
    }
    this.owner.changed();
  }

  async look(): Promise<void> {
    if (this.thread.id) await this.reload();
    else if (this.conversations.length) await this.loadList();
  }

  /** Says that a conversation was closed, if that is news. */
  private tellClosed({ id, status }: Thread, was: string | null): void {
    if (id && was === "OPEN" && status === "CLOSED") this.owner.signals.emit("conversationClosed", { conversationId: id });
  }

  // The list

  private note(conversation: Conversation): void {
    const place = this.conversations.findIndex(({ id }) => id === conversation.id);
    if (place < 0) this.conversations = [conversation, ...this.conversations];
    else this.conversations[place] = conversation;
  }

  /** Shows an empty chat in the place of a conversation that is gone, and known by its id: what is still to go there may begin another. */
  private lose(thread: Thread): void {
    this.conversations = this.conversations.filter(({ id }) => id !== thread.id);
    if (thread.id) this.unsent.move(thread.id, "");
    if (thread.id === this.storage.get("conversation")) this.storage.set("conversation", undefined);
    if (thread === this.thread) this.begin(thread.welcome ?? this.owner.targetedMessage, thread.id ?? thread.local);
  }

  private async ask<T>(query: string, variables: object = {}): Promise<T> {
    return this.reached(this.session.run(() => this.api.ask<T>(query, variables)));
  }

  /** Notes whether a call reached the server. */
  private async reached<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      this.unreachable = false;
      return answer;
    } catch (error) {
      this.unreachable = error instanceof ApiError && error.code === "NETWORK";
      throw error;
    } finally {
      this.owner.changed();
    }
  }
}

function idsOf(files: Draft["files"]): string[] | undefined {
  return files?.map(({ id }) => id);
}
