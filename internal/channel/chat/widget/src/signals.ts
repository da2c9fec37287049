// What a site's scripts can hear of.

import type { ParleyEvents } from "../npm/index";
import { warn } from "./warn";

/** The events, in the order of the documentation. */
export const events = [
  "ready", "load", "open", "close", "message", "unread", "email",
  "conversationStarted", "conversationClosed", "conversationSelected", "contactAssociated", "error",
] as const satisfies (keyof ParleyEvents)[];

export type Listener = (detail?: unknown) => void;

export class Signals {
  private readonly listeners = new Map<string, Set<Listener>>();
  /** How much the visitor has not read. */
  unread = 0;
  private told = -1;
  /** Whether the visitor was known by an address or an identity; null: it is not known yet. */
  private associated: boolean | null = null;

  /** Calls listener whenever the event comes. It returns what ends that. */
  on(event: string, listener: Listener): () => void {
    if (!(events as readonly string[]).includes(event)) warn(`there is no event "${event}"; there are ${events.join(", ")}.`);
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
    return () => this.off(event, listener);
  }

  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }

  /** Says how much the visitor has not read, if that is news. */
  tellUnread(count: number, conversations: number): void {
    this.unread = count;
    if (count === this.told) return;
    this.told = count;
    this.emit("unread", { count, conversations });
  }

  /** Says that the visitor has become one whom the team knows, if that is news. */
  tellContact(associated: boolean, visitorId: string): void {
    if (this.associated === false && associated) this.emit("contactAssociated", { visitorId });
    this.associated = associated;
  }

  /** A listener that fails is the page's matter, and keeps nothing else from going on. */
  emit<E extends keyof ParleyEvents>(event: E, ...[detail]: ParleyEvents[E] extends undefined ? [] : [ParleyEvents[E]]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
