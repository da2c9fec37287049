// The page that the widget is on: where it is, and when that changes.

/** Fragments that open the widget at once (CH-4). */
const opening = /#(parley-open|hs-chat-open)$/;
/** How long an address may be, in characters. */
const longest = 2048;

/** Up to this width, in CSS pixels, a screen is small. */
export const smallWidth = 520;

/** Whether the screen is small. */
export const smallScreen = `(max-width: ${smallWidth}px)`;

/** The address of the page; without its fragment, which may hold what is not ours, unless a rule looks at it. One that is too long goes without its query. */
export function address(withFragment = false): string {
  const { href, hash } = location;
  const whole = withFragment ? href : href.slice(0, href.length - hash.length).replace(/#$/, "");
  return whole.length <= longest ? whole : (location.origin + location.pathname).slice(0, longest).replace(/%.?$/, "");
}

/** Whether the address asks for the widget to be open. */
export function asksToOpen(): boolean {
  return opening.test(location.href);
}

/** What of an address changed; what stands first counts. */
export type Part = "path" | "query" | "fragment";

export interface Visits {
  /** The page shows another address. */
  moved(part: Part): void;
  /** The address, or a link that was followed, asks for the widget to be open. */
  asked(): void;
}

/** Tells of navigation within the page: by history, by fragment, by link. */
export function watchPage(visits: Visits, signal: AbortSignal): void {
  let last = new URL(location.href);
  const look = (): void => {
    const [before, now] = [last, new URL(location.href)];
    last = now;
    if (before.origin + before.pathname !== now.origin + now.pathname) visits.moved("path");
    else if (before.search !== now.search) visits.moved("query");
    else if (before.hash !== now.hash) visits.moved("fragment");
  };
  addEventListener("popstate", look, { signal });
  addEventListener("pageshow", look, { signal });
  const hash = (): void => {
    look();
    if (asksToOpen()) visits.asked();
  };
  addEventListener("hashchange", hash, { signal });
  const click = (event: Event): void => {
    const link = event.composedPath().find((part) => part instanceof HTMLAnchorElement);
    if (link instanceof HTMLAnchorElement && opening.test(link.href)) visits.asked();
  };
  document.addEventListener("click", click, { signal });
  watchHistory(look, signal);
}

function watchHistory(look: () => void, signal: AbortSignal): void {
  const navigation = (window as { navigation?: EventTarget }).navigation;
  if (navigation) {
    navigation.addEventListener("currententrychange", look, { signal });
    return;
  }
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<typeof original>) {
      original.apply(this, args);
      if (!signal.aborted) look();
    };
  }
}
