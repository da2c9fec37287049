// One chat: its messages, what the visitor is asked, and where they write.

import type { App } from "./app";
import { avatar, h, keyed, linked, set, write } from "./dom";
import { ConsentCard, FormCard, ProofCard } from "./cards";
import { Composer } from "./composer";
import { filesOf, renewLinks, waitingFiles } from "./files";
import { answersOf, linksOf } from "./links";
import type { Draft } from "./outbox";
import { RatingCard } from "./rating";
import { Reader } from "./reader";
import type { Clock } from "./time";
import type { Message } from "./types";

/** What stands in the log. */
type Item = { welcome: string; name: string | null; avatarUrl: string | null } | { message: Message; state: string; offers: boolean } | { draft: Draft };

export class ThreadView {
  readonly element: HTMLElement;
  private readonly earlier = h("button", { class: "link", type: "button", click: () => void this.app.chat.loadEarlier().catch(() => undefined) });
  private readonly log = h("div", { class: "log", role: "log", "aria-live": "polite" });
  private readonly typing = h("p", { class: "typing", role: "status" });
  private readonly queue = h("p", { class: "notice", role: "status" });
  private readonly closed = h("p", { class: "notice" });
  private readonly thanks = h("p", { class: "notice", role: "status", dir: "auto" });
  private readonly body: HTMLElement;
  private readonly consent: ConsentCard;
  private readonly email: FormCard;
  private readonly proof: ProofCard;
  private readonly rating: RatingCard;
  private readonly rated = h("p", { class: "notice", role: "status" });
  private readonly composer: Composer;
  private readonly reader: Reader;
  private last = "";
  private gate: unknown = false;

  constructor(private readonly app: App) {
    this.consent = new ConsentCard(app);
    this.email = new FormCard(app);
    this.proof = new ProofCard(app);
    this.rating = new RatingCard(app);
    this.reader = new Reader(app);
    this.body = h("div", { class: "body", tabindex: 0, role: "group" }, this.earlier, this.log, this.consent.element, this.email.element, this.proof.element, this.thanks, this.queue, this.closed, this.rating.element, this.rated, this.typing);
    this.element = h("div", { class: "chat" }, this.body);
    this.composer = new Composer(app, this.element);
    this.element.append(this.composer.element, this.reader.element);
  }

  /** Focuses where the visitor goes on. It reports whether there is such a place. */
  focus(): boolean {
    return this.consent.focus() || this.email.focus() || this.proof.focus() || this.composer.focus();
  }

  draw(shown: boolean, time: Clock): void {
    const { app } = this;
    set(this.element, "hidden", !shown);
    if (!shown) return;
    const { thread } = app.chat;
    set(this.body, "aria-label", app.say("messages"));
    write(this.earlier, app.say("earlier"));
    set(this.earlier, "hidden", !thread.earlier);
    keyed(this.log, this.items(), nameOf, () => h("div"), (row, item) => this.row(row, item, time));
    const typist = thread.typing(Date.now());
    write(this.typing, typist === null ? "" : app.say("typing", { name: typist || app.say("team") }));
    write(this.thanks, app.asks.emailDone === "saved" && !thread.continued ? app.say("emailThanks", { email: app.visitor?.email ?? "" }) : "");
    const { queuePosition: number, continued } = thread;
    write(this.queue, number === null || continued ? "" : app.say("queuePosition", { number: time.number(number) }));
    write(this.closed, app.say("closed"));
    set(this.closed, "hidden", thread.status !== "CLOSED" || thread.continued);
    this.rating.draw(thread);
    write(this.rated, thread.rated && !thread.continued ? app.say("ratingThanks") : "");
    this.drawForms(time);
    this.follow();
  }

  private drawForms(time: Clock): void {
    const { gate, needsProof, forEmail, offersProof } = this.app.asks;
    const inside = this.element.contains((this.element.getRootNode() as ShadowRoot).activeElement);
    this.consent.draw(gate === "consent");
    this.email.draw(gate === "form" || (gate === null && !needsProof && forEmail), gate === "form");
    this.proof.draw(needsProof || offersProof);
    this.composer.draw(gate === null && !needsProof && this.app.mayWriteHere, time);
    const asks = gate ?? needsProof;
    if (this.gate !== asks && inside) this.focus();
    this.gate = asks;
  }

  private items(): Item[] {
    const { thread, outbox } = this.app.chat;
    const items: Item[] = [];
    if (thread.welcome?.welcomeMessage) {
      const { name, avatarUrl } = thread.welcome.heading.people[0] ?? thread.welcome.heading;
      items.push({ welcome: thread.welcome.welcomeMessage, name, avatarUrl });
    }
    const messages = thread.list();
    const own = messages.findLast(({ direction }) => direction === "INCOMING");
    const state = own?.seen ? this.app.say("seen") : this.app.say("sent");
    const drafts = waiting(outbox.of(thread.id, thread.local), messages);
    const open = drafts.length === 0 && thread.status === "OPEN" && this.app.mayWriteHere;
    for (const message of messages) items.push({ message, state: message === own ? state : "", offers: open && message === messages[messages.length - 1] });
    for (const draft of drafts) items.push({ draft });
    return items;
  }

