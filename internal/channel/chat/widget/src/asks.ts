// What the visitor is asked: for consent, for an address, and for the code that
// proves whose it is (TM-5, TM-8, CH-6).

import type { Api, ApiError } from "./api";
import type { Chat } from "./chat";
import * as operations from "./operations";
import { address } from "./page";
import type { FieldAnswer } from "./fields";
import type { Session } from "./session";
import type { Signals } from "./signals";
import type { Say } from "./texts";
import type { EmailCapture, FormField, TargetedMessage, Visitor, WidgetData } from "./types";

/** What the visitor must do before a chat can begin. */
export type Gate = "consent" | "form" | null;

/** What the visitor is asked to fill in. */
export interface Form {
  email: boolean;
  fields: FormField[];
}

/** What the questions need of their owner. */
export interface Asker {
  readonly say: Say;
  readonly data: WidgetData | null;
  readonly targetedMessage: TargetedMessage | null;
  readonly visitor: Visitor | null;
  targeted(): Promise<TargetedMessage | null>;
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
    const { email, fields } = this.before(shown.emailCapture);
    return email || fields.length ? "form" : null;
  }

  /** What to ask for before a chat. */
  private before(capture: EmailCapture): Form {
    const all = capture.timing === "BEFORE_CHAT";
    return { email: all && this.lacksEmail(capture), fields: capture.fields.filter(({ when }) => all || when === "BEFORE_CHAT") };
  }

  /** What the form asks for. */
  get form(): Form {
    const capture = this.shown?.emailCapture;
    if (capture && this.gate) return this.before(capture);
    return { email: !this.owner.visitor?.email, fields: capture?.fields ?? [] };
  }

  /** The targeted message that asks. */
  get shown(): TargetedMessage | null {
    return this.chat.thread.welcome ?? this.owner.targetedMessage;
  }

  /** Whether to ask for an address, and what goes with it, within the chat, now. */
  get forEmail(): boolean {
    const capture = this.shown?.emailCapture;
    const { thread, outbox } = this.chat;
    const list = thread.list();
    if (list.some(({ asksForEmail }) => asksForEmail) && !this.owner.visitor?.email && !this.emailDone) return true; // no one could take what a bot handed off
    if (!capture || this.emailDone === "skipped" || !(this.lacksEmail(capture) || capture.fields.length)) return false;
    const last = list.findLast(({ direction }) => direction === "OUTGOING");
    if (last?.awaitsAnswer || last?.quickReplies.length) return false; // a bot asks: one thing at a time
    const first = list.find(({ direction }) => direction === "INCOMING");
    const written = first !== undefined || outbox.of(thread.id, thread.local).length > 0;
    switch (capture.timing) {
      case "AFTER_FIRST_MESSAGE":
        return written;
      case "WHEN_AWAY":
        return written && this.owner.data?.availability.state !== "AVAILABLE";
      case "AFTER_DELAY":
        return first !== undefined && this.isOver(Math.min(Date.parse(first.createdAt), first.at ?? Infinity) + (capture.delaySeconds ?? 0) * 1000);
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

  /** Keeps what the visitor filled in. It reports the field to blame; null: it did not work for another reason, -1: it did. */
  async saveForm(email: string, fields: FieldAnswer[]): Promise<number | null> {
    const { shown } = this;
    let wrong = -1;
    const saved = await this.owner.trying(async () => {
      await this.session.need();
      if (fields.length && shown) {
        const input = { targetedMessageId: shown.id, targetedMessageVersion: shown.version, fields };
        try {
          await this.keep(operations.submitFields, input);
        } catch (error) {
          const [, place] = (error as ApiError).field;
          if (place === undefined) throw error;
          wrong = Number(place);
          return;
        }
        shown.emailCapture.fields = shown.emailCapture.fields.filter(({ key }) => !fields.some(({ field }) => field === key));
      }
      if (!email) return;
      await this.keep(operations.captureEmail, { email });
      this.emailDone = "saved";
    });
    if (!saved || wrong >= 0) return saved ? wrong : null;
    this.chat.outbox.release("EMAIL_REQUIRED");
    this.chat.outbox.release("FIELDS_REQUIRED");
    if (email) this.owner.signals.emit("email");
    this.owner.changed();
    return wrong;
  }

  /** Keeps what the visitor, or the page, says of them. */
  async keep(operation: string, input: object): Promise<void> {
    const { visitor } = await this.session.run(() => this.api.change<{ visitor: Visitor }>(operation, input));
    this.session.visitor = visitor;
  }

  /** Keeps what the page says of the visitor. */
  async setProperties(given: Record<string, unknown>): Promise<void> {
    const say = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value ?? ""));
    const properties = Object.entries(given).map(([field, value]) => (Array.isArray(value) ? { field, values: value.map(say) } : { field, value: say(value) }));
    await this.session.need();
    await this.keep(operations.setProperties, { properties });
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
      const { visitor } = await this.session.run(() => this.api.change<{ visitor: Visitor }>(operations.mailCode, {}));
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
    if (code === "FIELDS_REQUIRED" && shown) {
      void this.owner.targeted().then(
        (now) => {
          if (now?.id === shown.id) Object.assign(shown, { version: now.version, emailCapture: now.emailCapture });
          this.owner.changed();
        },
        () => undefined,
      );
    }
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
