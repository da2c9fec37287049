// Small help with the DOM. Nothing here takes markup or inline styles, so a
// strict policy of the page has nothing to forbid.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void) | null | undefined>;

/** Makes an element. Functions become listeners, true an empty attribute; null and false are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else set(element, name, value);
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

/** Gives an element an attribute, or takes it away. */
export function set(element: Element, name: string, value: string | number | boolean | null | undefined): void {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value === true ? "" : String(value));
}

/** Sets an element's text, if it differs. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A picture by the path of its 24 by 24 drawing. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  set(svg, "viewBox", "0 0 24 24");
  set(svg, "aria-hidden", "true");
  const drawing = document.createElementNS(svg.namespaceURI, "path");
  set(drawing, "d", path);
  svg.append(drawing);
  return svg as SVGElement;
}

export const icons = {
  chat: "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z",
  close: "m6 6 12 12M18 6 6 18",
  back: "m15 5-7 7 7 7",
  clip: "m21 11-8.5 8.5a5.5 5.5 0 0 1-8-8L13 3a3.7 3.7 0 0 1 5.3 5.3l-8.5 8.5a1.8 1.8 0 0 1-2.6-2.6L15 6.5",
  file: "M6 2h8l5 5v15H6a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1Zm8 0v5h5",
  send: "M4 12 20 4l-5 17-3.5-6.5L4 12Z",
};

/** Makes the children of a parent those of a list, in its order, and keeps the elements that are there already. */
export function keyed<T>(parent: Element, list: T[], key: (item: T) => string, make: (item: T) => HTMLElement, update: (element: HTMLElement, item: T) => void): void {
  const there = new Map([...parent.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]));
  let place = parent.firstElementChild;
  for (const item of list) {
    const name = key(item);
    const element = there.get(name) ?? make(item);
    there.delete(name);
    element.dataset.key = name;
    update(element, item);
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const gone of there.values()) gone.remove();
}

/** A text with its web addresses as links. */
export function linked(text: string): (Node | string)[] {
  return text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/).map((part, i) =>
    i % 2 ? h("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part) : part,
  );
}

/** A person's picture, or, without one that loads, their initials. */
export function avatar({ name, avatarUrl }: { name: string; avatarUrl: string | null }): HTMLElement {
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
  const circle = h("span", { class: "avatar", "aria-hidden": "true" }, initials);
  if (avatarUrl) circle.append(h("img", { src: avatarUrl, alt: "", referrerpolicy: "no-referrer", error: (event) => (event.target as Element).remove() }));
  return circle;
}
