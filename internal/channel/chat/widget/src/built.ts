// How the widget is built into a page: the tag, and what the loader leaves for
// the build that it brings in.

import type { Early } from "./api";
import { warn } from "./warn";

/** What the loader leaves at the build's own tag. */
export interface Built {
  parley?: { early: Early | null };
}

export interface Tag {
  script: HTMLScriptElement & Built;
  /** The channel's key. */
  key: string;
}

const keyed = "script[data-channel], script[data-parley-key]";

/** Returns the tag that runs now, or, in a module, the page's; null: there is none with a key, which it says. */
export function tagOf(): Tag | null {
  const script = (document.currentScript ?? document.querySelector(keyed)) as HTMLScriptElement | null;
  const key = script?.dataset.channel ?? script?.dataset.parleyKey;
  if (script?.src && key) return { script, key };
  warn("it does not start: the script tag lacks data-channel, the channel's key. Copy the tracking code from the channel's settings.");
  return null;
}

/** The widget's mark in a page: the key of the channel that it is for. */
const mark = Symbol.for("parley.widget");

/** Marks the page as having the widget of a channel. It reports false if it has one already, as after a change of its content. */
export function claim(key: string): boolean {
  const page = window as { [mark]?: string };
  if (page[mark] === undefined) {
    page[mark] = key;
    return true;
  }
  if (page[mark] !== key) warn(`the page has two tags, of the channels ${page[mark]} and ${key}. Only the first one is shown.`);
  return false;
}