  private row(row: HTMLElement, item: Item, time: Clock): void {
    const fingerprint = JSON.stringify([item, this.app.data?.locale], (key, value: unknown) => (passing.includes(key) ? undefined : value));
    if (row.dataset.shown === fingerprint) {
      if ("message" in item) renewLinks(row, item.message);
      return;
    }
    row.dataset.shown = fingerprint;
    if ("draft" in item) this.draft(row, item.draft, time);
    else if ("message" in item) this.message(row, item, time);
    else this.theirs(row, item, item.welcome, "");
  }

  private message(row: HTMLElement, { message, state, offers }: { message: Message; state: string; offers: boolean }, time: Clock): void {
    const at = time.message(message.createdAt);
    if (message.direction === "OUTGOING") {
      this.theirs(row, { name: message.authorName, avatarUrl: message.authorAvatarUrl }, message.text, at, [linksOf(message, this.app.say, (card) => this.reader.open(card)), filesOf(message, this.app, time), offers ? answersOf(message, (text, event) => this.choose(text, event as MouseEvent)) : null], message.replyTo?.text);
    } else if (message.direction === "INCOMING") {
      this.mine(row, message.text, "", filesOf(message, this.app, time), h("p", { class: "under" }, [at, message.byEmail && this.app.say("byEmail"), state].filter(Boolean).join(" · ")));
    } else {
      row.className = "message system";
      row.replaceChildren(h("p", { dir: "auto" }, message.text));
    }
  }

  /** Sends an answer that was offered. Its button vanishes: keys go on where one writes, and no keyboard opens over what was pressed. */
  private choose(text: string, { detail }: MouseEvent): void {
    this.app.write(text, true);
    if (detail === 0) this.composer.focus();
    else this.body.focus({ preventScroll: true });
  }

  private theirs(row: HTMLElement, person: { name: string | null; avatarUrl: string | null }, text: string, at: string, beside: (HTMLElement | null)[] = [], answered = ""): void {
    const name = person.name || this.app.say("team");
    row.className = "message theirs";
    row.replaceChildren(
      avatar({ name, avatarUrl: person.avatarUrl }),
      h("div", {}, h("p", { class: "who" }, name), quote(answered), bubble(text), ...beside, at && h("p", { class: "under" }, at)),
    );
  }

  private draft(row: HTMLElement, draft: Draft, time: Clock): void {
    const { app } = this;
    const files = waitingFiles(draft.files ?? [], app, time);
    if (!draft.failed) {
      this.mine(row, draft.text, "waiting", files, h("p", { class: "under" }, app.say("sending")));
      return;
    }
    const why = draft.code === "TOO_LONG" ? app.say(files ? "filesTooLarge" : "tooLong") : `${app.say("notSent")} ${draft.failed}`;
    const link = (text: string, click: () => void): HTMLElement => h("button", { class: "link", type: "button", click }, app.say(text));
    const retry = link("retry", () => app.chat.outbox.retry(draft));
    const discard = link("discard", () => app.chat.outbox.discard(draft));
    this.mine(row, draft.text, "failed", files, h("p", { class: "under" }, h("span", { class: "bad", dir: "auto" }, why), retry, discard));
  }

  private mine(row: HTMLElement, text: string, more: string, files: HTMLElement | null, under: HTMLElement): void {
    row.className = `message mine ${more}`;
    row.replaceChildren(h("div", {}, h("span", { class: "hide" }, this.app.say("you")), bubble(text), files, under));
  }

  /** Takes the newest message into sight: the browser forgets where a widget stood that was taken out of its page. */
  scrollDown(): void {
    this.body.scrollTop = this.body.scrollHeight;
  }

  /** Keeps the newest message in sight when one is added. */
  private follow(): void {
    const last = (this.log.lastElementChild as HTMLElement | null)?.dataset.key ?? "";
    const key = `${this.app.chat.thread.local} ${last} ${this.typing.textContent !== ""} ${this.queue.textContent !== ""} ${this.email.element.hidden} ${this.proof.element.hidden} ${this.rating.element.hidden}`;
    if (key !== this.last) this.scrollDown();
    this.last = key;
  }
}

/** What changes of a message without any change of what it shows. */
const passing = ["url", "at", "cursor"];

function bubble(text: string): HTMLElement | null {
  return text ? h("p", { class: "bubble", dir: "auto" }, ...linked(text)) : null;
}

/** The beginning of the message that is answered. */
function quote(text: string): HTMLElement | null {
  return text ? h("blockquote", { class: "quote", dir: "auto" }, text.length > 140 ? `${text.slice(0, 139)}…` : text) : null;
}

function nameOf(item: Item): string {
  if ("draft" in item) return `draft ${item.draft.key}`;
  return "message" in item ? item.message.id : "welcome";
}

/** The drafts that are not among the messages yet: a live change may come before the answer. */
function waiting(drafts: Draft[], messages: Message[]): Draft[] {
  const taken = new Set<Message>();
  return drafts.filter((draft) => {
    const [file] = draft.files ?? [];
    const same = ({ text, attachments }: Message): boolean => (file ? attachments.some(({ id }) => id === file.id) : text === draft.text.trim());
    const twin = messages.find((m) => m.direction === "INCOMING" && m.number > draft.after && same(m) && !taken.has(m));
    if (twin) taken.add(twin);
    return !twin;
  });
}
