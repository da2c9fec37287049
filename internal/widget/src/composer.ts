// Where the visitor writes.

import type { App } from "./app";
import { h, icon, icons, set, write } from "./dom";

/** How long a message may be, in characters. */
const longest = 10_000;
/** The visitor counts as typing for so long after a key, in milliseconds. */
const typingEnds = 4_000;

export class Composer {
  readonly element: HTMLElement;
  private readonly notice = h("p", { class: "notice", dir: "auto" });
  private readonly tick = h("input", { type: "checkbox", change: () => (this.app.mayWrite = this.tick.checked) });
  private readonly tickWords = h("span", { dir: "auto" });
  private readonly communication = h("label", { class: "check" }, this.tick, this.tickWords);
  private readonly field = h("textarea", { rows: 1, maxlength: longest, dir: "auto", enterkeyhint: "send", input: () => this.type(), keydown: (event) => this.key(event as KeyboardEvent) });
  private readonly send = h("button", { type: "submit", class: "flip" }, icon(icons.send));
  private timer = 0;

  constructor(private readonly app: App) {
    const submit = (event: Event): void => {
      event.preventDefault();
      this.submit();
    };
    this.element = h("form", { class: "foot", submit }, this.notice, this.communication, h("div", { class: "write" }, this.field, this.send));
  }

  focus(): boolean {
    if (!this.element.hidden) this.field.focus();
    return !this.element.hidden;
  }

  draw(shown: boolean): void {
    const { app } = this;
    set(this.element, "hidden", !shown);
    if (!shown) return;
    const { thread, outbox } = app.chat;
    const isNew = !thread.id && outbox.of(null, thread.local).length === 0;
    const consent = isNew ? thread.welcome?.consent : null;
    const implied = consent?.processing?.mode === "LEGITIMATE_INTEREST" ? consent.processing.text : "";
    write(this.notice, implied);
    set(this.notice, "hidden", implied === "");
    write(this.tickWords, consent?.communication?.text ?? "");
    set(this.communication, "hidden", !consent?.communication?.text);
    set(this.field, "placeholder", app.say("placeholder"));
    set(this.field, "aria-label", app.say("placeholder"));
    set(this.send, "aria-label", app.say("send"));
    set(this.send, "disabled", this.field.value.trim() === "");
  }

  private type(): void {
    const filled = this.field.value.trim() !== "";
    set(this.send, "disabled", !filled);
    this.app.chat.typing(filled);
    clearTimeout(this.timer);
    if (filled) this.timer = setTimeout(() => this.app.chat.typing(false), typingEnds);
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text) return;
    clearTimeout(this.timer);
    this.field.value = "";
    this.app.write(text);
  }
}
