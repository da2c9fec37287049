// What a site's developer reads in the browser's console, each thing once.

const told = new Set<string>();

/** Says what is wrong with how the widget is built into the page. */
export function warn(text: string): void {
  if (told.has(text)) return;
  told.add(text);
  console.warn(`Parley's chat: ${text}`);
}

/** Says so when the page's own policy keeps the widget from reaching the server at root. */
export function heedPolicy(root: string): void {
  const { host } = new URL(root);
  document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
    if (!URL.canParse(blockedURI) || new URL(blockedURI).host !== host) return;
    warn(`the page's Content-Security-Policy refuses ${blockedURI}: add ${new URL(blockedURI).origin} to ${effectiveDirective}.`);
  });
}
