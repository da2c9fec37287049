// What a site's scripts can hear of.

export const events = ["ready", "open", "close", "message", "unread", "email"];

type Listener = (detail?: unknown) => void;

export class Signals {
  private readonly listeners = new Map<string, Set<Listener>>();
  private unread = -1;

  /** Calls listener whenever the event comes. It returns what ends that. */
  on(event: string, listener: Listener): () => void {
    const all = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, all.add(listener));
    return () => all.delete(listener);
  }

  /** Says how much the visitor has not read, if that is news. */
  tellUnread(count: number): void {
    if (count === this.unread) return;
    this.unread = count;
    this.emit("unread", { count });
  }

  emit(event: string, detail?: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(detail);
  }
}
