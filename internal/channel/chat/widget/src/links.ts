// The cards of a message: links that stand beside its text (CO-6).

import { h } from "./dom";
import type { Say } from "./texts";
import type { Message, MessageCard } from "./types";

/** Shows the cards of a message; null: it has none. read shows an article within the panel. */
export function linksOf({ cards }: Message, say: Say, read: (card: MessageCard) => void): HTMLElement | null {
  const links = cards.filter(({ url }) => /^https?:/.test(url));
  return links.length ? h("ul", { class: "files links" }, ...links.map((card) => h("li", {}, link(card, say, read)))) : null;
}

function link(card: MessageCard, say: Say, read: (card: MessageCard) => void): HTMLElement {
  const { kind, title, description, url, buttonText, imageUrl, durationSeconds } = card;
  const picture = imageUrl && h("img", { src: imageUrl, alt: "", referrerpolicy: "no-referrer", error: (event) => (event.target as Element).remove() });
  const takes = durationSeconds ? h("bdi", { class: "under" }, lasts(durationSeconds)) : null;
  const words = h("span", { class: "words" }, h("bdi", { class: "name" }, title), description && h("bdi", { class: "under" }, description), takes, h("bdi", { class: "go" }, kind === "ARTICLE" ? say("articleRead") : buttonText));
  const click = (event: Event): void => {
    const { ctrlKey, metaKey, shiftKey } = event as MouseEvent;
    if (kind !== "ARTICLE" || ctrlKey || metaKey || shiftKey) return;
    event.preventDefault();
    read(card);
  };
  return h("a", { class: "file", href: url, target: "_blank", rel: "noopener noreferrer", click }, picture, words);
}

/** How long a video takes: 3:05, 1:00:00. */
function lasts(seconds: number): string {
  const pad = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const last = pad(seconds % 60);
  return minutes < 60 ? `${minutes}:${last}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${last}`;
}

/** Shows the answers that a message offers, as buttons that send their text; null: it offers none. */
export function answersOf({ quickReplies }: Message, choose: (text: string, event: Event) => void): HTMLElement | null {
  const buttons = quickReplies.map(({ text }) => h("button", { class: "plain", type: "button", dir: "auto", click: (event) => choose(text, event) }, text));
  return buttons.length ? h("div", { class: "row answers" }, ...buttons) : null;
}
