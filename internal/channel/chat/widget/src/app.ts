// The widget's state and what can be done with it. It draws nothing: view.ts
// shows what stands here whenever it changes.

import { type Api, ApiError, retrying } from "./api";
import { Asks, type Asker } from "./asks";
import { Chat, type Owner } from "./chat";
import { takeLink } from "./link";
import { Lookup, type Looker, type Shown } from "./look";
import * as operations from "./operations";
import { asksToOpen, type Part, smallScreen, watchPage } from "./page";
import { type Heir, Session } from "./session";
import type { Said } from "./settings";
import type { Signals } from "./signals";
import { Occasion } from "./occasion";
import { type Kept, places, type Storage, watchStorage } from "./storage";
import { type Say, words } from "./texts";
import { markOf, Reports } from "./visit";
import type { Message, TargetedMessage, Visitor, WidgetData } from "./types";

/** How long a page's query must stay as it is before it counts, in milliseconds: some sites write it with every key. */
const settles = 400;

export class App implements Asker, Owner, Heir, Looker {
  say: Say = words([]);
  open = false;
  /** What the panel shows. */
  view: "chat" | "list" = "chat";
  /** What went wrong last; "": nothing. */
  problem = "";
  /** Whether the channel was removed. */
  gone = false;
  readonly small = matchMedia(smallScreen);
  readonly chat: Chat;
  /** What the visitor is asked. */
  readonly asks: Asks;
  /** Whether the server cannot be asked what to show. */
  unreachable = false;
  /** Whether the widget is there, and knows what to show on the page. */
  status: "removed" | "loading" | "ready" = "removed";

  private readonly session: Session;
  private readonly lookup: Lookup;
  private readonly reports: Reports;
  /** Whether the panel was asked for before anything was there, and with which text. */
  wanted = false;
  private text = "";
  /** Ends what start began. */
  private life = new AbortController();
  /** When the welcome opens by itself. */
  private readonly occasion = new Occasion(() => this.due());
  private readonly storage: Storage<Kept>;
  private readonly drawers: (() => void)[] = [];
  private drawing = false;
  /** How often it went on where the visitor was, and the last time's end. */
  private resumes = 0;
  private resuming: Promise<void> | null = null;
  private settling = 0;

  constructor(
    private readonly api: Api,
    private readonly channelKey: string,
    readonly settings: Said,
    readonly signals: Signals,
  ) {
    this.storage = places(channelKey);
    this.session = new Session(api, channelKey, this);
    this.lookup = new Lookup(api, this.session, this.storage, channelKey, settings, this);
    this.reports = new Reports(api, this.session, channelKey, () => this.targetedMessage);
    this.chat = new Chat(api, this.session, this.storage, this, channelKey);
    this.asks = new Asks(api, this.session, this.chat, this);
  }

  /** Finds out what to show, and shows it. */
  async start(): Promise<void> {
    this.status = "loading";
    const { signal } = (this.life = new AbortController());
    const link = takeLink();
    if (link) await this.session.follow(link);
    if (signal.aborted) return;
    watchPage({ moved: (part) => this.moved(part), asked: () => this.show() }, signal);
    watchStorage(this.channelKey, () => this.catchUp(), signal);
    addEventListener("pagehide", () => this.catchUp(), { signal }); // what the site cleared is to be there on the next page
    addEventListener("online", () => this.online(), { signal });
    addEventListener("offline", () => this.changed(), { signal });
    addEventListener("pageshow", () => this.catchUp(), { signal });
    document.addEventListener("visibilitychange", () => this.seen(), { signal });
    this.small.addEventListener("change", () => void this.arrive(false), { signal });
    await this.resume();
    if (signal.aborted) return;
    this.status = "ready";
    const { wanted } = this;
    this.meet(true);
    if (link || wanted) this.show();
    this.signals.emit("ready");
    this.signals.emit("load");
  }

