// What to show on the page that the visitor is on (CH-12).

import { type Api, type ApiError, mayPass } from "./api";
import { showWidget } from "./operations";
import { address } from "./page";
import { widgetOn } from "./question";
import type { Session } from "./session";
import type { Kept, Storage } from "./storage";
import type { Conversation, WidgetData } from "./types";

/** What the server says of a page, and of where a known visitor was. */
export interface Shown {
  widget: WidgetData;
  visitorConversations?: { nodes: Conversation[] };
  visitorConversation?: Conversation | null;
}

/** What a look-up tells its owner. */
export interface Looker {
  /** The server said what to show. */
  took(widget: WidgetData): void;
  /** It cannot be asked about this page: what it said was of another one. */
  lost(): void;
  /** It could not be asked, and is asked again. */
  unanswered(): void;
}

/** How long to wait at first before a question is asked again, in milliseconds. */
const first = 2_000;

export class Lookup {
  /** What the server says of this page; null: nothing yet. */
  data: WidgetData | null = null;
  /** The number of the newest question, and its answer's coming. */
  private asked = 0;
  private looking: Promise<Shown> | null = null;
  /** The page that the answer is for. */
  private shownOn = "";
  /** How long to wait before the question is asked again, in milliseconds. */
  private wait = first;
  /** Ends that. */
  private wake = (): void => undefined;

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly storage: Storage<Kept>,
    private readonly channelKey: string,
    private readonly settings: { readonly locale: string },
    private readonly owner: Looker,
  ) {}

  /**
   * Asks what to show on this page. Only the answer to the newest question
   * counts, and only for the page that the visitor is on. Without an answer it
   * asks again, if it is patient.
   */
  look(resumes: boolean, patient: boolean): Promise<Shown> {
    this.wake();
    this.looking = this.ask(++this.asked, resumes, patient);
    return this.looking;
  }

  private async ask(question: number, resumes: boolean, patient: boolean): Promise<Shown> {
    for (this.wait = first; ; this.wait = Math.min(this.wait * 2, 60_000)) {
      const page = this.page();
      try {
        const known = resumes && this.session.known;
        const variables = widgetOn(this.channelKey, this.settings.locale, page, known, known ? this.storage.get("conversation") : null);
        const shown = await this.session.run(() => this.api.ask<Shown>(showWidget, variables));
        if (question !== this.asked) return await this.next();
        this.data = shown.widget;
        if (!this.isFor(page)) continue; // it moved on, or a rule looks at more of it
        this.shownOn = page;
        this.owner.took(shown.widget);
        return shown;
      } catch (error) {
        if (question !== this.asked) return await this.next();
        const { code } = error as ApiError;
        if (code === "STALE") continue;
        if (this.data && page !== this.shownOn) this.showNothing();
        this.owner.unanswered();
        if (!mayPass({ code }) || !patient) throw error;
      }
      await this.pause(this.wait);
      if (question !== this.asked) return await this.next();
    }
  }

  /** The answer to the newest question; after stop there comes none. */
  private next(): Promise<Shown> {
    return this.looking ?? new Promise(() => undefined);
  }

  /** Asks no more, and takes no answer that is on its way. */
  stop(): void {
    this.asked++;
    this.looking = null;
    this.wake();
  }

  /** Asks again now, if it waits to. */
  hurry(): void {
    this.wait = first / 2;
    this.wake();
  }

  private page(): string {
    return address(this.data?.matchesFragment);
  }

  /** Whether an answer about an address is one about this page: a query that no rule looks at makes no other one. */
  private isFor(page: string): boolean {
    const path = (url: string): string => (this.data?.matchesQuery || this.data?.matchesFragment ? url : url.split("?")[0]!);
    return path(page) === path(this.page());
  }

  /** What was found out is not about this page. */
  showNothing(): void {
    if (this.data) this.data = { ...this.data, targetedMessage: null };
    this.owner.lost();
  }

  private pause(time: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
