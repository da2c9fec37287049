// As much of a team's desk as the demo page needs: the conversations of an
// inbox, one of them open, kept up to date by subscriptions.

import { type Api, backOff } from "./api";
import { claim, close, followEvents, followPresence, listConversations, loadThread, markRead, sendMessage, setTyping } from "./deskops";

export interface Row {
  id: string;
  preview: string;
  status: "OPEN" | "CLOSED";
  unread: boolean;
  contact: { name: string | null; email: string | null } | null;
}

interface Thread {
  id: string;
  status: "OPEN" | "CLOSED";
  messages: { edges: { node: Line }[] };
}

export interface Line {
  id: string;
  direction: "INCOMING" | "OUTGOING" | "NOTE" | "SYSTEM";
  text: string;
  attachments: { id: string; fileName: string; url: string | null }[];
}

const typingAgain = 3_000;

export class Desk {
  rows: Row[] = [];
  thread: Thread | null = null;
  private socket: WebSocket | null = null;
  private chosen: string | null = null;
  private stopped = false;
  private tries = 0;
  private told = 0;
  private typist = false;

  constructor(
    private readonly api: Api,
    private readonly inboxId: string,
    private readonly drawList: (rows: Row[], chosen: string | null) => void,
    private readonly drawThread: (thread: Thread | null, typing: boolean) => void,
  ) {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.socket?.close(1000);
  }

  async loadList(): Promise<void> {
    const { conversations } = await this.api.ask<{ conversations: { edges: { node: Row }[] } }>(listConversations, { inbox: this.inboxId });
    this.rows = conversations.edges.map(({ node }) => node);
    this.drawList(this.rows, this.chosen);
  }

  async choose(id: string): Promise<void> {
    this.chosen = id;
    this.typist = false;
    this.tell({ id: "presence", type: "complete" });
    this.watchPresence();
    await this.load();
    this.drawList(this.rows, id);
  }

  claim(): Promise<void> {
    return this.change(claim, {});
  }

  close(): Promise<void> {
    return this.change(close, {});
  }

  typing(): void {
    const now = Date.now();
    if (!this.chosen || now - this.told < typingAgain) return;
    this.told = now;
    this.change(setTyping, { typing: true }).catch(() => undefined);
  }

  async send(text: string, idempotencyKey: string): Promise<void> {
    this.told = 0;
    await this.change(sendMessage, { text, idempotencyKey });
  }

  private async load(): Promise<void> {
    if (!this.chosen) return;
    const { conversation } = await this.api.ask<{ conversation: Thread | null }>(loadThread, { id: this.chosen });
    this.thread = conversation;
    this.drawThread(conversation, this.typist);
    if (conversation) await this.change(markRead, {});
  }

  private async change(query: string, input: object): Promise<void> {
    await this.api.change(query, { conversationId: this.chosen, ...input });
  }

  private tell(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private subscribe(id: string, query: string, variables: object): void {
    this.tell({ id, type: "subscribe", payload: { query, variables } });
  }

  private watchPresence(): void {
    if (this.chosen) this.subscribe("presence", followPresence, { id: this.chosen });
  }

  private connect(): void {
    const socket = new WebSocket(`${this.api.root.replace(/^http/, "ws")}graphql`, "graphql-transport-ws");
    this.socket = socket;
    socket.onopen = () => this.tell({ type: "connection_init", payload: this.api.token ? { Authorization: `Bearer ${this.api.token}` } : {} });
    socket.onmessage = ({ data }) => this.receive(JSON.parse(String(data)));
    socket.onclose = () => {
      if (!this.stopped) setTimeout(() => this.connect(), backOff(this.tries++));
    };
  }

  private receive({ type, id, payload }: { type: string; id?: string; payload?: { data?: { conversationPresence?: { typing: boolean; actor: { __typename: string } }[] } } }): void {
    if (type === "ping") this.tell({ type: "pong" });
    if (type === "connection_ack") {
      this.tries = 0;
      this.subscribe("events", followEvents, { inbox: this.inboxId });
      this.watchPresence();
      this.renew();
    }
    if (type !== "next") return;
    if (id === "events") this.renew();
    const visitors = payload?.data?.conversationPresence?.filter(({ actor }) => actor.__typename === "Visitor" || actor.__typename === "Contact");
    if (!visitors) return;
    this.typist = visitors.some(({ typing }) => typing);
    this.drawThread(this.thread, this.typist);
  }

  /** Something happened: what is shown is read anew. */
  private renew(): void {
    void this.loadList().catch(() => undefined);
    void this.load().catch(() => undefined);
  }
}
