// One conversation as the widget holds it.

import type { Change, Conversation, Message, MessagePage, RatingQuestion, TargetedMessage } from "./types";

/** How long somebody counts as typing after they said so, in milliseconds. */
const typingHolds = 7_000;

/** A conversation, or one that the visitor is about to begin. */
export class Thread {
  /** The messages by their numbers, in their order. */
  private readonly messages = new Map<number, Message>();
  status: Conversation["status"] = "OPEN";
  /** What the visitor is asked of it now that it is closed; null: nothing. */
  rating: RatingQuestion | null = null;
  /** Whether they answered. */
  rated = false;
  /** Whether it goes on with a visitor who proved who they are, elsewhere. */
  continued = false;
  /** The visitor's place in the queue; null: none, or it is not told. */
  queuePosition: number | null = null;
  /** Where earlier messages go on; null: there are none. */
  earlier: string | null = null;
  /** Whether its messages were loaded. */
  loaded = false;
  /** Where its changes were when they were. */
  cursor: string | null = null;
  /** Who types, and until when. */
  private typist = { name: "", until: 0 };

  constructor(
    /** null until the first message was taken. */
    public id: string | null,
    /** Names it as long as it has no id. */
    readonly local: string,
    /** What it began from, as long as the page knows it. */
    readonly welcome: TargetedMessage | null = null,
  ) {}

  list(): Message[] {
    return [...this.messages.values()].sort((a, b) => a.number - b.number);
  }

  lastNumber(): number {
    return Math.max(0, ...this.messages.keys());
  }

  typing(now: number): string | null {
    return this.typist.until > now ? this.typist.name : null;
  }

  /** Takes what a query gave. Of the last page it is known that what lies in it and is missing was deleted. */
  load(conversation: Conversation): void {
    this.id = conversation.id;
    this.status = conversation.status;
    this.continued = conversation.continuedElsewhere;
    this.rating = conversation.ratingQuestion;
    const { edges, pageInfo } = conversation.messages;
    const first = pageInfo.hasPreviousPage ? (edges[0]?.node.number ?? 0) : 0;
    const last = edges.at(-1)?.node.number ?? 0;
    const beyond = first > this.lastNumber() + 1; // what lies between is not known
    if (beyond) this.loaded = false;
    for (const number of this.messages.keys()) {
      if (beyond || (number >= first && number <= last)) this.messages.delete(number);
    }
    this.put(edges);
    this.cursor = conversation.cursor;
    if (!this.loaded) this.earlier = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    this.loaded = true;
  }

  /** Takes a page of earlier messages. */
  prepend({ edges, pageInfo }: MessagePage): void {
    this.put(edges);
    this.earlier = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
  }

  /** Takes a message; cursor is its place in the list, if it is known. */
  add(message: Message, cursor?: string): void {
    this.messages.set(message.number, { ...message, at: Date.now(), cursor });
  }

  /** Where the page of earlier messages ends whose last one is of that number; null: with the last message of all. */
  before(number: number): string | null {
    return this.list().find((message) => message.number > number && message.cursor)?.cursor ?? null;
  }

  /** Takes messages of a page anew, as far as they are there. */
  renew({ edges }: MessagePage): void {
    this.put(edges.filter(({ node }) => this.messages.has(node.number)));
  }

  /** Applies a live change, which may come twice. It reports whether a new message to the visitor came. */
  apply(change: Change, now: number): boolean {
    switch (change.__typename) {
      case "VisitorTyping":
        this.typist = { name: change.authorName, until: change.typing ? now + typingHolds : 0 };
        return false;
      case "VisitorStatusChange":
        this.status = change.status;
        this.rated = false;
        return false;
      case "VisitorQueueChange":
        this.queuePosition = change.queuePosition;
        return false;
      case "VisitorConversationContinued":
        this.continued = true;
        return false;
      case "VisitorMessageChange":
        return this.applyMessage(change.kind, change.message);
    }
  }

  private applyMessage(kind: "ADDED" | "CHANGED" | "DELETED", message: Message): boolean {
    if (kind === "DELETED") {
      this.messages.delete(message.number);
      return false;
    }
    const isNew = kind === "ADDED" && !this.messages.has(message.number);
    this.add(message);
    if (isNew && message.direction === "INCOMING") this.status = "OPEN";
    if (isNew && message.direction !== "INCOMING") this.typist.until = 0;
    return isNew && message.direction === "OUTGOING";
  }

  private put(edges: MessagePage["edges"]): void {
    for (const { node, cursor } of edges) this.add(node, cursor);
  }
}