  /** Ends what start began; what is on its way to the server still goes there. */
  stop(): void {
    this.status = "removed";
    this.life.abort();
    this.resumes++;
    this.lookup.stop();
    this.occasion.end();
    this.chat.leave();
    clearTimeout(this.settling);
    this.wanted = false;
    if (this.open) this.shut();
  }

  /** What the server says of this page; null: nothing yet. */
  get data(): WidgetData | null {
    return this.lookup.data;
  }

  get targetedMessage(): TargetedMessage | null {
    return this.data?.targetedMessage ?? null;
  }

  get visitor(): Visitor | null {
    return this.session.visitor ?? this.data?.visitor ?? null;
  }

  /** Whether the chat has a place of its own in the page, and is always open. */
  get fixed(): boolean {
    return this.settings.hosted || this.settings.inline !== "";
  }

  /** Whether the visitor asked for the chat, and waits in vain for the server. */
  get waitsInVain(): boolean {
    return !this.data && this.unreachable && (this.wanted || this.stays);
  }

  /** Whether there is anything to open: a chat to begin, or one to go on with. */
  get hasLauncher(): boolean {
    if (!this.data || this.data.launcherHidden || this.gone || this.fixed) return false;
    if (this.small.matches && this.targetedMessage?.smallScreen === "HIDDEN") return false;
    return this.targetedMessage !== null || this.chat.conversations.length > 0;
  }

  /** Whether the welcome stands beside the launcher, by itself (TM-6). */
  get hasPrompt(): boolean {
    const shown = this.targetedMessage;
    if (!shown || !this.hasLauncher || this.open || this.chat.thread.id || this.isDismissed(shown)) return false;
    return this.small.matches && shown.openByItself && this.occasion.came && shown.smallScreen === "PROMPT";
  }

  /** Opens the panel; byItself: the visitor did not ask for it. text is what is proposed to write, where nothing is written yet. */
  show(byItself = false, text = ""): void {
    this.wanted = !this.data;
    this.text = text || this.text;
    this.changed();
    if (!this.data) return this.lookup.hurry();
    if (this.text && this.mayWriteHere) {
      const { unsent, place } = this.chat;
      if (!unsent.text(place)) unsent.write(place, this.text);
      this.view = "chat";
      this.text = "";
    }
    if (this.open) return;
    this.open = true;
    if (!this.settings.inline) this.storage.set("open", true);
    this.view = this.mayWriteHere || this.chat.waiting ? "chat" : "list";
    if (!byItself) {
      this.reports.countOpening();
      if (!this.chat.live) this.chat.hurry();
    }
    this.chat.read();
    this.signals.emit("open", { byItself });
    this.changed();
  }

  hide(): void {
    if (this.fixed) return;
    this.wanted = false;
    this.text = "";
    this.changed();
    this.dismiss();
    if (!this.open) return;
    this.storage.set("open", false);
    this.shut();
    this.settle(); // what was kept for the visitor's words' sake
  }

  /** Closes the welcome for good: it does not come by itself again. */
  dismiss(): void {
    const shown = this.targetedMessage;
    if (!shown || this.isDismissed(shown)) return;
    this.storage.set("dismissed", [...(this.storage.get("dismissed") ?? []).slice(-19), markOf(shown)]);
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
    if (await this.trying(() => this.chat.show(id))) this.signals.emit("conversationSelected", { conversationId: id });
  }

  /** Opens one of the visitor's conversations, as the page asks. */
  async openConversation(id: string): Promise<void> {
    if (!(await this.chat.has(id))) throw new ApiError("NOT_FOUND", "The visitor has no such conversation.");
    this.show();
    await this.showConversation(id);
  }

  showNew(): void {
    this.view = "chat";
    this.storage.set("conversation", null);
    this.chat.begin(this.targetedMessage, undefined, true);
  }

  /** Whether what is shown has somewhere to write to. */
  get mayWriteHere(): boolean {
    return !this.gone && !!(this.chat.thread.id ?? this.chat.thread.welcome);
  }

