// What /widget.js is: it brings in the widget's present build, whose address
// changes with every build, and passes on what the site's tag says.

declare const ADDRESS: string;

const tag = document.currentScript as HTMLScriptElement | null;
if (tag && !("Parley" in window)) {
  const script = document.createElement("script");
  script.async = true;
  script.src = new URL(ADDRESS, tag.src).href;
  script.nonce = tag.nonce;
  Object.assign(script.dataset, tag.dataset);
  document.head.append(script);
}
