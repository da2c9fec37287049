// The page /demo: a site with the widget, and beside it as much of a team's
// desk as it takes to answer. Both use the public API alone.

import { Api, ApiError, idempotencyKey } from "./api";
import { Desk, type Line, type Row } from "./desk";
import { createMessage, listInboxes, publishMessage } from "./deskops";
import { h, keyed, set, write } from "./dom";
import { SessionApi } from "./signedin";

interface Inbox {
  id: string;
  name: string;
  chatChannel: { id: string; key: string; targetedMessages: { nodes: { state: string }[] } } | null;
}

const kept = "parley.demo.token";
const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
let api = new Api(`${location.origin}/`);
let desk: Desk | null = null;

function showPage(): void {
  write(find("where"), `You are on: ${new URLSearchParams(location.search).get("page") ?? "home"}`);
}

/** Goes from page to page as single-page applications do. */
function followLinks(event: Event): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[href^='?']");
  if (!link) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  showPage();
}

/** Does something, and shows what went wrong. */
async function trying(action: () => Promise<unknown>): Promise<void> {
  write(find("problem"), "");
  try {
    await action();
  } catch (error) {
    write(find("problem"), (error as Error).message);
  }
}

/** Enters with a token, or without one as the user who is signed in here. */
async function enter(token: string | null): Promise<void> {
  api = token ? new Api(api.root) : new SessionApi(api.root);
  api.token = token;
  const { inboxes } = await api.ask<{ inboxes: { nodes: Inbox[] } }>(listInboxes);
  const withChat = inboxes.nodes.filter(({ chatChannel }) => chatChannel);
  if (withChat.length === 0) throw new Error("No inbox that you see has a chat channel.");
  if (token) sessionStorage.setItem(kept, token);
  set(find("enter"), "hidden", true);
  set(find("work"), "hidden", false);
  const select = find<HTMLSelectElement>("channel");
  const asked = new URLSearchParams(location.search).get("channel");
  select.replaceChildren(...withChat.map(({ id, name, chatChannel }) => h("option", { value: id, selected: chatChannel!.key === asked }, name)));
  select.onchange = () => choose(withChat, select.value);
  choose(withChat, select.value);
}

/** Shows an inbox, and the widget of its channel. */
function choose(inboxes: Inbox[], id: string): void {
  const inbox = inboxes.find((one) => one.id === id)!;
  const key = inbox.chatChannel!.key;
  const shown = document.querySelector<HTMLScriptElement>("script[data-channel]");
  if (shown && shown.dataset.channel !== key) {
    location.search = `?channel=${encodeURIComponent(key)}`;
    return;
  }
  if (!shown) document.head.append(h("script", { src: "/widget.js", async: true, "data-channel": key }));
  set(find("silent"), "hidden", inbox.chatChannel!.targetedMessages.nodes.some(({ state }) => state === "ON"));
  find("welcome").onclick = () => void trying(() => welcome(inbox.chatChannel!.id));
  desk?.stop();
  desk = new Desk(api, id, drawList, drawThread);
  void trying(() => desk!.loadList());
}

/** Publishes a first targeted message, so that a newcomer sees the widget. */
async function welcome(channelId: string): Promise<void> {
  const message = { channelId: channelId, name: "Welcome", welcomeMessage: "Hello! How can we help?" };
  const made = await api.change<{ targetedMessage: { id: string } }>(createMessage, message);
  await api.change(publishMessage, { targetedMessageId: made.targetedMessage.id });
  location.reload();
}

function drawList(rows: Row[], chosen: string | null): void {
  keyed(
    find("list"),
    rows,
    ({ id }) => id,
    ({ id }) => h("li", {}, h("button", { type: "button", click: () => void trying(() => desk!.choose(id)) })),
    (item, row) => {
      const button = item.firstElementChild!;
      write(button, `${row.status === "CLOSED" ? "✓ " : ""}${row.contact?.name || row.contact?.email || "Visitor"}: ${row.preview}`);
      set(button, "class", row.unread ? "unread" : null);
      set(button, "aria-current", row.id === chosen ? "true" : null);
    },
  );
}

function drawThread(thread: Desk["thread"], typing: boolean): void {
  set(find("thread"), "hidden", !thread);
  if (!thread) return;
  const box = find("messages");
  const count = box.childElementCount;
  const names = { INCOMING: "Visitor", OUTGOING: "Team", NOTE: "Note", SYSTEM: "Parley" };
  keyed(box, thread.messages.edges, ({ node }) => node.id, () => h("div", {}, h("p"), h("ul")), (line, { node }) => {
    line.className = node.direction;
    write(line.firstElementChild!, `${names[node.direction]}: ${node.text}`);
    drawFiles(line.lastElementChild!, node);
  });
  if (box.childElementCount !== count) box.scrollTop = box.scrollHeight;
  write(find("typing"), typing ? "The visitor is typing…" : "");
  set(find("close"), "disabled", thread.status === "CLOSED");
}

/** Shows a message's files; their addresses hold for ten minutes. */
function drawFiles(list: Element, { attachments }: Line): void {
  set(list, "hidden", attachments.length === 0);
  keyed(list, attachments, ({ id }) => id, () => h("li", {}, h("a", { target: "_blank", rel: "noopener" })), (item, { fileName, url }) => {
    set(item.firstElementChild!, "href", url);
    write(item.firstElementChild!, fileName);
  });
}

function reply(event: Event): void {
  event.preventDefault();
  const field = find<HTMLTextAreaElement>("text");
  void trying(async () => {
    await desk!.send(field.value, idempotencyKey());
    field.value = "";
  });
}

showPage();
addEventListener("popstate", showPage);
document.addEventListener("click", followLinks);
find("reply").addEventListener("submit", reply);
find("text").addEventListener("input", () => desk?.typing());
find("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) reply(event);
});
find("claim").addEventListener("click", () => void trying(() => desk!.claim()));
find("close").addEventListener("click", () => void trying(() => desk!.close()));
find("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  void trying(() => enter(find<HTMLInputElement>("token").value.trim()));
});
find<HTMLAnchorElement>("sign-in").href = `/auth/login?return=${encodeURIComponent(location.pathname + location.search)}`;
const token = sessionStorage.getItem(kept);
if (token) void trying(() => enter(token));
// Whoever is not signed in finds the form.
else void enter(null).catch((error: unknown) => error instanceof ApiError && error.code !== "UNAUTHENTICATED" && write(find("problem"), error.message));
