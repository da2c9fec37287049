// The link in a letter with replies that the visitor missed: it works once, and
// its session is for this tab alone. Who follows it may not be who chatted, so
// that what the browser knows of them stays as it is (CH-8).

const mailed = /#parley-link=([\w.-]+)$/;

/** Takes the link's token out of the page's address; null: there is none. */
export function takeLink(): string | null {
  const found = mailed.exec(location.href);
  if (!found) return null;
  history.replaceState(history.state, "", location.href.slice(0, found.index));
  return found[1] ?? null;
}

/** The token of the session that a link began in this tab. */
export class Tab {
  private readonly name: string;
  private memory: string | null = null;

  constructor(channelKey: string) {
    this.name = `parley-link:${channelKey}`;
  }

  get token(): string | null {
    try {
      return sessionStorage.getItem(this.name) ?? this.memory;
    } catch {
      return this.memory;
    }
  }

  set token(token: string | null) {
    this.memory = token;
    try {
      if (token) sessionStorage.setItem(this.name, token);
      else sessionStorage.removeItem(this.name);
    } catch {
      // blocked: it lives as long as the page
    }
  }
}
