// The widget's state and what can be done with it. It draws nothing: view.ts
// shows what stands here whenever it changes.

import { type Api, ApiError } from "./api";
import { Chat, type Owner } from "./chat";
import { takeLink } from "./link";
import * as operations from "./operations";
import { address, asksToOpen, watchPage } from "./page";
import { Session } from "./session";
import { Storage } from "./storage";
import { type Say, words } from "./texts";
import type { EmailCapture, Message, TargetedMessage, Visitor, WidgetData } from "./types";

/** What the visitor must do before a chat can begin. */
export type Gate = "consent" | "email" | null;

/** Up to this width, in CSS pixels, a screen is small. */
export const smallWidth = 520;

export class App implements Owner {
  data: WidgetData | null = null;
  say: Say = words([]);
  open = false;
  /** What the panel shows. */
  view: "chat" | "list" = "chat";
  /** What went wrong last; "": nothing. */
  problem = "";
  /** What the visitor ticked: being written to (TM-8). */
  mayWrite = false;
  /** Whether the visitor left an address, or does not want to, on this page. */
  emailDone: "" | "saved" | "skipped" = "";
  readonly small = matchMedia(`(max-width: ${smallWidth}px)`);
  readonly chat: Chat;

  private readonly session: Session;
  private readonly storage: Storage;
  private readonly drawers: (() => void)[] = [];
  private readonly listeners = new Map<string, Set<(detail?: unknown) => void>>();
  private readonly counted = new Set<string>();
  private drawing = false;
  private delay = 0;
  private shownUnread = -1;

  constructor(
    private readonly api: Api,
    private readonly channelKey: string,
    private readonly locale: string,
  ) {
    this.storage = new Storage(channelKey);
    this.session = new Session(api, this.storage, channelKey);
    this.chat = new Chat(api, this.session, this.storage, this, channelKey);
  }

  /** Finds out what to show, and shows it. */
  async start(): Promise<void> {
    const link = takeLink();
    if (link) await this.session.follow(link);
    const going = this.session.known ? this.session.start().catch(() => undefined) : undefined;
    await going;
    await this.retrying(() => this.refresh());
    if (this.session.known) await this.retrying(() => this.chat.resume(this.targetedMessage));
    else this.chat.begin(this.targetedMessage);
    watchPage({ moved: () => void this.moved(), asked: () => this.show() });
    addEventListener("online", () => this.chat.hurry());
    addEventListener("offline", () => this.changed());
    document.addEventListener("visibilitychange", () => this.seen());
    this.small.addEventListener("change", () => void this.moved());
    this.meet();
    if (link) this.show();
    this.emit("ready");
  }

  get targetedMessage(): TargetedMessage | null {
    return this.data?.targetedMessage ?? null;
  }

  get visitor(): Visitor | null {
    return this.session.visitor ?? this.data?.visitor ?? null;
  }

  /** Whether there is anything to open: a chat to begin, or one to go on with. */
  get hasLauncher(): boolean {
    if (!this.data || this.data.launcherHidden) return false;
    if (this.small.matches && this.targetedMessage?.smallScreen === "HIDDEN") return false;
    return this.targetedMessage !== null || this.chat.conversations.length > 0;
  }

