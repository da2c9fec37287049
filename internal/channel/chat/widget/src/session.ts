// Who the visitor is: the session and its token (CH-5, CH-8).

import { Api, ApiError } from "./api";
import { Tab } from "./link";
import { startSession } from "./operations";
import type { Storage } from "./storage";
import type { Visitor } from "./types";

export class Session {
  visitor: Visitor | null = null;
  private starting: Promise<void> | null = null;
  private readonly tab: Tab;

  constructor(
    private readonly api: Api,
    private readonly storage: Storage,
    private readonly channelKey: string,
  ) {
    this.tab = new Tab(channelKey);
    api.token = this.tab.token ?? storage.get("token") ?? null;
  }

  /** Whether this browser has met the widget before, or does now. */
  get known(): boolean {
    return this.api.token !== null;
  }

  /** Begins a session if there is none. */
  async need(): Promise<void> {
    if (!this.known) await this.start();
  }

  /** Begins a session, or goes on with the one that there is; identity proves who the visitor is. */
  async start(identity?: string): Promise<void> {
    if (identity) await this.starting?.catch(() => undefined);
    this.starting ??= this.request(identity).finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  /** Begins the session of a mailed link, for this tab; one that does not hold changes nothing. */
  async follow(link: string): Promise<void> {
    const own = this.api.token;
    this.api.token = null;
    try {
      const session = await this.api.change<{ token: string; visitor: Visitor }>(startSession, { channelKey: this.channelKey, link, locale: navigator.language });
      this.api.token = this.tab.token = session.token;
      this.visitor = session.visitor;
    } catch {
      this.api.token = own;
    }
  }

  /** Runs a call, and once more with a new token if the one that it had does not hold. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") throw error;
      await this.start();
      return call();
    }
  }

  private async request(identity?: string): Promise<void> {
    if (identity && this.tab.token) {
      this.tab.token = null; // the site knows better who it is
      this.api.token = this.storage.get("token") ?? null;
    }
    const token = this.api.token ?? undefined;
    this.api.token = null; // a dead one would be refused before the session is begun anew
    try {
      const session = await this.api.change<{ token: string; visitor: Visitor }>(startSession, { channelKey: this.channelKey, locale: navigator.language, token, identity });
      this.api.token = session.token;
      this.visitor = session.visitor;
      if (this.tab.token) this.tab.token = session.token;
      else this.storage.set("token", session.token);
    } catch (error) {
      this.api.token ??= token ?? null;
      throw error;
    }
  }
}
