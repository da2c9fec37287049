// What the server is told of a visit (TM-10): which page it is of, and what was
// shown and opened there.

import type { Api } from "./api";
import { recordView, visitPage } from "./operations";
import { address } from "./page";
import { locality, type Session } from "./session";
import type { TargetedMessage, Visitor } from "./types";

export class Reports {
  private readonly counted = new Set<string>();
  /** Whether the session was gone on with on this page. */
  private renewed = false;

  /** shown is what is shown now. */
  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly channelKey: string,
    private readonly shown: () => TargetedMessage | null,
  ) {}

  /** Another visitor begins, who was shown nothing yet. */
  reset(): void {
    this.counted.clear();
  }

  /** Tells the server of a visit of a page, and counts what was shown there (TM-10). A stranger gets a session once something is shown. */
  async visit(tracks: boolean, kind: "OPENED" | "SHOWN" | null): Promise<void> {
    const began = !this.session.known;
    const shown = this.shown();
    if (began && !kind) return;
    await this.session.need();
    const renews = !began && !this.renewed;
    this.renewed = true;
    if (!renews && !tracks && !kind) return;
    const answer = await this.session.run(() => {
      const session = { channelKey: this.channelKey, ...locality(), token: this.api.token };
      const page = { url: address(), title: document.title.slice(0, 500) };
      const view = { targetedMessageId: shown?.id ?? "", kind: kind ?? "SHOWN" };
      return this.api.ask<{ startVisitorSession?: { token: string | null; visitor: Visitor } }>(visitPage, { session, renews, page, tracks: tracks || began, view, shows: kind !== null });
    });
    const { token, visitor } = answer.startVisitorSession ?? {};
    if (token && visitor) this.session.renew({ token, visitor });
  }

  /** Whether the visitor is shown something, or opens it, for the first time on this page. */
  isNew(kind: string, shown: TargetedMessage | null): boolean {
    const key = `${kind} ${markOf(shown)}`;
    const isNew = shown !== null && !this.counted.has(key);
    if (isNew) this.counted.add(key);
    return isNew;
  }

  /** Counts that the visitor opened what is shown, once a page and message (TM-10). */
  countOpening(): void {
    const shown = this.shown();
    if (!shown || !this.isNew("OPENED", shown)) return;
    const input = { targetedMessageId: shown.id, kind: "OPENED" };
    this.session
      .need()
      .then(() => this.session.run(() => this.api.change(recordView, input)))
      .catch(() => undefined);
  }
}

/** Names one version of a targeted message. */
export function markOf(shown: TargetedMessage | null): string {
  return shown ? `${shown.id}:${shown.version}` : "";
}