  /** Sends what the visitor wrote. */
  write(text: string, alone = false): void {
    const welcome = this.chat.thread.welcome ?? this.targetedMessage;
    const possible = this.chat.thread.id !== null || welcome !== null;
    this.problem = possible ? "" : this.say("nobody");
    if (possible) this.chat.write(text, welcome && this.asks.startOf(welcome), alone);
    this.changed();
  }

  /** Proves who the visitor is, by a token that the site's own back end signed (CH-8). */
  async identify(identity: string): Promise<void> {
    await this.proving(() => this.session.start(identity));
  }

  /** Does what proves who the visitor is, and goes on where the one is whom it proves. */
  async proving(action: () => Promise<void>): Promise<void> {
    const before = this.resuming;
    await action();
    await (this.resuming === before ? this.resume() : this.resuming);
  }

  /** Ends the visitor's session, here and on the server: who comes next is another one (CH-11). */
  async logout(): Promise<void> {
    const { token } = this.api;
    this.forgets(this.session.writer);
    this.session.forget();
    this.hide();
    this.storage.put({ conversation: null, dismissed: [] });
    if (!token) return;
    const ended = (error: unknown): void => {
      if ((error as ApiError).code !== "UNAUTHENTICATED") throw error;
    };
    await retrying(() => this.api.change(operations.endSession, {}, token).then(() => undefined, ended));
  }

  /** Who the visitor is; null: they have no session yet. */
  get visitorId(): string | null {
    return this.session.writer || null;
  }

  /** Asks what to show as if the visitor just came to this page. */
  refresh(): void {
    if (this.status === "ready") void this.arrive(true);
  }

