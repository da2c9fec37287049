// An article that is read inside the panel (CO-11): its page, in a frame without script.

import type { App } from "./app";
import { h, icon, icons, set, write } from "./dom";
import type { MessageCard } from "./types";

export class Reader {
  readonly element: HTMLElement;
  private readonly shut = h("button", { class: "away flip", type: "button", click: () => this.close() }, icon(icons.back));
  private readonly title = h("h3", { dir: "auto" });
  private readonly page = h("a", { class: "link", target: "_blank", rel: "noopener noreferrer" });
  private readonly frame = h("iframe", { sandbox: "allow-forms allow-popups allow-popups-to-escape-sandbox", referrerpolicy: "no-referrer" });
  private from: HTMLElement | null = null;

  constructor(private readonly app: App) {
    this.element = h("div", { class: "reader", hidden: true, role: "region" }, h("div", { class: "row" }, this.shut, this.title, this.page), this.frame);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // the panel stays
      this.close();
    });
  }

  /** Shows an article. Where the site's policy allows no frame, the link beside the title leads to its page. */
  open({ title, url }: MessageCard): void {
    this.from = (this.element.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    write(this.title, title);
    write(this.page, this.app.say("articlePage"));
    set(this.shut, "aria-label", this.app.say("articleBack"));
    set(this.element, "aria-label", title);
    set(this.page, "href", url);
    set(this.frame, "title", title);
    set(this.frame, "src", url);
    set(this.element, "hidden", false);
    this.shut.focus();
  }

  close(): void {
    set(this.element, "hidden", true);
    set(this.frame, "src", null);
    this.from?.focus();
    this.from = null;
  }
}
