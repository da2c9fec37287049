// The page that the widget is on: where it is, and when that changes.

/** Fragments that open the widget at once (CH-4). */
const opening = /#(parley-open|hs-chat-open)$/;

/** The address of the page, without its fragment, which may hold what is not ours. */
export function address(): string {
  return location.href.replace(/#.*$/, "").slice(0, 2048);
}

/** Whether the address asks for the widget to be open. */
export function asksToOpen(): boolean {
  return opening.test(location.href);
}

export interface Visits {
  /** The page shows another address. */
  moved(): void;
  /** The address, or a link that was followed, asks for the widget to be open. */
  asked(): void;
}

/** Tells of navigation within the page: by history, by fragment, by link. */
export function watchPage(visits: Visits): void {
  let last = address();
  const look = (): void => {
    const now = address();
    if (now === last) return;
    last = now;
    visits.moved();
  };
  addEventListener("popstate", look);
  addEventListener("hashchange", () => {
    look();
    if (asksToOpen()) visits.asked();
  });
  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((part) => part instanceof HTMLAnchorElement);
    if (link instanceof HTMLAnchorElement && opening.test(link.href)) visits.asked();
  });
  watchHistory(look);
}

function watchHistory(look: () => void): void {
  const navigation = (window as { navigation?: EventTarget }).navigation;
  if (navigation) {
    navigation.addEventListener("currententrychange", look);
    return;
  }
  for (const name of ["pushState", "replaceState"] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<typeof original>) {
      original.apply(this, args);
      look();
    };
  }
}
