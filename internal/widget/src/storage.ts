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
  private memory: Kept = {};

  constructor(channelKey: string) {
    this.name = `parley:${channelKey}`;
  }

  get<K extends keyof Kept>(key: K): Kept[K] {
    return this.read()[key];
  }

  set<K extends keyof Kept>(key: K, value: Kept[K]): void {
    this.memory = { ...this.read(), [key]: value };
    try {
      localStorage.setItem(this.name, JSON.stringify(this.memory));
    } catch {
      // Blocked or full: memory has it.
    }
  }

  private read(): Kept {
    try {
      const text = localStorage.getItem(this.name);
      return text ? (JSON.parse(text) as Kept) : this.memory;
    } catch {
      return this.memory;
    }
  }
}
