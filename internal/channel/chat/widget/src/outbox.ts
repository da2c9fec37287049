// What the visitor wrote and the server has not answered yet. Each message
// bears a key under which the server takes it once; it is sent until an answer
// comes, in order, also after the page was loaded anew. All pages of a browser
// share it, and one of them sends at a time. A message belongs to the visitor
// who wrote it, and goes out in no other's name (CH-12).

import { ApiError, backOff, mayPass } from "./api";
import { alone } from "./lock";
import type { Shelf } from "./storage";
import type { StoredFile } from "./types";

export interface Draft {
  /** Names it as long as it is there. */
  readonly key: string;
  /** When it was written, in milliseconds of the epoch. */
  readonly at: number;
  /** How often it was put right: each time it is another message to the server. */
  version: number;
  /** Who wrote it; "": a visitor who had no session yet. */
  by: string;
  /** The conversation; null: it begins one. */
  conversation: string | null;
  /** The thread that it was written in. */
  local: string;
  text: string;
  /** The files that go with it. */
  files?: StoredFile[];
  /** What startChat takes beyond that. */
  start: { targetedMessageId: string; targetedMessageVersion: number; pageUrl: string; consent?: boolean; communicationConsent?: boolean } | null;
  /** Why the server refuses it; "": it is to be sent. */
  failed: string;
  /** The code of that. */
  code: string;
  /** The highest number that the thread had when it was written. */
  after: number;
}

/** The idempotency key. A page that puts the same draft right in the same way uses the same one. */
export function keyOf({ key, version }: Draft): string {
  return version ? `${key}.${version}` : key;
}

/** What the outbox needs of its owner. */
export interface Carrier {
  /** Sends a draft. It throws an ApiError. */
  deliver(draft: Draft): Promise<void>;
  /** Puts right what can be put right without the visitor; null: nothing can. */
  mend(draft: Draft, problem: ApiError): Promise<Partial<Draft> | null>;
  /** Who writes now. */
  writer(): string;
  /** Something changed. */
  changed(): void;
}

export class Outbox {
  private drafts: Draft[] = [];
  private sending = false;
  /** Whether there is more to send than there was. */
  private again = false;
  private tries = 0;
  private timer = 0;
  /** Whether the last try did not reach the server. */
  stuck = false;

  constructor(
    private readonly shelf: Shelf<Draft>,
    private readonly carrier: Carrier,
    private readonly lock: string,
  ) {
    this.load();
  }

  /** The drafts of a thread, oldest first. */
  of(conversation: string | null, local: string): Draft[] {
    return this.own().filter((draft) => (draft.conversation ? draft.conversation === conversation : draft.local === local));
  }

  /** The oldest draft that begins a conversation. */
  beginning(): Draft | undefined {
    return this.own().find((draft) => !draft.conversation);
  }

  /** The draft of that key as it is now; undefined: it is not to be sent by who writes now. */
  find(key: string): Draft | undefined {
    return this.own().find((draft) => draft.key === key);
  }

  push(draft: Draft): void {
    this.shelf.put(draft);
    this.load();
    this.carrier.changed();
    void this.flush();
  }

  retry({ key }: Draft): void {
    this.change((draft) => draft.key === key, { failed: "" });
    void this.flush();
  }

  /** Sends again what was refused with one of these codes. */
  release(...codes: string[]): void {
    this.change((draft) => draft.by === this.carrier.writer() && draft.failed !== "" && codes.includes(draft.code), { failed: "" });
    void this.flush();
  }

  discard(draft: Draft): void {
    this.remove(({ key }) => key === draft.key);
  }

  /** Notes that a draft was sent and began the conversation of its thread. */
  began({ key, local }: Draft, conversation: string): void {
    this.remove((draft) => draft.key === key);
    this.change((draft) => draft.local === local && !draft.conversation, { conversation });
  }

  /** Notes that a draft was sent and began a conversation in the place of its own, where what else is to go there goes, too. */
  moved({ key, conversation: from }: Draft, conversation: string): void {
    this.remove((draft) => draft.key === key);
    this.change((draft) => (draft.conversation ?? draft.local) === from, { conversation });
  }

  /** What one visitor wrote is another's now. */
  inherit(from: string, by: string): void {
    this.change((draft) => draft.by === from, { by });
  }

  /** Forgets what a visitor wrote. */
  forget(by: string): void {
    this.remove((draft) => draft.by === by);
  }

  /** Takes what other pages did to the drafts. */
  load(): void {
    this.drafts = this.shelf.all();
  }

  /** Sends what is to be sent, one after the other, now. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.again = this.sending;
    if (this.sending || !this.next()) return;
    this.sending = true;
    try {
      await alone(this.lock, () => this.sendAll());
    } finally {
      this.sending = false;
      this.carrier.changed();
      if (this.again) void this.flush();
    }
  }

  private own(): Draft[] {
    const by = this.carrier.writer();
    return this.drafts.filter((draft) => draft.by === by);
  }

  private next(): Draft | undefined {
    this.load();
    return this.own().find((draft) => !draft.failed);
  }

  private async sendAll(): Promise<void> {
    this.again = false;
    for (let draft = this.next(); draft; draft = this.next()) {
      if (!(await this.attempt(draft))) break;
    }
  }

  /** Sends one draft. It reports whether the next one may go. */
  private async attempt(draft: Draft): Promise<boolean> {
    const { key } = draft;
    try {
      await this.carrier.deliver(draft);
      this.stuck = false;
      this.tries = 0;
      this.remove((other) => other.key === key);
      return true;
    } catch (error) {
      const problem = error instanceof ApiError ? error : new ApiError("CLIENT", String(error));
      if (problem.code === "STALE") return true; // it waits for who wrote it
      if (mayPass(problem)) {
        this.stuck = true;
        this.timer = setTimeout(() => void this.flush(), backOff(this.tries++));
        return false;
      }
      const mended = await this.carrier.mend(draft, problem);
      if (mended) this.putRight(draft, mended);
      else this.change((other) => other.key === key, { failed: problem.message, code: problem.code });
      return true;
    }
  }

  /** Puts a draft right, and with it the others of its conversation, which go where it goes. */
  private putRight({ key, conversation }: Draft, to: Partial<Draft>): void {
    const which = (draft: Draft): boolean => draft.key === key || (conversation !== null && draft.conversation === conversation);
    this.change(which, (draft) => ({ ...to, version: draft.version + 1 }));
  }

  private change(which: (draft: Draft) => boolean, to: Partial<Draft> | ((draft: Draft) => Partial<Draft>)): void {
    this.load();
    for (const draft of this.drafts.filter(which)) this.shelf.put({ ...draft, ...(typeof to === "function" ? to(draft) : to) });
    this.load();
    this.carrier.changed();
  }

  private remove(which: (draft: Draft) => boolean): void {
    this.load();
    for (const { key } of this.drafts.filter(which)) this.shelf.remove(key);
    this.load();
    this.carrier.changed();
  }
}
