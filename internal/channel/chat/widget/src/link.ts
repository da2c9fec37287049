// The link in a letter with replies that the visitor missed: it works once, and
// its session is for this tab alone. Who follows it may not be who chatted, so
// that what the browser knows of them stays as it is (CH-8).

const mailed = /#parley-link=([\w.-]+)$/;

/** Whether the page's address has a link's token. */
export function hasLink(): boolean {
  return mailed.test(location.href);
}

/** Takes the link's token out of the page's address; null: there is none. */
export function takeLink(): string | null {
  const found = mailed.exec(location.href);
  if (!found) return null;
  history.replaceState(history.state, "", location.href.slice(0, found.index));
  return found[1] ?? null;
}
