// What the widget looks like. It comes by constructable style sheets, which no
// policy of the page forbids.

const sheet = `
:host { all: initial; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.root {
  --back: #fff; --text: #17191d; --muted: #565d68; --line: #d9dde3; --soft: #f1f3f6; --danger: #b3261e; --focus: #17191d;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  color: var(--text); text-align: start; color-scheme: light;
}
@media (prefers-color-scheme: dark) {
  .root { --back: #16181d; --text: #eceef2; --muted: #aab1bd; --line: #383d47; --soft: #252932; --danger: #ffb4ab; --focus: #fff; color-scheme: dark; }
}
button, input, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; border: 0; background: none; padding: 0; border-radius: 8px; }
button:disabled { opacity: .5; cursor: default; }
svg { width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; display: block; }
[dir=rtl] .flip svg { transform: scaleX(-1); }
p { margin: 0; }
a { color: inherit; text-decoration: underline; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.hide { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.launcher, .prompt, .panel { position: fixed; z-index: 2147483000; right: 20px; }
.left .launcher, .left .prompt, .left .panel { right: auto; left: 20px; }
.launcher {
  bottom: 20px; width: 60px; height: 60px; border-radius: 50%; background: var(--accent); color: var(--on-accent);
  display: grid; place-items: center; box-shadow: 0 4px 16px #0005; border: 2px solid transparent;
}
.launcher svg { width: 28px; height: 28px; }
.launcher :focus-visible, .launcher:focus-visible { outline-color: var(--focus); box-shadow: 0 0 0 3px var(--back); }
.badge {
  position: absolute; top: -6px; inset-inline-end: -6px; min-width: 24px; height: 24px; padding: 0 6px; border-radius: 12px;
  background: #b3261e; color: #fff; font-size: 13px; font-weight: 700; line-height: 24px; text-align: center;
}
.prompt {
  bottom: 94px; max-width: min(300px, calc(100vw - 40px)); background: var(--back); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 6px 24px #0004; display: flex; align-items: start;
}
.prompt .say { padding: 12px 14px; text-align: start; overflow-wrap: anywhere; white-space: pre-wrap; flex: 1; }
.prompt .shut, .head button { width: 40px; height: 40px; display: grid; place-items: center; flex: none; }
.prompt .shut svg { width: 18px; height: 18px; }
.panel {
  bottom: 94px; width: 380px; height: min(640px, calc(100vh - 114px)); display: flex; flex-direction: column; overflow: hidden;
  background: var(--back); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 10px 40px #0005; animation: rise .18s ease-out;
}
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
.head { display: flex; align-items: center; gap: 10px; padding: 10px; background: var(--accent); color: var(--on-accent); }
.head :focus-visible { outline-color: currentColor; outline-offset: -4px; }
.people { display: flex; }
.people .avatar + .avatar { margin-inline-start: -10px; }
.avatar {
  position: relative; width: 36px; height: 36px; border-radius: 50%; overflow: hidden; flex: none; display: grid; place-items: center;
  background: var(--soft); color: var(--text); font-size: 13px; font-weight: 600; border: 2px solid var(--back);
}
.avatar img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; }
.names { flex: 1; min-width: 0; }
.names h2 { margin: 0; font-size: 16px; line-height: 1.3; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.names p { font-size: 13px; line-height: 1.35; }
.banner { padding: 8px 14px; background: var(--soft); border-bottom: 1px solid var(--line); font-size: 13px; }
.problem { color: var(--danger); font-size: 13px; padding: 8px 14px 0; }
.body { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 14px; display: flex; flex-direction: column; gap: 10px; }
.chat { position: relative; flex: 1; min-height: 0; display: flex; flex-direction: column; }
.log { display: flex; flex-direction: column; gap: 10px; }
.message { display: flex; gap: 8px; max-width: 88%; align-self: flex-start; }
.message .avatar { width: 30px; height: 30px; font-size: 11px; border: 0; margin-top: 20px; }
.message.mine { align-self: flex-end; }
.message.system { align-self: center; color: var(--muted); font-size: 13px; }
.who, .under { color: var(--muted); font-size: 12px; }
.mine .under { text-align: end; }
.bubble { padding: 9px 13px; border-radius: 16px; background: var(--soft); overflow-wrap: anywhere; white-space: pre-wrap; border: 1px solid transparent; }
.mine .bubble { background: var(--accent); color: var(--on-accent); }
.quote { margin: 0 0 4px; padding-inline-start: 8px; border-inline-start: 3px solid var(--line); color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.waiting .bubble { opacity: .75; }
.failed .bubble { background: var(--back); color: var(--text); border-color: var(--danger); opacity: 1; }
.bad { color: var(--danger); }
.link { text-decoration: underline; padding: 4px 6px; min-height: 24px; border-radius: 4px; }
.typing { color: var(--muted); font-size: 13px; }
.count { font-size: 13px; }
.typing:empty, .notice:empty, .count:empty { display: none; }
.card { border: 1px solid var(--line); border-radius: 14px; padding: 14px; display: flex; flex-direction: column; gap: 10px; }
.card h3 { margin: 0; font-size: 15px; }
.card .words { white-space: pre-wrap; overflow-wrap: anywhere; }
.notice { font-size: 13px; color: var(--muted); white-space: pre-wrap; overflow-wrap: anywhere; }
.check { display: flex; flex-direction: row; gap: 10px; align-items: start; font-size: 13px; }
.field { display: flex; flex-direction: column; gap: 4px; }
.field .bad, .field legend { font-size: 13px; }
.field .bad:empty { display: none; }
.check input { width: 20px; height: 20px; flex: none; accent-color: var(--accent); }
label { display: flex; flex-direction: column; gap: 4px; font-size: 13px; }
input:not([type=checkbox]), select, textarea { width: 100%; background: var(--back); border: 1px solid var(--muted); border-radius: 10px; padding: 9px 11px; font-size: 16px; }
.row { display: flex; gap: 8px; flex-wrap: wrap; align-items: center; }
.primary { background: var(--accent); color: var(--on-accent); padding: 9px 16px; font-weight: 600; border: 1px solid transparent; min-height: 40px; }
.plain { padding: 9px 12px; border: 1px solid var(--muted); min-height: 40px; }
.reader { position: absolute; inset: 0; z-index: 2; display: flex; flex-direction: column; background: var(--back); }
.reader .row { padding: 6px 10px; border-bottom: 1px solid var(--line); flex-wrap: nowrap; }
.reader h3 { flex: 1; min-width: 0; margin: 0; font-size: 15px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.reader iframe { flex: 1; width: 100%; border: 0; background: var(--back); }
fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 10px; }
legend { padding: 0; overflow-wrap: anywhere; }
.rating .row { margin-top: 10px; }
.more { display: flex; flex-direction: column; gap: 10px; }
.score { min-width: 44px; }
.score[aria-pressed=true] { background: var(--accent); color: var(--on-accent); border-color: transparent; }
.foot { border-top: 1px solid var(--line); padding: 10px; display: flex; flex-direction: column; gap: 8px; }
.write { display: flex; gap: 8px; align-items: end; }
::placeholder { color: var(--muted); opacity: 1; }
textarea { resize: none; min-height: 44px; max-height: 140px; field-sizing: content; flex: 1; }
.files, .uploads { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 6px; }
.bubble + .files { margin-top: 6px; }
.answers { margin-block: 6px; }
.uploads { max-height: 180px; overflow-y: auto; }
.file, .uploads li { display: flex; gap: 8px; align-items: center; padding: 8px 10px; border: 1px solid var(--line); border-radius: 12px; background: var(--back); }
.file { text-decoration: none; width: fit-content; max-width: 100%; min-height: 44px; }
.mine .file { margin-inline-start: auto; }
.file img { display: block; width: 220px; max-width: 100%; height: 150px; object-fit: cover; border-radius: 8px; background: var(--soft); }
.file:has(img) { padding: 3px; }
.file svg, .uploads svg { flex: none; color: var(--muted); }
.words { flex: 1; min-width: 0; display: flex; flex-direction: column; }
.words .name, .words .link { align-self: flex-start; }
.words .link { padding-inline: 0; font-size: 13px; }
.words .name { overflow-wrap: anywhere; font-size: 14px; }
.file:hover .name { text-decoration: underline; }
.words .under { text-align: start; }
.words .go { margin-top: 4px; font-weight: 600; font-size: 14px; text-decoration: underline; }
.words .bad { font-size: 13px; overflow-wrap: anywhere; }
.away { width: 36px; height: 36px; display: grid; place-items: center; flex: none; }
.away svg { width: 16px; height: 16px; }
progress { width: 100%; height: 6px; accent-color: var(--accent); }
.drop {
  position: absolute; inset: 6px; z-index: 1; display: grid; place-items: center; pointer-events: none; text-align: center; font-weight: 600;
  background: var(--back); border: 2px dashed var(--muted); border-radius: 12px; opacity: .94;
}
.write button { width: 44px; height: 44px; display: grid; place-items: center; border-radius: 50%; background: var(--accent); color: var(--on-accent); flex: none; border: 1px solid transparent; }
.write .attach { background: none; color: var(--muted); border-radius: 10px; }
.list { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 6px; }
.list button { width: 100%; text-align: start; padding: 12px; border: 1px solid var(--line); border-radius: 12px; display: flex; gap: 8px; align-items: center; }
.list .last { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.list .count { background: #b3261e; color: #fff; border-radius: 10px; padding: 0 8px; font-size: 12px; font-weight: 700; }
.small .panel { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; animation: none; }
.hosted .panel { max-width: 560px; margin-inline: auto; }
@media (prefers-reduced-motion: reduce) { .panel { animation: none; } }
@media (forced-colors: active) {
  .launcher, .write button, .primary, .bubble { border-color: ButtonText; }
  .head { border-bottom: 1px solid CanvasText; }
  .file svg, .uploads svg { color: CanvasText; }
}
@media print { .root { display: none; } }
`;

/** The accent colour of a channel that has none. */
const usual = "#1f4fd8";

/** The widget's style sheet. */
export function base(): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(sheet);
  return made;
}

/** Gives a sheet the channel's accent colour, and the colour that is best read on it. */
export function paint(target: CSSStyleSheet, accent: string | null | undefined): void {
  const colour = accent && /^#[0-9a-f]{6}$/i.test(accent) ? accent : usual;
  const on = luminance(colour) > 0.179 ? "#000" : "#fff";
  target.replaceSync(`.root { --accent: ${colour}; --on-accent: ${on}; }`);
}

/** Relative luminance, as WCAG 2 has it; above 0.179 black contrasts more than white. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
