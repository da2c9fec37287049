// The widget's words, in the language that the server chose for the visitor.

export type Say = (key: string, values?: Record<string, string | number>) => string;

/** Returns what says a text by its key, with {names} filled in; "" if there is no such key. */
export function words(given: { key: string; text: string }[]): Say {
  const texts = new Map(given.map(({ key, text }) => [key, text]));
  return (key, values = {}) => (texts.get(key) ?? "").replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));
}
