// What /widget.js is: it brings in the widget's present build, whose address
// changes with every build, passes on what the site's tag says, and asks at the
// same time what to show.

import type { Parley } from "../npm/index";
import { claim, type Built, tagOf } from "./built";
import { askEarly, localeOf } from "./question";
import { heedPolicy, warn } from "./warn";

declare const ADDRESS: string;

interface Policy {
  createScriptURL(url: string): string;
}

/** The policy of scripts' addresses, for a page that takes scripts of named policies alone too. */
function policy(): Policy {
  const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
  const plain = { createScriptURL: (url: string) => url };
  try {
    return trustedTypes?.createPolicy("parley", plain) ?? plain;
  } catch {
    warn("the page's Content-Security-Policy refuses the Trusted Types policy \"parley\": add it to trusted-types.");
    return plain;
  }
}

/** What a site that moves over from HubSpot sets, as the tag says it. */
interface Former {
  loadImmediately?: boolean;
  inlineEmbedSelector?: string;
  disableAttachment?: boolean;
}

function begin(): void {
  const tag = tagOf();
  if (!tag || !claim(tag.key)) return;
  const { script, key } = tag;
  const root = new URL(".", script.src).href;
  heedPolicy(root);
  const trusted = policy();
  const bring = <T extends object>(path: string, left: T, said: DOMStringMap = {}): void => {
    const brought = document.createElement("script");
    brought.async = true;
    brought.src = trusted.createScriptURL(new URL(path, root).href);
    brought.nonce = script.nonce;
    brought.onerror = () => warn(`${brought.src} cannot be loaded.`);
    Object.assign(brought.dataset, said);
    document.head.append(Object.assign(brought, left));
  };
  const said = { ...script.dataset };
  if ("hubspotNames" in said) {
    const page = window as { HubSpotConversations?: object; hsConversationsSettings?: Former };
    const ready = new Promise<Parley>((resolve) => addEventListener("parley", ({ detail }) => resolve(detail), { once: true }));
    if (!page.HubSpotConversations) {
      const { loadImmediately, inlineEmbedSelector, disableAttachment } = page.hsConversationsSettings ?? {};
      if (loadImmediately === false) said.load = "manual";
      if (inlineEmbedSelector) said.inline = inlineEmbedSelector;
      if (disableAttachment) said.attachments = "off";
    }
    bring("widget/hubspot.js", { ready });
  }
  const early = said.load === "manual" ? null : askEarly(root, key, localeOf(script));
  bring<Built>(ADDRESS, { parley: { early } }, said);
}

begin();
