// The widget: what the tracking code brings into a site's pages (CH-2, CH-3), by
// the loader.

import { Api } from "./api";
import { App } from "./app";
import type { Built } from "./built";
import { parleyOf, publish } from "./parley";
import { settingsOf } from "./settings";
import { Signals } from "./signals";
import { hear } from "./warn";

function begin(script: HTMLScriptElement & Built): void {
  if (!script.parley) return; // a copy of the tag, as of a page that was swapped: the widget is there
  const { channel, parleyKey } = script.dataset;
  const signals = new Signals();
  const settings = settingsOf(script);
  const app = new App(new Api(new URL("..", script.src).href, script.parley.early), (channel ?? parleyKey)!, settings, signals);
  const parley = parleyOf(app);
  if (!settings.manual) parley.load();
  publish(parley);
  hear((message) => signals.emit("error", { message }));
}

begin(document.currentScript as HTMLScriptElement);
