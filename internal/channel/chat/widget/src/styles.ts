// What the widget looks like. It comes by constructable style sheets, which no
// policy of the page forbids.

import sheet from "./styles.css";

/** The accent colour of a channel that has none. */
const usual = "#1f4fd8";

/** The widget's style sheet. */
export function base(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(sheet);
  return made;
}

/** Gives a sheet the channel's accent colour, and the colour that is best read on it, and where the page wants the widget to stand. */
export function paint(target: CSSStyleSheet, accent: string | null | undefined, bottom = 20, zIndex = 2147483000): void {
  const colour = accent && /^#[0-9a-f]{6}$/i.test(accent) ? accent : usual;
  const on = luminance(colour) > 0.179 ? "#000" : "#fff";
  target.replaceSync(`.root { --accent: ${colour}; --on-accent: ${on}; --bottom: ${bottom}px; --z: ${zIndex}; }`);
}

/** Relative luminance, as WCAG 2 has it; above 0.179 black contrasts more than white. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
