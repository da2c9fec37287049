// Where the widget stands in the page: at the end of its body, also when a
// framework swaps the body or what is in it.

import { warn } from "./warn";

/** How often within a minute the widget comes back before it lets the page have its way. */
const mostReturns = 60;

/** Puts an element at the end of the body, or into what place selects, and again whenever it was taken out, until signal; back is called then. */
export function keepIn(host: Element, place: string, back: () => void, signal: AbortSignal): void {
  let returns: number[] = [];
  let watched: Node[] = [];
  const observer = new MutationObserver(() => put());
  const watch = (): void => {
    const parents = place ? [document] : [document.documentElement, document.body].filter((parent) => parent !== null);
    if (parents.length === watched.length && parents.every((parent, i) => parent === watched[i])) return;
    observer.disconnect();
    for (const parent of [document, ...parents]) observer.observe(parent, { childList: true, subtree: place !== "" });
    watched = parents;
  };
  const put = (): void => {
    watch();
    const parent = place ? document.querySelector(place) : document.body;
    if (host.parentNode === parent) return;
    if (!parent) return host.remove();
    const now = Date.now();
    returns = [...returns.filter((at) => at > now - 60_000), now];
    if (returns.length > mostReturns) {
      warn("the page takes the widget out of its body again and again; it does not come back.");
      observer.disconnect();
      return;
    }
    // The copies that a page kept of its own body have nothing in them.
    for (const copy of document.querySelectorAll(host.localName)) if (copy !== host) copy.remove();
    parent.append(host);
    back();
  };
  signal.addEventListener("abort", () => {
    observer.disconnect();
    host.remove();
  });
  put();
}
