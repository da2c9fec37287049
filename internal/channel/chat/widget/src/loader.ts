// What /widget.js is: it brings in the widget's present build, whose address
// changes with every build, passes on what the site's tag says, and asks at the
// same time what to show.

import { claim, type Built, tagOf } from "./built";
import { askEarly, localeOf } from "./question";
import { heedPolicy, warn } from "./warn";

declare const ADDRESS: string;

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** The address of the build, for a page that takes scripts of named policies alone too. */
function trusted(address: string): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  try {
    return trustedTypes?.createPolicy("parley", { createScriptURL: (url) => url }).createScriptURL(address) ?? address;
  } catch {
    warn("the page's Content-Security-Policy refuses the Trusted Types policy \"parley\": add it to trusted-types.");
    return address;
  }
}

function begin(): void {
  const tag = tagOf();
  if (!tag || !claim(tag.key)) return;
  const root = new URL(".", tag.script.src).href;
  heedPolicy(root);
  const script = document.createElement("script") as HTMLScriptElement & Built;
  script.async = true;
  script.src = trusted(new URL(ADDRESS, root).href);
  script.nonce = tag.script.nonce;
  script.onerror = () => warn(`${script.src} cannot be loaded.`);
  Object.assign(script.dataset, tag.script.dataset);
  script.parley = { early: askEarly(root, tag.key, localeOf(tag.script)) };
  document.head.append(script);
}

begin();
