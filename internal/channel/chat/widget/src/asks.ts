// What the visitor is asked: for consent, for an address, and for the code that
// proves whose it is (TM-5, TM-8, CH-6).

import type { Api, ApiError } from "./api";
import type { Chat } from "./chat";
import * as operations from "./operations";
import { address } from "./page";
import type { Session } from "./session";
import type { Signals } from "./signals";
import type { Say } from "./texts";
import type { EmailCapture, TargetedMessage, Visitor, WidgetData } from "./types";

/** What the visitor must do before a chat can begin. */
export type Gate = "consent" | "email" | null;

/** What the questions need of their owner. */
export interface Asker {
  readonly say: Say;
  readonly data: WidgetData | null;
  readonly targetedMessage: TargetedMessage | null;
  readonly visitor: Visitor | null;
  changed(): void;
  readonly signals: Signals;
  /** Does something and shows what went wrong. It reports whether it worked. */
  trying(action: () => Promise<void>): Promise<boolean>;
  /** Does what proves who the visitor is, and goes on where the one is whom it proves. */
  proving(action: () => Promise<void>): Promise<void>;
}

export class Asks {
  /** What the visitor ticked: being written to (TM-8). */
  mayWrite = false;
  /** Whether the visitor left an address, or does not want to, on this page. */
  emailDone: "" | "saved" | "skipped" = "";
  /** Whether the visitor would not prove that the address is theirs. */
  private unproved = false;
  private delay = 0;

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly chat: Chat,
    private readonly owner: Asker,
  ) {}

  /** Another visitor begins, who answered nothing yet. */
  reset(): void {
    this.emailDone = "";
    this.mayWrite = this.unproved = false;
  }

  /** What the visitor must do before the shown chat can begin (TM-8: consent, then e-mail). */
  get gate(): Gate {
    const shown = this.chat.thread.welcome;
    if (this.chat.thread.id || !shown) return null;
    const processing = shown.consent?.processing;
    if (processing?.mode === "EXPLICIT" && !processing.accepted) return "consent";
    return shown.emailCapture.timing === "BEFORE_CHAT" && this.lacksEmail(shown.emailCapture) ? "email" : null;
  }

  /** Whether to ask for an address within the chat, now. */
  get forEmail(): boolean {
    const capture = (this.chat.thread.welcome ?? this.owner.targetedMessage)?.emailCapture;
    const { thread, outbox } = this.chat;
    if (thread.list().some(({ asksForEmail }) => asksForEmail) && !this.owner.visitor?.email && !this.emailDone) return true; // no one could take what a bot handed off
    if (!capture || !this.lacksEmail(capture) || this.emailDone) return false;
    const first = thread.list().find(({ direction }) => direction === "INCOMING");
    const written = first !== undefined || outbox.of(thread.id, thread.local).length > 0;
    switch (capture.timing) {
      case "AFTER_FIRST_MESSAGE":
        return written;
      case "WHEN_AWAY":
        return written && this.owner.data?.availability.state !== "AVAILABLE";
      case "AFTER_DELAY":
        return first !== undefined && this.isOver(Date.parse(first.createdAt) + (capture.delaySeconds ?? 0) * 1000);
      default:
        return false;
    }
  }

  async acceptConsent(): Promise<void> {
    const shown = this.chat.thread.welcome;
    if (!shown?.consent?.processing) return;
    const accepted = await this.owner.trying(async () => {
      await this.session.need();
      const input = { targetedMessageId: shown.id, consent: true, pageUrl: address() };
      await this.session.run(() => this.api.change(operations.recordConsent, input));
    });
    if (!accepted) return;
    shown.consent.processing.accepted = true;
    this.chat.outbox.release("CONSENT_REQUIRED");
    this.chat.unsent.release("CONSENT_REQUIRED");
    this.owner.changed();
  }

  /** Keeps the visitor's address. It reports whether the server took it. */
  async saveEmail(email: string): Promise<boolean> {
    const saved = await this.owner.trying(async () => {
      await this.session.need();
      const { visitor } = await this.session.run(() => this.api.change<{ visitor: Visitor }>(operations.captureEmail, { email }));
      this.session.visitor = visitor;
    });
    if (!saved) return false;
    this.emailDone = "saved";
    this.chat.outbox.release("EMAIL_REQUIRED");
    this.owner.signals.emit("email");
    this.owner.changed();
    return true;
  }

  skipEmail(): void {
    this.emailDone = "skipped";
    this.owner.changed();
  }

  /** Whether the shown chat goes on elsewhere, until this browser is proved to be the visitor's too. */
  get needsProof(): boolean {
    return this.chat.thread.continued;
  }

  /** Whether to offer the visitor to prove the address that they left: with it come their earlier chats. */
  get offersProof(): boolean {
    const { visitor } = this.owner;
    return this.emailDone === "saved" && !this.unproved && !this.needsProof && !!visitor?.email && !visitor.identified;
  }

  skipProof(): void {
    this.unproved = true;
    this.owner.changed();
  }

  /** Has a code sent to the visitor's address. It reports whether it was. */
  async requestCode(): Promise<boolean> {
    return this.owner.trying(async () => {
      const { visitor } = await this.session.run(() => this.api.change<{ visitor: Visitor }>(operations.requestCode, {}));
      this.session.visitor = visitor;
    });
  }

  /** Proves by that code who the visitor is. It reports what is wrong; "": nothing. */
  async prove(code: string): Promise<string> {
    try {
      const proved = await this.session.run(() => this.api.change<{ token: string; visitor: Visitor }>(operations.proveEmail, { code }));
      await this.owner.proving(async () => this.session.renew(proved));
      this.chat.outbox.release("PROOF_REQUIRED");
      return "";
    } catch (error) {
      const { code: problem, message } = error as ApiError;
      if (problem === "INVALID") return this.owner.say("codeWrong");
      return problem === "NETWORK" ? this.owner.say("unavailable") : message;
    }
  }

  /** The API asks for what the widget thought was given: it asks the visitor. */
  needed(code: string): void {
    const shown = this.chat.thread.welcome;
    if (code === "CONSENT_REQUIRED" && shown?.consent?.processing) shown.consent.processing.accepted = false;
    if (code === "EMAIL_REQUIRED" && shown) shown.emailCapture.needed = true;
    this.owner.changed();
  }

  /** What begins a chat from a welcome, with what the visitor agreed to. */
  startOf(welcome: TargetedMessage): NonNullable<Parameters<Chat["write"]>[1]> {
    const { processing, communication } = welcome.consent ?? { processing: null, communication: null };
    return {
      targetedMessageId: welcome.id,
      targetedMessageVersion: welcome.version,
      pageUrl: address(),
      ...(processing?.mode === "EXPLICIT" && { consent: true }),
      ...(communication && { communicationConsent: this.mayWrite }),
    };
  }

  private lacksEmail(capture: EmailCapture): boolean {
    return capture.needed && !this.owner.visitor?.email && this.emailDone !== "saved";
  }

  /** Whether a time has come; if not, the widget is drawn again then. */
  private isOver(time: number): boolean {
    const left = time - Date.now();
    if (left <= 0) return true;
    clearTimeout(this.delay);
    this.delay = setTimeout(() => this.owner.changed(), Math.min(left, 2 ** 31 - 1));
    return false;
  }
}
