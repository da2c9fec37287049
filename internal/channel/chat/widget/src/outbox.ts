// What the visitor wrote and the server has not answered yet. Each message
// bears a key under which the server takes it once; it is sent until an answer
// comes, in order, also after the page was loaded anew.

import { ApiError, backOff } from "./api";
import type { Storage } from "./storage";
import type { StoredFile } from "./types";

export interface Draft {
  /** The idempotency key. */
  key: string;
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

/** What the outbox needs of its owner. */
export interface Carrier {
  /** Sends a draft. It throws an ApiError. */
  deliver(draft: Draft): Promise<void>;
  /** Puts right what can be put right without the visitor. It reports whether the draft may be sent again. */
  mend(draft: Draft, problem: ApiError): Promise<boolean>;
  /** Something changed. */
  changed(): void;
}

export class Outbox {
  private drafts: Draft[];
  private readonly finished = new Set<string>();
  private sending = false;
  private tries = 0;
  private timer = 0;
  /** Whether the last try did not reach the server. */
  stuck = false;

  constructor(
    private readonly storage: Storage,
    private readonly carrier: Carrier,
  ) {
    this.drafts = storage.get("outbox") ?? [];
  }

  /** The drafts of a thread, oldest first. */
  of(conversation: string | null, local: string): Draft[] {
    return this.drafts.filter((draft) => (draft.conversation ? draft.conversation === conversation : draft.local === local));
  }

  /** The oldest draft that begins a conversation. */
  beginning(): Draft | undefined {
    return this.drafts.find((draft) => !draft.conversation);
  }

  push(draft: Draft): void {
    this.drafts.push(draft);
    this.keep();
    void this.flush();
  }

  retry(draft: Draft): void {
    draft.failed = "";
    this.keep();
    void this.flush();
  }

  /** Sends again what was refused with one of these codes. */
  release(...codes: string[]): void {
    for (const draft of this.drafts) {
      if (draft.failed && codes.includes(draft.code)) draft.failed = "";
    }
    this.keep();
    void this.flush();
  }

  discard(draft: Draft): void {
    this.remove(draft);
    this.carrier.changed();
  }

  /** Notes that the conversation of a thread began. */
  began(local: string, conversation: string): void {
    for (const draft of this.drafts) {
      if (draft.local === local) draft.conversation = conversation;
    }
  }

  /** Sends what is to be sent, one after the other, now. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.sending) return;
    this.sending = true;
    try {
      for (let draft = this.next(); draft; draft = this.next()) {
        if (!(await this.attempt(draft))) break;
      }
    } finally {
      this.sending = false;
      this.carrier.changed();
    }
  }

  private next(): Draft | undefined {
    return this.drafts.find((draft) => !draft.failed);
  }

  /** Sends one draft. It reports whether the next one may go. */
  private async attempt(draft: Draft): Promise<boolean> {
    try {
      await this.carrier.deliver(draft);
      this.remove(draft);
      this.stuck = false;
      this.tries = 0;
      this.carrier.changed();
      return true;
    } catch (error) {
      const problem = error instanceof ApiError ? error : new ApiError("CLIENT", String(error));
      if (problem.passing) {
        this.stuck = true;
        this.timer = setTimeout(() => void this.flush(), backOff(this.tries++));
        return false;
      }
      if (!(await this.carrier.mend(draft, problem))) [draft.failed, draft.code] = [problem.message, problem.code];
      this.keep();
      return true;
    }
  }

  private remove(draft: Draft): void {
    this.finished.add(draft.key);
    this.drafts = this.drafts.filter((other) => other !== draft);
    this.keep();
  }

  /** Keeps the drafts over page loads, and those of other pages of the site with them. */
  private keep(): void {
    const mine = new Set(this.drafts.map((draft) => draft.key));
    const others = (this.storage.get("outbox") ?? []).filter((draft) => !mine.has(draft.key) && !this.finished.has(draft.key));
    this.storage.set("outbox", [...others, ...this.drafts]);
    this.carrier.changed();
  }
}
