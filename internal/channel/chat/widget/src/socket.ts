// One subscription over a WebSocket, by graphql-transport-ws, that goes on
// after every cut from where it was.

import { type Api, backOff } from "./api";
import { follow } from "./operations";
import type { Change } from "./types";

/** What the follower tells. */
export interface Listener {
  change(change: Change): void;
  /** The stream cannot go on from where it was, or at all: load the thread again, and follow it anew. */
  gap(): void;
  /** Whether live changes come in; while they do not, the thread must be polled. */
  live(on: boolean): void;
  /** The token is refused: begin a session anew. */
  refused(): void;
}

/** The close codes that say that the token does not hold. */
const refusals = [4401, 4403];
/** How long a handshake may take, how often a sign of life is asked for, and how long silence is trusted, in milliseconds. */
const handshake = 10_000;
const heartbeat = 15_000;
const silence = 25_000;

/** Follows one conversation until it is closed. */
export class Follower {
  private socket: WebSocket | null = null;
  private tries = 0;
  private timer = 0;
  private watchdog = 0;
  private pulse = 0;
  private done = false;

  constructor(
    private readonly api: Api,
    private readonly conversationId: string,
    /** The change after which it goes on. */
    private after: string | null,
    private readonly listener: Listener,
  ) {
    this.open();
  }

  close(): void {
    this.done = true;
    clearTimeout(this.timer);
    clearTimeout(this.watchdog);
    this.drop();
  }

  /** Tries again now: the network is back. */
  hurry(): void {
    if (this.socket || this.done) return;
    clearTimeout(this.timer);
    this.open();
  }

  private open(): void {
    try {
      this.socket = new WebSocket(`${this.api.root.replace(/^http/, "ws")}graphql`, "graphql-transport-ws");
    } catch {
      this.lost(0); // a policy of the page forbids it
      return;
    }
    const socket = this.socket;
    socket.onopen = () => this.send({ type: "connection_init", payload: { Authorization: `Bearer ${this.api.token}` } });
    socket.onmessage = ({ data }) => this.receive(JSON.parse(String(data)));
    socket.onclose = ({ code }) => this.lost(code);
    this.watch(handshake);
  }

  private receive(message: { type: string; payload?: { data?: { visitorConversation: Change | null } | null } & { extensions?: { code?: string } }[] }): void {
    this.watch(silence);
    switch (message.type) {
      case "connection_ack":
        this.send({ id: "1", type: "subscribe", payload: { query: follow, variables: { id: this.conversationId, after: this.after } } });
        this.pulse = setInterval(() => this.send({ type: "ping" }), heartbeat);
        this.tries = 0;
        this.listener.live(true);
        break;
      case "ping":
        this.send({ type: "pong" });
        break;
      case "next":
        this.pass(message.payload?.data?.visitorConversation);
        break;
      case "error":
      case "complete":
        this.fail();
    }
  }

  /** The server ended the stream: the conversation may be gone, or its log too short. */
  private fail(): void {
    this.close();
    this.listener.gap();
  }

  private pass(change: Change | null | undefined): void {
    if (!change) return;
    if ("cursor" in change) this.after = change.cursor;
    this.listener.change(change);
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  /** A connection that says nothing for so long is dead. */
  private watch(patience: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(0), patience);
  }

  private lost(code: number): void {
    if (this.done) return;
    clearTimeout(this.watchdog);
    clearTimeout(this.timer);
    this.drop();
    this.listener.live(false);
    if (refusals.includes(code)) this.listener.refused();
    this.timer = setTimeout(() => this.open(), backOff(this.tries++));
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    clearInterval(this.pulse);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }
}
