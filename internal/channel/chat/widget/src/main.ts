// The widget: what the tracking code brings into a site's pages (CH-2, CH-3).

import { Api } from "./api";
import { App } from "./app";
import { View } from "./view";

/** What a site's own scripts can do with the widget, as window.Parley. */
interface Parley {
  /** Opens the panel. */
  open(): void;
  /** Closes it. */
  close(): void;
  /** Proves who the visitor is by a JWT that the site's back end signed (CH-8); rejects if it does not hold. */
  identify(jwt: string): Promise<void>;
  /** Calls back at "ready", "open", "close", "message", "unread" or "email"; returns what ends that. */
  on(event: string, listener: (detail?: unknown) => void): () => void;
}

function begin(): void {
  const script = document.currentScript as HTMLScriptElement | null;
  const key = script?.dataset.channel ?? script?.dataset.parleyKey;
  if (!script || !key || "Parley" in window) return;
  const locale = script.dataset.locale ?? (document.documentElement.lang || navigator.language);
  const app = new App(new Api(new URL("..", script.src).href), key, locale);
  const parley: Parley = {
    open: () => app.show(),
    close: () => app.hide(),
    identify: (jwt) => app.identify(jwt),
    on: (event, listener) => app.on(event, listener),
  };
  Object.assign(window, { Parley: parley });
  dispatchEvent(new CustomEvent("parley"));
  const draw = (): void => {
    new View(app).attach();
    app.start().catch((error: Error) => console.warn(`Parley's chat does not start: ${error.message}`));
  };
  if (document.body) draw();
  else addEventListener("DOMContentLoaded", draw);
}

begin();
