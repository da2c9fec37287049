// What a site's developer reads in the browser's console, each thing once.

const said = Symbol.for("parley.said");

/** What the loader and the widget said, and who hears of it. */
const page = window as { [said]?: { told: Set<string>; heard?: (message: string) => void } };
const state = (page[said] ??= { told: new Set() });

/** Has listener called with what is said, and was said before. */
export function hear(listener: (message: string) => void): void {
  state.heard = listener;
  state.told.forEach(listener);
}

/** Says what is wrong with how the widget is built into the page. */
export function warn(text: string): void {
  if (state.told.has(text)) return;
  state.told.add(text);
  console.warn(`Parley's chat: ${text}`);
  state.heard?.(text);
}

/** Says so when the page's own policy keeps the widget from reaching the server at root. */
export function heedPolicy(root: string): void {
  const { host } = new URL(root);
  document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
    if (!URL.canParse(blockedURI) || new URL(blockedURI).host !== host) return;
    warn(`the page's Content-Security-Policy refuses ${blockedURI}: add ${new URL(blockedURI).origin} to ${effectiveDirective}.`);
  });
}
