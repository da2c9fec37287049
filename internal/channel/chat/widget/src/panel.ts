// The panel: a dialog with a head, and below it a chat or the list of chats.

import type { App } from "./app";
import { avatar, h, icon, icons, set, write } from "./dom";
import { ListView } from "./listview";
import { clock, type Clock } from "./time";
import { ThreadView } from "./threadview";
import type { Heading } from "./types";

const focusable = "button:not(:disabled), a[href], input, select:not(:disabled), textarea:not(:disabled), [tabindex='0']";

export class Panel {
  readonly element: HTMLElement;
  private readonly people = h("span", { class: "people" });
  private readonly title = h("h2", { id: "title" });
  private readonly availability = h("p");
  private readonly back = h("button", { type: "button", class: "flip", click: () => void this.app.showList() }, icon(icons.back));
  private readonly close = h("button", { type: "button", click: () => this.app.hide() }, icon(icons.close));
  private readonly banner = h("p", { class: "banner", role: "status" });
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly thread: ThreadView;
  private readonly list: ListView;
  private peopleShown = "";

  constructor(private readonly app: App) {
    this.thread = new ThreadView(app);
    this.list = new ListView(app);
    this.element = h(
      "section",
      { class: "panel", role: app.fixed ? "region" : "dialog", "aria-labelledby": "title", tabindex: -1, hidden: true, keydown: (event) => this.key(event as KeyboardEvent) },
      h("header", { class: "head" }, this.back, this.people, h("div", { class: "names" }, this.title, this.availability), this.close),
      this.banner,
      this.problem,
      this.list.element,
      this.thread.element,
    );
  }

  /** Takes the keyboard's focus to what the visitor does next. */
  focus(): void {
    if (this.app.view === "list" || !this.thread.focus()) this.element.focus();
  }

  /** The widget stands in its page again. */
  attached(): void {
    this.thread.scrollDown();
  }

  draw(): void {
    const { app } = this;
    set(this.element, "hidden", !app.open);
    if (!app.open || !app.data) return;
    set(this.element, "aria-modal", app.small.matches && !app.fixed ? "true" : null);
    const shown = clock(app.data.locale);
    this.drawHead(shown);
    write(this.banner, this.state());
    set(this.banner, "hidden", this.banner.textContent === "");
    write(this.problem, app.problem);
    set(this.problem, "hidden", app.problem === "");
    this.list.draw(app.view === "list");
    this.thread.draw(app.view === "chat", shown);
  }

  private drawHead(time: Clock): void {
    const { app } = this;
    const { title, style, availability } = app.data!;
    const head = this.head();
    const people = head.people.length ? head.people : [{ name: head.name ?? title ?? "", avatarUrl: head.avatarUrl ?? style.avatarUrl }];
    if (this.peopleShown !== JSON.stringify(people)) {
      this.peopleShown = JSON.stringify(people);
      this.people.replaceChildren(...people.filter(({ name, avatarUrl }) => name || avatarUrl).map(avatar));
    }
    write(this.title, app.view === "list" ? app.say("conversations") : head.name || title || app.say("title"));
    const back = availability.backAt ? app.say("backAt", { time: time.day(availability.backAt) }) : "";
    write(this.availability, [availability.text || app.say(`replyTime.${availability.replyTime}`), back].filter(Boolean).join(" · "));
    set(this.back, "hidden", app.view === "list" || app.chat.conversations.length === 0);
    set(this.back, "aria-label", app.say("back"));
    set(this.close, "aria-label", app.say("close"));
    set(this.close, "hidden", app.fixed);
  }

  /** Whom the visitor talks to: who has the conversation, else those whom the welcome comes from (TM-4). */
  private head(): Heading {
    const { chat, targetedMessage } = this.app;
    const assignee = chat.conversations.find(({ id }) => id === chat.thread.id)?.assignee;
    if (assignee) return { ...assignee, people: [assignee] };
    return (chat.thread.welcome ?? targetedMessage)?.heading ?? { name: null, avatarUrl: null, people: [] };
  }

  /** What is wrong with the connection; "": nothing. */
  private state(): string {
    const { chat, say, gone } = this.app;
    if (gone) return say("nobody");
    if (!navigator.onLine) return say("offline");
    return chat.unreachable || this.app.unreachable || chat.outbox.stuck ? say("reconnecting") : "";
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing || this.app.settings.inline) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.app.hide();
    } else if (event.key === "Tab") {
      this.trap(event);
    }
  }

  /** Keeps the keyboard's focus within the dialog; Escape leaves it. */
  private trap(event: KeyboardEvent): void {
    const stops = [...this.element.querySelectorAll<HTMLElement>(focusable)].filter((stop) => stop.checkVisibility());
    const active = (this.element.getRootNode() as ShadowRoot).activeElement;
    const [first, last] = [stops[0], stops.at(-1)];
    if (event.shiftKey ? active === first || active === this.element : active === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  }
}
