// What the tag says of the widget.

import type { Position, Settings } from "../npm/index";
import { localeOf } from "./question";
import { warn } from "./warn";

/** How far up the launcher may stand, in CSS pixels. */
const highest = 2000;

export interface Said extends Settings {
  /** Whether the page is Parley's own, and has nothing but the chat (CH-6). */
  hosted: boolean;
  locale: string;
  inline: string;
  launcher: string;
  attachments: boolean;
  /** Where the page wants the widget to stand. */
  position: Position;
}

export function settingsOf(tag: HTMLElement): Said {
  const { inline = "", launcher = "", attachments, unreachable, load } = tag.dataset;
  return {
    hosted: "hosted" in tag.dataset,
    locale: localeOf(tag),
    inline: selector(inline, "inline"),
    launcher: selector(launcher, "launcher"),
    attachments: attachments !== "off",
    manual: load === "manual",
    unreachable,
    position: {},
  };
}

/** A selector that the browser understands; "": none. */
function selector(given: string, name: string): string {
  try {
    document.querySelector(given || "a");
    return given;
  } catch {
    warn(`data-${name}="${given}" is no CSS selector.`);
    return "";
  }
}

/** Takes what of a position can be used, and says what cannot. */
export function positionOf({ side, bottom, zIndex }: Position): Position {
  const right = { side: [undefined, "left", "right"].includes(side), bottom: bottom === undefined || (bottom >= 0 && bottom <= highest), zIndex: zIndex === undefined || Number.isInteger(zIndex) };
  for (const [name, holds] of Object.entries(right)) if (!holds) warn(`setPosition does not take this ${name}.`);
  return { ...(right.side && { side }), ...(right.bottom && { bottom }), ...(right.zIndex && { zIndex }) };
}
