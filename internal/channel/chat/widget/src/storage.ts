// What is kept in the site's own storage, or, where the browser refuses that,
// in memory until the page goes.

import type { Draft } from "./outbox";

/** What is kept as long as the browser keeps it. */
export interface Kept {
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

/** Keeps the entries of T. */
export class Storage<T extends object = Kept> {
  private readonly name: string;
  /** What the browser refuses to keep; null: it keeps all. */
  private memory: Partial<T> | null = null;

  /** where may throw, if the browser refuses. */
  constructor(
    channelKey: string,
    private readonly where = () => localStorage,
  ) {
    this.name = `parley:${channelKey}`;
  }

  get<K extends keyof T>(key: K): Partial<T>[K] {
    return this.read()[key];
  }

  set<K extends keyof T>(key: K, value: T[K]): void {
    const kept = { ...this.read(), [key]: value };
    try {
      this.where().setItem(this.name, JSON.stringify(kept));
      this.memory = null;
    } catch {
      this.memory = kept; // blocked, or full
    }
  }

  private read(): Partial<T> {
    if (this.memory) return this.memory;
    try {
      return JSON.parse(this.where().getItem(this.name) ?? "{}") as Partial<T>;
    } catch {
      return {};
    }
  }
}
