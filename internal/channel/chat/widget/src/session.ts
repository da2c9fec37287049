// Who the visitor is: the session and its token (CH-5, CH-8). All pages of a
// browser share one (CH-12), except a tab in which a mailed link was followed.

import { type Api, ApiError } from "./api";
import { alone } from "./lock";
import { startSession } from "./operations";
import { credentials, type Credentials, ofTab, type Storage, type Who } from "./storage";
import type { Visitor } from "./types";

/** What a session tells its owner. */
export interface Heir {
  /** What one visitor wrote is another's now: they are the same. */
  inherits(from: string, to: string): void;
  /** The visitor's session was ended here: nothing of theirs is to stay. */
  forgets(who: string): void;
  /** Another visitor begins: nothing of the one before is to be seen. */
  begins(): void;
  /** The channel was removed. */
  ends(): void;
}

interface Started {
  token: string;
  visitor: Visitor;
}

/** How many earlier visitors of a browser a visitor is known to have been. */
const mostEarlier = 10;

/** Where the browser is, as the server may know it. */
export function locality(): { locale: string; timeZone: string } {
  return { locale: navigator.language, timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

export class Session {
  visitor: Visitor | null = null;
  private who: Who | null = null;
  /** Increases when another visitor begins. */
  private era = 0;
  private starting: Promise<void> | null = null;
  private readonly tab: Storage<Credentials>;
  private readonly storage: Storage<Credentials>;

  constructor(
    private readonly api: Api,
    private readonly channelKey: string,
    private readonly heir: Heir,
  ) {
    this.tab = ofTab(channelKey);
    this.storage = credentials(channelKey);
    api.token = this.kept.get("token") ?? null;
    this.who = this.kept.get("visitor") ?? null;
  }

  /** Whether this browser has met the widget before, or does now. */
  get known(): boolean {
    return this.api.token !== null;
  }

  /** Whose the drafts are that are written now; "": a visitor's who has no session yet. */
  get writer(): string {
    return this.who?.id ?? "";
  }

  /** Begins a session if there is none. */
  async need(): Promise<void> {
    if (!this.known) await this.start();
  }

  /** Begins a session, or goes on with the one that there is; identity proves who the visitor is. */
  start(identity?: string): Promise<void> {
    const { token } = this.api;
    if (identity) return this.alone(() => this.request(token, identity));
    this.starting ??= this.alone(() => this.request(token)).finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  /** Begins the session of a mailed link, for this tab; one that does not hold changes nothing. */
  async follow(link: string): Promise<void> {
    try {
      const session = await this.api.change<Started>(startSession, { channelKey: this.channelKey, link, ...locality() }, null);
      this.become({ token: session.token, visitor: { id: session.visitor.id, identified: session.visitor.identified, was: [] } }, session.visitor);
      this.tab.put({ token: session.token, visitor: this.who });
    } catch {
      // what the browser has goes on
    }
  }

  /** Takes what the server says of the visitor's session, which it goes on with. */
  renew({ token, visitor }: Started): void {
    const before = this.who;
    const known = visitor.id === before?.id;
    const was = known ? before.was : before && !before.identified ? [...before.was, before.id].slice(-mostEarlier) : [];
    const next = { token, visitor: { id: visitor.id, identified: visitor.identified, was } };
    this.become(next, visitor);
    this.kept.put(next);
  }

  /** Forgets the visitor here, and in the browser's other pages. */
  forget(): void {
    this.tab.put({ token: null, visitor: null });
    this.storage.put({ token: null, visitor: null });
    this.become({}, null);
  }

  /** Another page may have begun a session, or ended it. */
  catchUp(): void {
    if (this.tab.get("token")) return;
    const [token, visitor] = [this.storage.get("token"), this.storage.get("visitor")];
    if (token === undefined) {
      if (this.api.token) this.storage.put({ token: this.api.token, visitor: this.who });
    } else if (token !== this.api.token) {
      this.become({ token, visitor }, null);
    }
  }

  /** Runs a call, and once more with a new token if the one that it had does not hold. An answer for another visitor is STALE. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    let [era, { token }] = [this.era, this.api];
    try {
      return this.mine(era, await call());
    } catch (error) {
      if (era !== this.era) throw new ApiError("STALE", "");
      if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") throw error;
    }
    if (token === this.api.token) await this.start();
    era = this.era;
    return this.mine(era, await call());
  }

  private mine<T>(era: number, answer: T): T {
    if (era !== this.era) throw new ApiError("STALE", "");
    return answer;
  }

  /** Where this page's session is kept. */
  private get kept(): Storage<Credentials> {
    return this.tab.get("token") ? this.tab : this.storage;
  }

  /** Passes on why no session begins. */
  private refuse(error: ApiError): never {
    if (error.code === "NOT_FOUND") this.heir.ends(); // nothing else can be missing
    throw error;
  }

  private alone(action: () => Promise<void>): Promise<void> {
    return alone(`parley-session:${this.channelKey}`, action);
  }

  /** Asks for a session, unless another page began one since this one had that token. */
  private async request(token: string | null, identity?: string): Promise<void> {
    if (identity) this.tab.put({ token: null, visitor: null }); // the site knows better who it is
    this.catchUp();
    if (!identity && this.api.token !== null && this.api.token !== token) return; // another page began it
    const input = { channelKey: this.channelKey, ...locality(), token: this.api.token ?? undefined, identity };
    const { era } = this;
    const started = this.mine(era, await this.api.change<Started>(startSession, input, null).catch((error: ApiError) => this.refuse(error)));
    if (!identity && !input.token && this.storage.get("token")) this.catchUp(); // another page was faster after all
    else this.renew(started);
  }

  /** Acts for a visitor from now on. */
  private become({ token = null, visitor: who = null }: Credentials, visitor: Visitor | null): void {
    const before = this.who;
    this.api.token = token;
    this.who = who;
    this.visitor = visitor ?? (before?.id === who?.id ? this.visitor : null);
    if (before?.id === who?.id) return;
    if (who && (!before || who.was.includes(before.id))) this.heir.inherits(before?.id ?? "", who.id);
    if (!before) return;
    if (!who) this.heir.forgets(before.id);
    this.era++;
    this.heir.begins();
  }
}
