// HubSpot's names for the page's API, for sites that move over (CH-11). They use
// what window.Parley has, and nothing else, so that any build of the widget fits.

import type { Parley, ParleyEvents } from "../npm/index";
import { warn } from "./warn";

/** What the loader leaves at this script's tag: the page's API, once it is there. */
interface Left {
  ready?: Promise<Parley>;
}

interface Settings {
  identificationToken?: string;
}

type Listener = (payload: unknown) => void;

const conversation = ({ conversationId }: { conversationId: string }): object => ({ conversation: { conversationId } });

/** Which event has which name there, and what comes with it; null: nothing does. */
const names: { [name: string]: { [E in keyof ParleyEvents]?: (detail: ParleyEvents[E]) => object | null } } = {
  conversationStarted: { conversationStarted: conversation },
  conversationClosed: { conversationClosed: conversation },
  userSelectedThread: { conversationSelected: conversation },
  unreadConversationCountChanged: { unread: ({ conversations }) => ({ unreadCount: conversations }) },
  contactAssociated: { contactAssociated: () => ({ message: "visitor has become a known contact" }) },
  userInteractedWithWidget: { open: ({ byItself }) => (byItself ? null : { message: "user interacted with the widget" }) },
  widgetLoaded: { load: () => ({ message: "widget has loaded" }) },
};

function conversationsOf(parley: Parley): object {
  const ends = new Map<string, Map<Listener, () => void>>();
  const off = (name: string, listener: Listener): void => {
    ends.get(name)?.get(listener)?.();
    ends.get(name)?.delete(listener);
  };
  const on = (name: string, listener: Listener): void => {
    if (!Object.hasOwn(names, name)) return warn(`HubSpotConversations has no event "${name}" here; there are ${Object.keys(names).join(", ")}.`);
    off(name, listener);
    const [[event, payload]] = Object.entries(names[name]!) as [[keyof ParleyEvents, (detail: unknown) => object | null]];
    const heard = (detail: unknown): void => {
      const given = payload(detail);
      if (given) listener(given);
    };
    ends.set(name, (ends.get(name) ?? new Map<Listener, () => void>()).set(listener, parley.on(event, heard)));
  };
  const reset = async (): Promise<void> => {
    await parley.logout();
    parley.destroy();
    parley.load();
  };
  return {
    widget: {
      load: ({ widgetOpen = false } = {}) => (widgetOpen ? parley.open() : parley.load()),
      remove: () => parley.destroy(),
      open: () => parley.open(),
      close: () => parley.close(),
      refresh: () => parley.refresh(),
      status: () => ({ loaded: parley.status() === "ready", pending: parley.status() === "loading" }),
    },
    clear: ({ resetWidget = false } = {}) => (resetWidget ? reset() : parley.logout()),
    resetAndReloadWidget: reset,
    on,
    off,
  };
}

async function begin(script: HTMLScriptElement & Left): Promise<void> {
  const page = window as { HubSpotConversations?: object; hsConversationsOnReady?: unknown; hsConversationsSettings?: Settings };
  const parley = await script.ready!;
  if (page.HubSpotConversations !== undefined) return warn("HubSpotConversations is taken: HubSpot's own script is on the page, and keeps its names.");
  page.HubSpotConversations = conversationsOf(parley);
  const { identificationToken } = page.hsConversationsSettings ?? {};
  if (identificationToken) parley.identify(identificationToken).catch((error: Error) => warn(`identificationToken: ${error.message}`));
  const ready = page.hsConversationsOnReady;
  if (!Array.isArray(ready)) return;
  for (const call of ready) {
    try {
      (call as () => void)();
    } catch (error) {
      reportError(error);
    }
  }
}

void begin(document.currentScript as HTMLScriptElement);
