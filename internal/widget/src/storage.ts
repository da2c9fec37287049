// What is kept in the site's own storage, or, where the browser refuses that,
// in memory until the page goes.

import type { Draft } from "./outbox";

interface Kept {
  /** The visitor's token. */
  token?: string;
  /** What was written and not answered yet. */
  outbox?: Draft[];
  /** The targeted messages, by id and version, whose welcome was closed. */
  dismissed?: string[];
  /** The conversation that was open last. */
  conversation?: string | null;
  /** Whether the panel was open. */
  open?: boolean;
}

export class Storage {
  private readonly name: string;
  /** What the browser refuses to keep; null: it keeps all. */
  private memory: Kept | null = null;

  constructor(channelKey: string) {
    this.name = `parley:${channelKey}`;
  }

  get<K extends keyof Kept>(key: K): Kept[K] {
    return this.read()[key];
  }

  set<K extends keyof Kept>(key: K, value: Kept[K]): void {
    const kept = { ...this.read(), [key]: value };
    try {
      localStorage.setItem(this.name, JSON.stringify(kept));
      this.memory = null;
    } catch {
      this.memory = kept; // blocked, or full
    }
  }

  private read(): Kept {
    if (this.memory) return this.memory;
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "{}") as Kept;
    } catch {
      return {};
    }
  }
}
