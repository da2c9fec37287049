// Where the widget stands in the page: at the end of its body, also when a
// framework swaps the body or what is in it.

import { warn } from "./warn";

/** How often within a minute the widget comes back before it lets the page have its way. */
const mostReturns = 60;

/** Puts an element at the end of the body, and again whenever it was taken out; back is called then. */
export function keepIn(host: Element, back: () => void): void {
  let returns: number[] = [];
  let watched: Element[] = [];
  const observer = new MutationObserver(() => put());
  const watch = (): void => {
    const parents = [document.documentElement, document.body].filter((parent) => parent !== null);
    if (parents.length === watched.length && parents.every((parent, i) => parent === watched[i])) return;
    observer.disconnect();
    for (const parent of [document, ...parents]) observer.observe(parent, { childList: true });
    watched = parents;
  };
  const put = (): void => {
    watch();
    if (!document.body || host.parentNode === document.body) return;
    const now = Date.now();
    returns = [...returns.filter((at) => at > now - 60_000), now];
    if (returns.length > mostReturns) {
      warn("the page takes the widget out of its body again and again; it does not come back.");
      observer.disconnect();
      return;
    }
    // The copies that a page kept of its own body have nothing in them.
    for (const copy of document.querySelectorAll(host.localName)) if (copy !== host) copy.remove();
    document.body.append(host);
    back();
  };
  put();
}
