// What the widget asks first on a page, before anything is shown: the loader asks
// it too, while the widget itself is still on its way.

import type { Early } from "./api";
import { hasLink } from "./link";
import { showWidget } from "./operations";
import { address, smallScreen } from "./page";
import { post } from "./post";
import { credentials, ofTab, places } from "./storage";

/** The language that a tag asks for: its own, else that of the page, if it is the site's, else that of the browser. */
export function localeOf(tag: HTMLElement): string {
  const pages = "hosted" in tag.dataset ? "" : document.documentElement.lang;
  return tag.dataset.locale ?? (pages || navigator.language);
}

/** The variables of the question what to show on a page; resumes: where a known visitor was is asked too. */
export function widgetOn(key: string, locale: string, page: string, resumes: boolean, last: string | null | undefined): object {
  return { key, page, small: matchMedia(smallScreen).matches, locale: locale || null, known: resumes, last: last ?? "", goesOn: resumes && !!last };
}

/** Asks what to show on this page; null: a mailed link decides who asks. */
export function askEarly(root: string, key: string, locale: string): Early | null {
  if (hasLink()) return null;
  const token = ofTab(key).get("token") ?? credentials(key).get("token") ?? null;
  const variables = widgetOn(key, locale, address(), token !== null, places(key).get("conversation"));
  const body = JSON.stringify({ query: showWidget, variables });
  const answer = post(root, token, body);
  answer.catch(() => undefined); // the widget asks again
  return { token, body, answer };
}
