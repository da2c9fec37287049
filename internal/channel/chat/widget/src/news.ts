// How news of the shown conversation come in: live, and by looking again and again.

import { type Api, backOff } from "./api";
import type { Session } from "./session";
import { Follower } from "./socket";
import type { Thread } from "./thread";
import type { Change } from "./types";

/** How often to look for news, in milliseconds: without and with live changes. */
const polls = { shown: 4_000, hidden: 20_000, receipts: 10_000, live: 60_000 };

/** Who reads the news. */
export interface Reader {
  /** What is shown. */
  readonly thread: Thread;
  /** A live change of it. */
  apply(change: Change): void;
  /** Loads it anew. */
  reload(): Promise<void>;
  /** Looks what is new. */
  look(): Promise<void>;
  /** Whether the visitor sees it now. */
  watching(): boolean;
  changed(): void;
}

export class News {
  /** Whether live changes come in. */
  live = false;

  private follower: Follower | null = null;
  private following: string | null = null;
  /** How often in a row the stream could not go on. */
  private broken = 0;
  private pollTimer = 0;
  private ended = false;

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly reader: Reader,
  ) {}

  /** Follows the shown conversation from where it was loaded. */
  follow(): void {
    const { continued, cursor } = this.reader.thread;
    const id = continued || this.ended ? null : this.reader.thread.id; // nothing comes of one that goes on elsewhere
    if (id === this.following) return;
    this.unfollow();
    if (id) {
      this.following = id;
      this.follower = new Follower(this.api, id, cursor, {
        change: (change) => {
          this.broken = 0;
          this.reader.apply(change);
        },
        gap: () => this.anew(),
        live: (on) => this.switchLive(on),
        refused: () => void this.session.start().catch(() => undefined),
      });
    }
    this.schedule();
  }

  unfollow(): void {
    this.follower?.close();
    this.follower = this.following = null;
    this.live = false;
  }

  /** Nothing comes any more. */
  end(): void {
    this.ended = true;
    this.leave();
  }

  /** Nothing comes until the next schedule, or a conversation is followed again. */
  leave(): void {
    this.unfollow();
    clearTimeout(this.pollTimer);
  }

  /** The network is back, or the visitor is. */
  hurry(): void {
    this.follower?.hurry();
    void this.poll();
  }

  schedule(): void {
    clearTimeout(this.pollTimer);
    if (this.session.known && !this.ended) this.pollTimer = setTimeout(() => void this.poll(), this.pace());
  }

  /** The stream cannot go on from where it was: the thread is loaded anew, and followed from there. */
  private anew(): void {
    this.unfollow();
    this.schedule();
    const again = (): void => void this.reader.reload().catch(() => undefined);
    setTimeout(again, this.broken++ && backOff(this.broken));
  }

  private switchLive(on: boolean): void {
    if (this.live === on) return;
    this.live = on;
    this.schedule();
    this.reader.changed();
  }

  private pace(): number {
    const watching = this.reader.watching();
    if (!this.reader.thread.id) return polls.live;
    if (!this.live) return watching ? polls.shown : polls.hidden;
    const own = this.reader.thread.list().filter(({ direction }) => direction === "INCOMING");
    return watching && own.at(-1)?.seen === false ? polls.receipts : polls.live;
  }

  private async poll(): Promise<void> {
    clearTimeout(this.pollTimer);
    try {
      if (this.session.known && !this.ended && (!document.hidden || !this.live)) await this.reader.look();
    } catch {
      // The next look may do better.
    }
    this.schedule();
  }
}
