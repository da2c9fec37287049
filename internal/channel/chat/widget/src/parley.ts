// What a site's own scripts can do with the widget, as window.Parley (CH-11).

import type { Parley, Queued } from "../npm/index";
import type { App } from "./app";
import { positionOf } from "./settings";
import type { Listener } from "./signals";
import { View } from "./view";
import { warn } from "./warn";

export function parleyOf(app: App): Parley {
  const { signals } = app;
  let view: View | null = null;
  let life = new AbortController();
  const load = (): void => {
    if (!life.signal.aborted && view) return;
    const { signal } = (life = new AbortController());
    view ??= new View(app);
    const draw = (): void => {
      view!.attach(signal);
      app.start().catch((error: Error) => {
        warn(`it does not start: ${error.message}`);
        app.unanswered();
      });
    };
    if (document.body) draw();
    else addEventListener("DOMContentLoaded", draw, { signal });
  };
  const destroy = (): void => {
    life.abort();
    app.stop();
  };
  return {
    load,
    destroy,
    remove: destroy,
    status: () => app.status,
    open: ({ text = "" } = {}) => {
      load();
      app.show(false, text);
    },
    close: () => app.hide(),
    openConversation: async (id) => {
      load();
      await app.openConversation(id);
    },
    refresh: () => app.refresh(),
    identify: (jwt) => app.identify(jwt),
    logout: () => app.logout(),
    setProperties: (properties) => app.asks.setProperties(properties),
    setLocale: (locale) => app.setLocale(locale),
    setPosition: (position) => {
      Object.assign(app.settings.position, positionOf(position));
      app.changed();
    },
    get visitorId() {
      return app.visitorId;
    },
    get unreadCount() {
      return signals.unread;
    },
    on: (event, listener) => signals.on(event, listener as Listener),
    once: (event, listener) => {
      const end = signals.on(event, (detail) => {
        end();
        (listener as Listener)(detail);
      });
      return end;
    },
    off: (event, listener) => signals.off(event, listener as Listener),
  };
}

/** Gives the site's scripts what they may call, and does what they asked for before. An element of that name gives way, a thing of the site's own does not. */
export function publish(parley: Parley): void {
  const page = window as { Parley?: unknown };
  const own = page.Parley;
  const queue = (own as { q?: unknown } | undefined)?.q;
  if (own === undefined || Array.isArray(queue) || own instanceof Element || own instanceof HTMLCollection) page.Parley = parley;
  else warn("window.Parley is the page's own; the widget's stands in the detail of the event \"parley\".");
  if (Array.isArray(queue)) {
    for (const call of queue.splice(0)) run(parley, call);
    queue.push = (...calls: Queued[]) => {
      for (const call of calls) run(parley, call); // by who kept the queue
      return 0;
    };
  }
  dispatchEvent(new CustomEvent("parley", { detail: parley }));
}

/** Does what a page asked for before the widget was there. */
function run(parley: Parley, call: Queued): void {
  const [name, ...taken] = Array.isArray(call) ? call : [];
  const f = typeof call === "function" ? call : name && (parley[name] as unknown);
  if (typeof f !== "function") return warn(`Parley.q has ${JSON.stringify(call)}, which is no call.`);
  try {
    const answer: unknown = typeof call === "function" ? call(parley) : f(...taken);
    if (answer instanceof Promise) answer.catch((error: Error) => warn(`${name ?? "a function of Parley.q"}: ${error.message}`));
  } catch (error) {
    reportError(error);
  }
}
