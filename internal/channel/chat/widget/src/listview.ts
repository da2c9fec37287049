// The visitor's conversations, to choose from (CH-6).

import type { App } from "./app";
import { h, keyed, set, write } from "./dom";
import type { Conversation } from "./types";

export class ListView {
  readonly element: HTMLElement;
  private readonly rows = h("ul", { class: "list" });
  private readonly begin = h("button", { class: "primary", type: "button", click: () => this.app.showNew() });
  private readonly nobody = h("p", { class: "notice" });

  constructor(private readonly app: App) {
    this.element = h("div", { class: "body" }, this.rows, this.nobody, this.begin);
  }

  draw(shown: boolean): void {
    const { app } = this;
    set(this.element, "hidden", !shown);
    if (!shown) return;
    write(this.begin, app.say("newConversation"));
    set(this.begin, "hidden", !app.targetedMessage);
    write(this.nobody, app.say("nobody"));
    set(this.nobody, "hidden", app.targetedMessage !== null || app.chat.conversations.length > 0);
    set(this.rows, "hidden", app.chat.conversations.length === 0);
    keyed(
      this.rows,
      app.chat.conversations,
      ({ id }) => id,
      ({ id }) => {
        const open = (): void => void app.showConversation(id);
        return h("li", {}, h("button", { type: "button", click: open }, h("bdi", { class: "last" }), h("span", { class: "count", "aria-hidden": "true" }), h("span", { class: "hide news" })));
      },
      (row, conversation) => this.update(row, conversation),
    );
  }

  private update(row: HTMLElement, { messages, unread }: Conversation): void {
    const [last, count] = [row.querySelector(".last")!, row.querySelector(".count")!];
    const message = messages.edges.at(-1)?.node;
    write(last, message?.text || message?.cards[0]?.title || message?.attachments[0]?.fileName || this.app.say("empty"));
    write(count, String(unread));
    set(count, "hidden", unread === 0);
    write(row.querySelector(".news")!, unread ? this.app.say("unread", { count: unread }) : "");
  }
}
