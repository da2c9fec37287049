// What the visitor is asked once a chat was closed (CO-5).

import type { App } from "./app";
import { h, set, write } from "./dom";
import { rate } from "./operations";
import type { Thread } from "./thread";

/** The scores of thumbs, and what the buttons show. */
const thumbs: [number, string][] = [
  [5, "👍"],
  [1, "👎"],
];
const five: [number, string][] = [1, 2, 3, 4, 5].map((score) => [score, String(score)]);

/** Asks how the chat was, and takes a score and a text. */
export class RatingCard {
  readonly element: HTMLFormElement;
  private readonly question = h("legend", { dir: "auto" });
  private readonly scores = h("div", { class: "row" });
  private readonly label = h("span");
  private readonly comment = h("textarea", { name: "comment", maxlength: 2_000, dir: "auto" });
  private readonly problem = h("span", { class: "bad", role: "alert" });
  private readonly send = h("button", { class: "primary", type: "submit" });
  private readonly more: HTMLElement;
  private asked = "";
  private score = 0;

  constructor(private readonly app: App) {
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.answer();
    };
    this.more = h("div", { class: "more" }, h("label", {}, this.label, this.comment), this.problem, h("div", { class: "row" }, this.send));
    this.element = h("form", { class: "card rating", hidden: true, novalidate: true, submit }, h("fieldset", {}, this.question, this.scores));
  }

  draw(thread: Thread): void {
    const { rating, continued, status } = thread;
    const shown = rating !== null && !continued && status === "CLOSED";
    set(this.element, "hidden", !shown);
    if (!shown) {
      this.asked = "";
      this.more.remove();
      return;
    }
    const { app } = this;
    write(this.question, rating.text || app.say("ratingQuestion"));
    write(this.label, app.say("ratingComment"));
    write(this.send, app.say("ratingSend"));
    const asked = `${thread.id} ${rating.scale}`;
    if (asked !== this.asked) this.ask(asked, rating.scale === "THUMBS" ? thumbs : five);
  }

  private ask(asked: string, scores: [number, string][]): void {
    this.asked = asked;
    this.score = 0;
    this.comment.value = "";
    write(this.problem, "");
    this.more.remove();
    this.scores.replaceChildren(
      ...scores.map(([score, text]) => {
        const name = text === String(score) ? this.app.say("ratingScore", { score: text }) : this.app.say(score > 1 ? "ratingGood" : "ratingBad");
        return h("button", { class: "plain score", type: "button", "aria-label": name, "aria-pressed": "false", "data-score": score, click: () => this.choose(score) }, text);
      }),
    );
  }

  private choose(score: number): void {
    this.score = score;
    for (const button of this.scores.children) set(button, "aria-pressed", String((button as HTMLElement).dataset.score === String(score)));
    this.element.append(this.more);
  }

  private async answer(): Promise<void> {
    set(this.send, "disabled", true);
    write(this.problem, "");
    const sent = await this.app.chat.rate(rate, this.score, this.comment.value.trim());
    if (!sent) write(this.problem, this.app.say("error"));
    set(this.send, "disabled", false);
  }
}
