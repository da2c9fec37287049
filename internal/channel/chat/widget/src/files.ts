// The files of a message, for who reads it: pictures to look at, others to
// download (CH-7).

import type { App } from "./app";
import { h, icon, icons, set } from "./dom";
import type { Clock } from "./time";
import type { Attachment, Message, StoredFile } from "./types";

/** The address of a file holds for ten minutes: one that is older than this, in milliseconds, is asked for anew. */
const holds = 9 * 60_000;
/** The types that the server lets browsers show as pictures. */
const picture = /^image\/(png|jpeg|gif|webp|avif|bmp|apng)$/;

/** Shows files that a message is sent with; null: there are none. */
export function waitingFiles(list: StoredFile[], app: App, time: Clock): HTMLElement | null {
  return listed(app, list.map((file) => h("div", { class: "file" }, ...card(file, time))));
}

/** Shows the files of a message; null: it has none. */
export function filesOf(message: Message, app: App, time: Clock): HTMLElement | null {
  return listed(app, message.attachments.map((file) => (file.url ? linkTo(file, message, app, time) : refused(file, app, time))));
}

/** Gives the links in an element the addresses that its message has now. */
export function renewLinks(element: HTMLElement, { attachments, at }: Message): void {
  for (const file of attachments) {
    const link = element.querySelector(`[data-file="${file.id}"]`);
    if (link) point(link, file, at);
  }
}

function listed(app: App, files: HTMLElement[]): HTMLElement | null {
  return files.length ? h("ul", { class: "files", "aria-label": app.say("files") }, ...files.map((file) => h("li", {}, file))) : null;
}

/** Name, kind and size of a file. */
function card({ fileName, contentType, size }: StoredFile, time: Clock, more = ""): Node[] {
  const kind = /\.(\w{1,8})$/.exec(fileName)?.[1] ?? contentType.split("/")[1] ?? "";
  const about = [kind.toUpperCase(), time.size(size), more].filter(Boolean).flatMap((part) => [" · ", h("bdi", {}, part)]);
  return [icon(icons.file), h("span", { class: "words" }, h("bdi", { class: "name" }, fileName), h("span", { class: "under" }, ...about.slice(1)))];
}

function refused(file: Attachment, app: App, time: Clock): HTMLElement {
  return h("div", { class: "file" }, ...card(file, time, file.scan === "INFECTED" ? app.say("fileBlocked") : ""));
}

function linkTo(file: Attachment, message: Message, app: App, time: Clock): HTMLElement {
  const link: HTMLAnchorElement = h("a", { class: "file", "data-file": file.id, target: "_blank", rel: "noopener noreferrer", click: (event) => follow(event, link, renew) });
  const renew = async (): Promise<boolean> => {
    const found = await app.chat.renew(message);
    const fresh = found?.attachments.find(({ id }) => id === file.id);
    if (!found || !fresh?.url) return false;
    point(link, fresh, found.at);
    return true;
  };
  const words = (): void => link.replaceChildren(...card(file, time), h("span", { class: "hide" }, app.say("download")));
  point(link, file, message.at);
  if (picture.test(file.contentType)) show(link, file, renew, words);
  else words();
  return link;
}

/** Shows a picture. If it does not load, its address may be too old; if it still does not, there are words in its place. */
function show(link: HTMLAnchorElement, { fileName }: Attachment, renew: () => Promise<boolean>, words: () => void): void {
  const image = h("img", { src: link.href, alt: fileName, title: fileName, loading: "lazy", referrerpolicy: "no-referrer" });
  image.addEventListener("error", () => {
    image.addEventListener("error", words);
    renew().then((done) => (done ? (image.src = link.href) : words()), words);
  }, { once: true });
  link.replaceChildren(image);
}

function point(link: Element, { url, contentType }: Attachment, at = 0): void {
  set(link, "href", url && url + (picture.test(contentType) ? "&inline=1" : ""));
  set(link, "data-at", at);
}

/** Follows a link, with a new address if its own is too old. */
function follow(event: Event, link: HTMLAnchorElement, renew: () => Promise<boolean>): void {
  if (Date.now() - Number(link.dataset.at) < holds) return;
  event.preventDefault();
  renew().then((done) => done && link.click(), () => undefined);
}
