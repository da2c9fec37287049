// What the visitor is asked before or while they chat: consent (TM-8), an address and
// other fields (TM-5), or for the code that proves whose it is (CH-6).

import type { App } from "./app";
import { h, set, write } from "./dom";
import { type Row, rowOf } from "./fields";

/** Asks for explicit consent to the processing of data. */
export class ConsentCard {
  readonly element: HTMLElement;
  private readonly title = h("h3");
  private readonly words = h("p", { class: "words", dir: "auto" });
  private readonly accept = h("button", { class: "primary", type: "button", click: () => void this.app.asks.acceptConsent() });

  constructor(private readonly app: App) {
    this.element = h("div", { class: "card consent", hidden: true }, this.title, this.words, h("div", { class: "row" }, this.accept));
  }

  focus(): boolean {
    if (!this.element.hidden) this.accept.focus();
    return !this.element.hidden;
  }

  draw(shown: boolean): void {
    set(this.element, "hidden", !shown);
    if (!shown) return;
    write(this.title, this.app.say("consentTitle"));
    write(this.words, this.app.chat.thread.welcome?.consent?.processing?.text ?? "");
    write(this.accept, this.app.say("consentAccept"));
  }
}

/** Asks for an e-mail address, and for what else the targeted message asks for. */
export class FormCard {
  readonly element: HTMLFormElement;
  private readonly words = h("p", { class: "words", dir: "auto" });
  private readonly list = h("div", { class: "more" });
  private readonly save = h("button", { class: "primary", type: "submit" });
  private readonly skip = h("button", { class: "plain", type: "button", click: () => this.app.asks.skipEmail() });
  private rows: Row[] = [];
  /** What the rows ask for. */
  private asked = "";
  private required = false;

  constructor(private readonly app: App) {
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.send();
    };
    this.element = h("form", { class: "card email", hidden: true, novalidate: true, submit }, this.words, this.list, h("div", { class: "row" }, this.save, this.skip));
  }

  /** Takes the focus if nothing else can be done before. */
  focus(): boolean {
    const first = !this.element.hidden && this.required;
    if (first) this.rows[0]?.focus();
    return first;
  }

  /** required: no chat begins without it. */
  draw(shown: boolean, required: boolean): void {
    const { app } = this;
    const { say, asks } = app;
    this.required = required;
    set(this.element, "hidden", !shown);
    if (!shown) return;
    const { email, fields } = asks.form;
    write(this.words, asks.shown?.emailCapture.text || say(email ? "emailPrompt" : "formPrompt"));
    write(this.save, say(required ? "emailContinue" : "emailSave"));
    write(this.skip, say("emailSkip"));
    set(this.skip, "hidden", required);
    const asked = JSON.stringify([email, fields, say("emailLabel")]);
    if (this.asked === asked) return;
    this.asked = asked;
    const address = { key: "email", label: say("emailLabel"), kind: "EMAIL", options: [], required: true };
    const before = new Map(this.rows.map((row) => [row.key, row]));
    this.rows = [...(email ? [address] : []), ...fields].map((field) => (field === address && before.get("email")) || rowOf(field, say));
    this.list.replaceChildren(...this.rows.map(({ element }) => element));
  }

  private async send(): Promise<void> {
    const { rows } = this;
    const wrong = rows.filter((row) => !row.check());
    if (wrong[0]) return wrong[0].focus();
    const answers = rows.map((row) => row.read());
    const email = answers.find(({ field }) => field === "email")?.value ?? "";
    const fields = answers.filter(({ field }) => field !== "email");
    set(this.save, "disabled", true);
    const blamed = await this.app.asks.saveForm(email, fields);
    set(this.save, "disabled", false);
    const row = blamed !== null && rows.find(({ key }) => key === fields[blamed]?.field);
    if (row) {
      row.blame(this.app.say("fieldInvalid"));
      row.focus();
    } else if (blamed === -1) this.asked = "";
  }
}

/** Says that the chat goes on elsewhere, or asks who the visitor is, and takes the code by which all of theirs goes on here. */
export class ProofCard {
  readonly element: HTMLFormElement;
  private readonly words = h("p", { class: "words", dir: "auto" });
  private readonly skip = h("button", { class: "plain", type: "button", click: () => this.app.asks.skipProof() });
  private readonly ask = h("button", { type: "button", click: () => void this.request() });
  private readonly label = h("span");
  private readonly field = h("input", { type: "text", inputmode: "numeric", autocomplete: "one-time-code", required: true, dir: "ltr", "aria-describedby": "code-problem" });
  private readonly line = h("label", {}, this.label, this.field);
  private readonly problem = h("span", { class: "bad", id: "code-problem", role: "alert", dir: "auto" });
  private readonly prove = h("button", { class: "primary", type: "submit" });
  /** Where the code went; null: none was asked for. */
  private sent: string | null = null;

  constructor(private readonly app: App) {
    const send = (event: Event): void => {
      event.preventDefault();
      void this.send();
    };
    this.element = h("form", { class: "card proof", hidden: true, novalidate: true, submit: send }, this.words, this.line, this.problem, h("div", { class: "row" }, this.prove, this.ask, this.skip));
  }

  /** Takes the focus if nothing else can be done before. */
  focus(): boolean {
    if (!this.app.asks.needsProof) return false;
    if (!this.element.hidden) (this.sent === null ? this.ask : this.field).focus();
    return !this.element.hidden;
  }

  draw(shown: boolean): void {
    const { app } = this;
    set(this.element, "hidden", !shown);
    if (!shown) {
      this.sent = null;
      this.field.value = "";
      write(this.problem, "");
      return;
    }
    const sent = this.sent !== null;
    write(this.words, sent ? app.say("codeSent", { email: this.sent! }) : app.asks.needsProof ? app.say("goesOn") : app.say("isThisYou", { email: app.visitor?.email ?? "" }));
    write(this.label, app.say("code"));
    set(this.line, "hidden", !sent);
    write(this.prove, app.say("emailContinue"));
    set(this.prove, "hidden", !sent);
    write(this.ask, app.say(sent ? "codeAgain" : "codeSend"));
    set(this.ask, "class", sent ? "plain" : "primary");
    write(this.skip, app.say("emailSkip"));
    set(this.skip, "hidden", app.asks.needsProof);
  }

  private async request(): Promise<void> {
    set(this.ask, "disabled", true);
    if (await this.app.asks.requestCode()) {
      this.sent = this.app.visitor?.email ?? "";
      write(this.problem, "");
      this.draw(true);
      this.field.focus();
    }
    set(this.ask, "disabled", false);
  }

  private async send(): Promise<void> {
    const code = this.field.value.trim();
    set(this.prove, "disabled", true);
    const problem = code ? await this.app.asks.prove(code) : "";
    set(this.prove, "disabled", false);
    write(this.problem, problem);
    set(this.field, "aria-invalid", problem ? "true" : null);
    if (problem || !code) this.field.focus();
  }
}
