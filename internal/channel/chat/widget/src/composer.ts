// Where the visitor writes.

import type { App } from "./app";
import { Attach } from "./attach";
import { h, icon, icons, set, write } from "./dom";
import type { Clock } from "./time";

/** How long a message may be, in characters as the server counts them: an emoji is one, not two. */
const longest = 10_000;
/** The visitor counts as typing for so long after a key, in milliseconds. */
const typingEnds = 4_000;

export class Composer {
  readonly element: HTMLElement;
  private readonly notice = h("p", { class: "notice", dir: "auto" });
  private readonly tick = h("input", { type: "checkbox", change: () => (this.app.asks.mayWrite = this.tick.checked) });
  private readonly tickWords = h("span", { dir: "auto" });
  private readonly communication = h("label", { class: "check" }, this.tick, this.tickWords);
  private readonly field = h("textarea", { rows: 1, dir: "auto", "aria-describedby": "too-long", enterkeyhint: "send", input: () => this.type(), keydown: (event) => this.key(event as KeyboardEvent), paste: (event) => this.attach.paste(event as ClipboardEvent) });
  private readonly send = h("button", { type: "submit", class: "flip" }, icon(icons.send));
  private readonly tooLong = h("p", { class: "bad count", id: "too-long", role: "alert" });
  private readonly later = h("p", { class: "notice", role: "status" });
  private readonly attach: Attach;
  private timer = 0;
  /** Where the message goes out once its files are uploaded; null: nowhere. */
  private due: string | null = null;

  /** Files can be dropped onto place. */
  constructor(
    private readonly app: App,
    place: HTMLElement,
  ) {
    this.attach = new Attach(app);
    this.attach.watch(place);
    const submit = (event: Event): void => {
      event.preventDefault();
      this.submit();
    };
    this.element = h("form", { class: "foot", submit }, this.notice, this.communication, this.attach.element, this.later, this.tooLong, h("div", { class: "write" }, this.attach.button, this.field, this.send));
  }

  focus(): boolean {
    if (!this.element.hidden) this.field.focus();
    return !this.element.hidden;
  }

  draw(shown: boolean, time: Clock): void {
    const { app } = this;
    set(this.element, "hidden", !shown);
    this.attach.draw(shown, time);
    if (!shown) return;
    const { thread, outbox, unsent, place } = app.chat;
    const text = unsent.text(place);
    if (this.field.value !== text) this.field.value = text;
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
    const count = lengthOf(text);
    write(this.tooLong, count > longest ? app.say("tooManyCharacters", { count: time.number(count), most: time.number(longest) }) : "");
    set(this.field, "aria-invalid", count > longest ? "true" : null);
    set(this.send, "disabled", count > longest || (text.trim() === "" && unsent.uploads(place).every(({ id, code }) => !id && code)));
    this.sendDue();
    write(this.later, this.due === null ? "" : app.say("uploadFirst"));
  }

  /** Sends what waited for its files, unless one of them failed, which the visitor is to see first. */
  private sendDue(): void {
    const { unsent, place } = this.app.chat;
    if (this.due === null || (this.due === place && unsent.busy(place))) return;
    const goes = this.due === place && unsent.uploads(place).every(({ id }) => id);
    this.due = null;
    if (goes) this.submit();
  }

  private type(): void {
    const filled = this.field.value.trim() !== "";
    this.app.chat.unsent.write(this.app.chat.place, this.field.value);
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
    const { unsent, place } = this.app.chat;
    clearTimeout(this.timer);
    if (lengthOf(unsent.text(place)) > longest) return; // what is written stays, and the field says why
    if (unsent.busy(place)) {
      this.due = place;
      this.app.changed();
      return;
    }
    this.app.write(unsent.text(place).trim());
  }
}

/** How many characters of a text go out. */
function lengthOf(text: string): number {
  const sent = text.trim();
  return sent.length > longest ? [...sent].length : sent.length;
}
