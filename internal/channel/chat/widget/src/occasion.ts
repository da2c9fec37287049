// When a welcome opens by itself: at once, or after a time, a scroll, or when
// the pointer leaves the page, whichever comes first (TM-6).

import type { TargetedMessage } from "./types";

export class Occasion {
  /** Whether the welcome that is waited for may show itself. */
  came = false;
  private waiting = new AbortController();

  constructor(private readonly then: () => void) {}

  /** Waits until a welcome is due on the page that the visitor just came to. */
  wait(shown: TargetedMessage | null): void {
    this.end();
    if (!shown?.openByItself) return;
    const { openAfterSeconds: seconds, openAfterScroll: percent, openAtLeaving: leaving } = shown;
    if (seconds === null && percent === null && !leaving) return this.come();
    const { signal } = (this.waiting = new AbortController());
    if (seconds !== null) {
      const timer = setTimeout(() => this.come(), seconds * 1000);
      signal.addEventListener("abort", () => clearTimeout(timer));
    }
    if (percent !== null) addEventListener("scroll", () => scrolled() >= percent && this.come(), { signal, passive: true });
    if (leaving) document.addEventListener("mouseout", ({ relatedTarget }) => relatedTarget || this.come(), { signal });
  }

  /** Waits no longer. */
  end(): void {
    this.waiting.abort();
    this.came = false;
  }

  private come(): void {
    this.waiting.abort();
    this.came = true;
    this.then();
  }
}

/** How much of the way to the page's end was scrolled, in percent. */
function scrolled(): number {
  const { scrollHeight, clientHeight } = document.documentElement;
  return scrollHeight > clientHeight ? Math.round((100 * scrollY) / (scrollHeight - clientHeight)) : 0;
}
