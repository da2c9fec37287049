// Where the visitor attaches files: a button, drag and drop, and paste; and what
// became of each until the message is sent (CH-7).

import type { App } from "./app";
import { h, icon, icons, keyed, set, write } from "./dom";
import type { Clock } from "./time";
import { mostFiles, type Upload } from "./drafts";

/** The codes of problems that the widget has words for. */
const known = ["", "EMPTY", "LOST", "TOO_MANY", "TOO_LONG", "NETWORK"];

export class Attach {
  readonly button = h("button", { type: "button", class: "attach", click: () => this.picker.click() }, icon(icons.clip));
  readonly element: HTMLElement;
  private readonly picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: -1, change: () => this.pick() });
  private readonly list = h("ul", { class: "uploads" });
  private readonly news = h("p", { class: "hide", role: "status" });
  private readonly drop = h("p", { class: "drop", hidden: true });
  private told = new Set<string>();
  private possible = false;

  constructor(private readonly app: App) {
    this.element = h("div", {}, this.list, this.news, this.picker);
  }

  /** Takes what is dropped onto an element. */
  watch(element: HTMLElement): void {
    element.append(this.drop);
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // the page would open the file
      event.dataTransfer.dropEffect = this.possible ? "copy" : "none";
      set(this.drop, "hidden", !this.possible);
    };
    element.addEventListener("dragenter", over);
    element.addEventListener("dragover", over);
    element.addEventListener("dragleave", (event) => {
      if (!element.contains(event.relatedTarget as Node | null)) set(this.drop, "hidden", true);
    });
    element.addEventListener("drop", (event) => {
      over(event);
      set(this.drop, "hidden", true);
      this.add(filesOf(event.dataTransfer));
    });
  }

  /** Takes pasted images; what is also text is for the field. */
  paste(event: ClipboardEvent): void {
    const pasted = event.clipboardData;
    if (!pasted?.files.length || pasted.types.includes("text/plain")) return;
    event.preventDefault();
    this.add([...pasted.files]);
  }

  /** possible: the visitor may write now. */
  draw(possible: boolean, time: Clock): void {
    const { app } = this;
    this.possible = possible && app.settings.attachments;
    set(this.button, "hidden", !this.possible);
    if (!possible) return;
    const uploads = app.chat.unsent.uploads(app.chat.place);
    set(this.button, "aria-label", app.say("attach"));
    set(this.button, "title", app.say("attach"));
    set(this.picker, "aria-label", app.say("attach"));
    write(this.drop, app.say("dropFiles"));
    set(this.list, "aria-label", app.say("files"));
    set(this.list, "hidden", uploads.length === 0);
    const before = this.list.childElementCount;
    keyed(this.list, uploads, ({ key }) => key, (upload) => this.make(upload), (row, upload) => this.update(row, upload, time));
    if (uploads.length > before) this.list.scrollTop = this.list.scrollHeight;
    this.tell(uploads);
  }

  private make({ key, fileName }: Upload): HTMLElement {
    const { app } = this;
    const { unsent } = app.chat;
    const again = (): void => unsent.uploads(app.chat.place).filter((upload) => upload.key === key).forEach((upload) => unsent.retry(upload));
    const remove = (): void => {
      unsent.remove(app.chat.place, key);
      this.button.focus();
    };
    const bar = h("progress", { max: 1, "aria-label": app.say("uploading", { name: fileName }) });
    const retry = h("button", { type: "button", class: "link", click: again }, app.say("retry"));
    const bad = h("span", { class: "bad", role: "alert" }, h("span"), " ", h("bdi"));
    const words = h("div", { class: "words" }, h("bdi", { class: "name" }), h("span", { class: "under" }), bar, bad, retry);
    const away = h("button", { type: "button", class: "away", "aria-label": app.say("removeFile", { name: fileName }), click: remove }, icon(icons.close));
    return h("li", {}, icon(icons.file), words, away);
  }

  private update(row: HTMLElement, upload: Upload, time: Clock): void {
    const bar = row.querySelector("progress")!;
    write(row.querySelector(".name")!, upload.fileName);
    write(row.querySelector(".under")!, time.size(upload.size));
    bar.value = upload.part;
    set(bar, "hidden", upload.id !== "" || upload.code !== "");
    const [own, theirs] = row.querySelectorAll(".bad > *");
    write(own!, this.problem(upload));
    write(theirs!, known.includes(upload.code) ? "" : upload.problem);
    set(row.querySelector(".bad")!, "hidden", !upload.code);
    set(row.querySelector(".link")!, "hidden", !this.app.chat.unsent.mayRetry(upload));
  }

  /** What is wrong with an upload, in the widget's own words; "": nothing. */
  private problem({ code }: Upload): string {
    const { say } = this.app;
    switch (code) {
      case "":
        return "";
      case "EMPTY":
        return say("fileEmpty");
      case "LOST":
        return say("fileLost");
      case "TOO_MANY":
        return say("tooManyFiles", { count: mostFiles });
      case "TOO_LONG":
        return say("filesTooLarge");
      case "NETWORK":
        return `${say("notUploaded")} ${say("unavailable")}`;
      default:
        return say("notUploaded");
    }
  }

  /** Tells those who do not see it that a file is uploaded. */
  private tell(uploads: Upload[]): void {
    const done = uploads.filter(({ id, key }) => id && !this.told.has(key));
    if (done.length) write(this.news, done.map(({ fileName }) => this.app.say("uploaded", { name: fileName })).join(" "));
    this.told = new Set(uploads.filter(({ id }) => id).map(({ key }) => key));
  }

  private pick(): void {
    this.add([...(this.picker.files ?? [])]);
    this.picker.value = ""; // the same file may be chosen again
  }

  private add(files: File[]): void {
    if (this.possible && files.length) this.app.chat.unsent.add(this.app.chat.place, files);
  }
}

/** The files that are dropped, without folders. */
function filesOf(dropped: DataTransfer | null): File[] {
  const items = [...(dropped?.items ?? [])].filter((item) => item.kind === "file" && !item.webkitGetAsEntry()?.isDirectory);
  return items.map((item) => item.getAsFile()).filter((file) => file !== null);
}