  /** Whether the welcome stands beside the launcher, by itself (TM-6). */
  get hasPrompt(): boolean {
    const shown = this.targetedMessage;
    if (!shown || !this.hasLauncher || this.open || this.chat.thread.id || this.isDismissed(shown)) return false;
    return this.small.matches && shown.openByItself && shown.smallScreen === "PROMPT";
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
  get asksForEmail(): boolean {
    const capture = (this.chat.thread.welcome ?? this.targetedMessage)?.emailCapture;
    const { thread, outbox } = this.chat;
    if (!capture || !this.lacksEmail(capture) || this.emailDone) return false;
    const first = thread.list().find(({ direction }) => direction === "INCOMING");
    const written = first !== undefined || outbox.of(thread.id, thread.local).length > 0;
    switch (capture.timing) {
      case "AFTER_FIRST_MESSAGE":
        return written;
      case "WHEN_AWAY":
        return written && this.data?.availability.state !== "AVAILABLE";
      case "AFTER_DELAY":
        return first !== undefined && this.isOver(Date.parse(first.createdAt) + (capture.delaySeconds ?? 0) * 1000);
      default:
        return false;
    }
  }

  /** Opens the panel; byItself: the visitor did not ask for it. */
  show(byItself = false): void {
    if (this.open || !this.data) return;
    this.open = true;
    this.storage.set("open", true);
    this.view = this.chat.thread.id || this.chat.thread.welcome ? "chat" : "list";
    this.count("OPENED");
    this.seen();
    this.emit("open", { byItself });
    this.changed();
  }

  hide(): void {
    this.dismiss();
    if (!this.open) return;
    this.open = false;
    this.storage.set("open", false);
    this.chat.typing(false);
    this.emit("close");
    this.changed();
  }

  /** Closes the welcome for good: it does not come by itself again. */
  dismiss(): void {
    const shown = this.targetedMessage;
    if (!shown || this.isDismissed(shown)) return;
    this.storage.set("dismissed", [...(this.storage.get("dismissed") ?? []).slice(-19), mark(shown)]);
    this.changed();
  }

  /** Goes to the visitor's conversations. */
  async showList(): Promise<void> {
    this.view = "list";
    this.changed();
    await this.trying(() => this.chat.loadList());
  }

  async showConversation(id: string): Promise<void> {
    this.view = "chat";
    await this.trying(() => this.chat.show(id));
  }

  showNew(): void {
    this.view = "chat";
    this.storage.set("conversation", null);
    this.chat.begin(this.targetedMessage);
  }

  /** Sends what the visitor wrote. */
  write(text: string): void {
    const welcome = this.chat.thread.welcome ?? this.targetedMessage;
    if (!this.chat.thread.id && !welcome) return;
    this.problem = "";
    this.chat.write(text, welcome && this.startOf(welcome));
  }

  async acceptConsent(): Promise<void> {
    const shown = this.chat.thread.welcome;
    if (!shown?.consent?.processing) return;
    const accepted = await this.trying(async () => {
      await this.session.need();
      const input = { targetedMessageId: shown.id, consent: true, pageUrl: address() };
      await this.session.run(() => this.api.change(operations.recordConsent, input));
    });
    if (!accepted) return;
    shown.consent.processing.accepted = true;
    this.chat.outbox.release("CONSENT_REQUIRED");
    this.chat.unsent.release("CONSENT_REQUIRED");
    this.changed();
  }

  /** Keeps the visitor's address. It reports whether the server took it. */
  async saveEmail(email: string): Promise<boolean> {
    const saved = await this.trying(async () => {
      await this.session.need();
      const { visitor } = await this.session.run(() => this.api.change<{ visitor: Visitor }>(operations.captureEmail, { email }));
      this.session.visitor = visitor;
    });
    if (!saved) return false;
    this.emailDone = "saved";
    this.chat.outbox.release("EMAIL_REQUIRED");
    this.emit("email");
    this.changed();
    return true;
  }

  skipEmail(): void {
    this.emailDone = "skipped";
    this.changed();
  }

  /** Proves who the visitor is, by a token that the site's own back end signed (CH-8). */
  async identify(identity: string): Promise<void> {
    await this.session.start(identity);
    this.chat.reset();
    await this.refresh();
    await this.chat.resume(this.targetedMessage);
    this.changed();
  }

  /** Calls listener whenever the event comes. It returns what ends that. */
  on(event: string, listener: (detail?: unknown) => void): () => void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
    return () => all.delete(listener);
  }

  /** Has draw called after each change, once for all that changed together. */
  onChange(draw: () => void): void {
    this.drawers.push(draw);
  }

  changed(): void {
    if (this.drawing) return;
    this.drawing = true;
    queueMicrotask(() => {
      this.drawing = false;
      for (const draw of this.drawers) draw();
      this.tellUnread();
    });
  }

  arrived(message: Message): void {
    this.emit("message", { id: message.id, authorName: message.authorName ?? "", text: message.text });
  }

  async targeted(): Promise<TargetedMessage | null> {
    await this.refresh();
    return this.targetedMessage;
  }

  watching(): boolean {
    return this.open && this.view === "chat" && !document.hidden;
  }

