// The widget: what the tracking code brings into a site's pages (CH-2, CH-3).

import { Api } from "./api";
import { App } from "./app";
import { claim, tagOf } from "./built";
import { localeOf } from "./question";
import { events } from "./signals";
import { View } from "./view";
import { heedPolicy, warn } from "./warn";

/** What a site's own scripts can do with the widget, as window.Parley. */
interface Parley {
  /** Opens the panel. */
  open(): void;
  /** Closes it. */
  close(): void;
  /** Proves who the visitor is by a JWT that the site's back end signed (CH-8); rejects if it does not hold. */
  identify(jwt: string): Promise<void>;
  /** Ends the visitor's session on the server, and forgets them in this browser (CH-11); resolves when the server has. */
  logout(): Promise<void>;
  /** Says something of the visitor, by the names of defined properties (CH-9); rejects if it does not fit. */
  setProperties(properties: Record<string, unknown>): Promise<void>;
  /** Calls back at one of the events; returns what ends that. */
  on(event: string, listener: (detail?: unknown) => void): () => void;
}

function begin(): void {
  const tag = tagOf();
  if (!tag) return;
  const { script, key } = tag;
  const root = new URL("..", script.src).href;
  if (!script.parley) {
    if (!claim(key)) return; // brought in without the loader
    heedPolicy(root);
  }
  const app = new App(new Api(root, script.parley?.early), key, localeOf(script), "hosted" in script.dataset);
  const parley: Parley = {
    open: () => app.show(),
    close: () => app.hide(),
    identify: (jwt) => app.identify(jwt),
    logout: () => app.logout(),
    setProperties: (properties) => app.asks.setProperties(properties),
    on: (event, listener) => {
      if (!events.includes(event)) warn(`there is no event "${event}"; there are ${events.join(", ")}.`);
      return app.signals.on(event, listener);
    },
  };
  publish(parley);
  const draw = (): void => {
    new View(app).attach();
    app.start().catch((error: Error) => warn(`it does not start: ${error.message}`));
  };
  if (document.body) draw();
  else addEventListener("DOMContentLoaded", draw);
}

/** Gives the site's scripts what they may call. An element of that name gives way, a thing of the site's own does not. */
function publish(parley: Parley): void {
  const own = (window as { Parley?: unknown }).Parley;
  if (own === undefined || own instanceof Element || own instanceof HTMLCollection) Object.assign(window, { Parley: parley });
  else warn("window.Parley is the page's own; the widget's stands in the detail of the event \"parley\".");
  dispatchEvent(new CustomEvent("parley", { detail: parley }));
}

begin();