  /** Goes on in another language. */
  setLocale(locale: string): void {
    this.settings.locale = locale;
    if (this.status === "ready") void this.arrive(false);
    else void this.resume().catch(() => undefined);
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
      this.signals.tellUnread(this.chat.unread, this.chat.conversations.filter(({ unread }) => unread).length);
      const { visitor, visitorId } = this;
      if (this.data && visitorId) this.signals.tellContact(!!visitor?.email || !!visitor?.identified, visitorId);
    });
  }

  arrived(message: Message): void {
    this.signals.emit("message", { id: message.id, authorName: message.authorName ?? "", text: message.text });
  }

  async targeted(): Promise<TargetedMessage | null> {
    await this.look(false, false);
    return this.targetedMessage;
  }

  watching(): boolean {
    return this.open && this.view === "chat" && !document.hidden;
  }

  needed(code: string): void {
    this.asks.needed(code);
  }

  // Heir

  inherits(from: string, to: string): void {
    this.chat.outbox.inherit(from, to);
    this.chat.unsent.inherit(from, to);
  }

  forgets(who: string): void {
    this.chat.outbox.forget(who);
    this.chat.unsent.forget(who);
  }

  begins(): void {
    this.chat.reset();
    this.asks.reset();
    this.problem = "";
    this.reports.reset();
    void this.resume().catch(() => undefined);
  }

  ends(): void {
    this.gone = true;
    this.chat.end();
    this.lookup.showNothing();
    this.changed();
  }

  // What to show

  took({ texts }: WidgetData): void {
    this.unreachable = false;
    this.say = words(texts);
    this.changed();
  }

  lost(): void {
    this.settle();
  }

  unanswered(): void {
    this.unreachable = true;
    this.changed();
  }

  private look(resumes: boolean, patient = true): Promise<Shown> {
    clearTimeout(this.settling);
    return this.lookup.look(resumes, patient);
  }

  /** Finds out what to show, and goes on where the visitor was; if it is called again, where they are then. */
  private resume(): Promise<void> {
    if (this.status === "removed") return Promise.resolve();
    this.resuming = retrying(() => this.goOn(++this.resumes));
    return this.resuming;
  }

  private async goOn(resumes: number): Promise<void> {
    try {
      const { visitorConversations: list, visitorConversation: last } = await this.look(true);
      if (resumes === this.resumes) {
        this.chat.setList(list?.nodes ?? []);
        await this.chat.goOn(this.targetedMessage, last ?? null);
      }
    } catch (error) {
      if (resumes === this.resumes) throw error;
    }
    if (resumes !== this.resumes) return this.resuming!;
    this.settle();
  }

  /** The page shows another address: another message may match (TM-3). */
  private moved(part: Part): void {
    clearTimeout(this.settling);
    if (part === "path") void this.arrive(true);
    else if (part === "query") this.settling = setTimeout(() => void this.arrive(this.data?.matchesQuery ?? true), settles);
    else if (this.data?.matchesFragment) void this.arrive(true);
  }

  /** Shows what is for the page that the visitor is on now; visits: it counts as one that they came to. */
  private async arrive(visits: boolean): Promise<void> {
    await this.look(false).then(
      () => {
        this.settle();
        this.meet(visits);
      },
      () => undefined, // the server has nothing for this page
    );
  }

  /** Begins anew from what is for this page, unless the visitor is at something. */
  private settle(): void {
    const { thread, unsent, place } = this.chat;
    const shown = this.targetedMessage;
    const writes = this.open && unsent.any(place);
    if (thread.id || this.chat.waiting || writes) return;
    if (markOf(thread.welcome) !== markOf(shown)) this.chat.begin(shown);
    if (this.open && this.view === "chat" && !shown) {
      if (this.chat.conversations.length || this.stays) this.view = "list";
      else this.shut();
    }
    this.changed();
  }

  private get asksToOpen(): boolean {
    return this.settings.hosted || asksToOpen();
  }

  /** Whether the panel stays open without anything to begin from. */
  private get stays(): boolean {
    return this.fixed || this.asksToOpen;
  }

  /** Closes the panel, which may come again by itself. */
  private shut(): void {
    this.open = false;
    this.chat.typing(false);
    this.signals.emit("close");
    this.changed();
  }

  /** Another page of the site may have begun a session, or a chat, or ended it. */
  private catchUp(): void {
    this.session.catchUp();
    this.chat.outbox.load();
    if (this.data) void this.chat.join().catch(() => undefined);
    this.changed();
  }

  private online(): void {
    this.lookup.hurry();
    this.chat.hurry();
  }

  /** What the widget does by itself on a page that it came to. */
  private meet(visits: boolean): void {
    if (!this.data) return;
    const shown = this.targetedMessage;
    const was = this.storage.get("open") && !this.small.matches && this.hasLauncher;
    if (this.stays || was) this.show(!this.asksToOpen);
    if (visits) this.occasion.wait(shown);
    else if (this.occasion.came) this.due();
    const shows = this.hasLauncher && this.reports.isNew("SHOWN", shown);
    const opens = this.open && this.reports.isNew("OPENED", shown);
    void this.reports.visit(visits, opens ? "OPENED" : shows ? "SHOWN" : null).catch(() => undefined);
  }

  /** The time has come for the welcome to open by itself (TM-6). */
  private due(): void {
    const shown = this.targetedMessage;
    if (!shown?.openByItself || this.open || !this.hasLauncher || this.chat.thread.id || this.isDismissed(shown)) return;
    if (!this.small.matches || shown.smallScreen === "NORMAL") this.show(true);
    this.changed();
  }

  private seen(): void {
    if (!document.hidden) this.catchUp();
    this.chat.read();
    if (!document.hidden && this.session.known && this.data) this.chat.hurry();
  }

  private isDismissed(shown: TargetedMessage): boolean {
    return this.storage.get("dismissed")?.includes(markOf(shown)) ?? false;
  }

  /** Does something and shows what went wrong. It reports whether it worked. */
  async trying(action: () => Promise<void>): Promise<boolean> {
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
}