  /** The API asks for what the widget thought was given: it asks the visitor. */
  needed(code: string): void {
    const shown = this.chat.thread.welcome;
    if (code === "CONSENT_REQUIRED" && shown?.consent?.processing) shown.consent.processing.accepted = false;
    if (code === "EMAIL_REQUIRED" && shown) shown.emailCapture.needed = true;
    this.changed();
  }

  /** Reads what to show on this page. */
  private async refresh(): Promise<void> {
    const variables = { key: this.channelKey, page: address(), small: this.small.matches, locale: this.locale || null };
    const { widget } = await this.session.run(() => this.api.ask<{ widget: WidgetData }>(operations.showWidget, variables));
    this.data = widget;
    this.say = words(widget.texts);
    this.changed();
  }

  /** The page shows another address: another message may match (TM-3). */
  private async moved(): Promise<void> {
    try {
      await this.refresh();
    } catch {
      return; // what stands there stays
    }
    const { thread, outbox } = this.chat;
    const idle = !thread.id && outbox.of(null, thread.local).length === 0;
    if (idle && mark(thread.welcome) !== mark(this.targetedMessage)) this.chat.begin(this.targetedMessage);
    this.meet();
  }

  /** What the widget does by itself on a page that it came to. */
  private meet(): void {
    if (!this.data) return;
    const shown = this.targetedMessage;
    const was = this.storage.get("open") && !this.small.matches && this.hasLauncher;
    if (asksToOpen() || was) {
      this.show(!asksToOpen());
    } else if (shown?.openByItself && this.hasLauncher && !this.chat.thread.id && !this.isDismissed(shown)) {
      if (!this.small.matches || shown.smallScreen === "NORMAL") this.show(true);
    }
    if (shown && this.hasLauncher) this.count("SHOWN");
    if (this.session.known) this.track();
  }

  private track(): void {
    const input = { url: address(), title: document.title.slice(0, 200) };
    this.session.run(() => this.api.change(operations.trackPage, input)).catch(() => undefined);
  }

  /** Counts what the visitor is shown, once a page and message (TM-10). */
  private count(kind: "SHOWN" | "OPENED"): void {
    const shown = this.targetedMessage;
    const key = `${kind} ${mark(shown)}`;
    if (!shown || this.counted.has(key)) return;
    this.counted.add(key);
    const input = { targetedMessageId: shown.id, kind };
    const isNew = !this.session.known;
    this.session
      .need()
      .then(() => this.session.run(() => this.api.change(operations.recordView, input)))
      .then(() => (isNew ? this.track() : undefined))
      .catch(() => undefined);
  }

  private seen(): void {
    this.chat.read();
    if (!document.hidden && this.session.known && this.data) this.chat.hurry();
  }

  private startOf(welcome: TargetedMessage): NonNullable<Parameters<Chat["write"]>[1]> {
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
    return capture.needed && !this.visitor?.email && this.emailDone !== "saved";
  }

  /** Whether a time has come; if not, the widget is drawn again then. */
  private isOver(time: number): boolean {
    const left = time - Date.now();
    if (left <= 0) return true;
    clearTimeout(this.delay);
    this.delay = setTimeout(() => this.changed(), Math.min(left, 2 ** 31 - 1));
    return false;
  }

  private isDismissed(shown: TargetedMessage): boolean {
    return this.storage.get("dismissed")?.includes(mark(shown)) ?? false;
  }

  /** Does something and shows what went wrong. It reports whether it worked. */
  private async trying(action: () => Promise<void>): Promise<boolean> {
    this.problem = "";
    try {
      await action();
      return true;
    } catch (error) {
      const { code, message } = error as ApiError;
      this.problem = code === "NETWORK" ? this.say("unavailable") : message || this.say("error");
      return false;
    } finally {
      this.changed();
    }
  }

  /** Does something until it works or cannot work: the network may come later. */
  private async retrying(action: () => Promise<void>): Promise<void> {
    for (let wait = 2_000; ; wait = Math.min(wait * 2, 60_000)) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof ApiError) || !error.passing) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  private tellUnread(): void {
    if (this.chat.unread === this.shownUnread) return;
    this.shownUnread = this.chat.unread;
    this.emit("unread", { count: this.shownUnread });
  }

  private emit(event: string, detail?: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(detail);
  }
}

/** Names one version of a targeted message. */
function mark(shown: TargetedMessage | null): string {
  return shown ? `${shown.id}:${shown.version}` : "";
}
