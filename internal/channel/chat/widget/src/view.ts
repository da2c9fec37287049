// What one sees: the launcher, the welcome beside it, and the panel, in a
// shadow root of their own.

import type { App } from "./app";
import { h, icon, icons, set, write } from "./dom";
import { keepIn } from "./host";
import { Panel } from "./panel";
import { base, paint } from "./styles";

export class View {
  private readonly host = document.createElement("parley-widget");
  private readonly shadow = this.host.attachShadow({ mode: "open" });
  private readonly accent = new CSSStyleSheet();
  private readonly badge = h("span", { class: "badge", "aria-hidden": "true" });
  private readonly launcher = h("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", click: () => this.toggle() }, this.badge);
  private readonly opened = icon(icons.close);
  private readonly closed = icon(icons.chat);
  private readonly words = h("button", { class: "say", type: "button", click: () => this.app.show() });
  private readonly shut = h("button", { class: "shut", type: "button", click: () => this.app.dismiss() }, icon(icons.close));
  private readonly prompt = h("section", { class: "prompt" }, this.words, this.shut);
  private readonly news = h("p", { class: "hide", role: "status" });
  /** What stands there while the visitor waits for a server that cannot be reached. */
  private readonly vain = h("p", { class: "prompt say", role: "status", hidden: true });
  private readonly panel: Panel;
  private readonly root: HTMLElement;
  private wasOpen = false;

  constructor(private readonly app: App) {
    this.panel = new Panel(app);
    this.root = h("div", { class: "root", hidden: true }, this.prompt, this.panel.element, this.launcher, this.news);
    this.shadow.adoptedStyleSheets = [base(), this.accent];
    const inline = app.settings.inline && "inline";
    set(this.host, "class", inline || null);
    this.shadow.append(h("div", { class: `vain ${inline}` }, this.vain), this.root);
    app.onChange(() => this.draw());
    app.signals.on("open", (detail) => {
      if (!(detail as { byItself: boolean }).byItself) requestAnimationFrame(() => this.panel.focus());
    });
  }

  /** Puts the widget into the page, and again whenever the page lost it, until signal. */
  attach(signal: AbortSignal): void {
    keepIn(this.host, this.app.settings.inline, () => this.panel.attached(), signal);
    document.addEventListener("click", (event) => this.click(event), { signal });
    this.draw();
  }

  /** The page's own elements that open and close the panel. */
  private get own(): HTMLElement[] {
    const { launcher } = this.app.settings;
    return launcher ? [...document.querySelectorAll<HTMLElement>(launcher)] : [];
  }

  private click(event: Event): void {
    const way = event.composedPath();
    if (!this.own.some((one) => way.includes(one))) return;
    event.preventDefault(); // a link leads nowhere
    this.toggle();
  }

  private toggle(): void {
    if (this.app.open || this.app.wanted) this.app.hide();
    else this.app.show();
  }

  private draw(): void {
    const { app } = this;
    const { settings } = app;
    write(this.vain, app.waitsInVain ? (settings.unreachable ?? "The chat cannot be reached right now.") : "");
    set(this.vain, "hidden", !app.waitsInVain);
    if (!app.data) return;
    const { style, direction, locale } = app.data;
    const { side = style.position.toLowerCase(), bottom, zIndex } = settings.position;
    paint(this.accent, style.accentColor, bottom, zIndex);
    set(this.root, "hidden", false);
    set(this.root, "class", `root ${side} ${settings.inline ? "inline" : app.small.matches || app.fixed ? "small" : ""} ${settings.hosted ? "hosted" : ""}`);
    set(this.root, "dir", direction.toLowerCase());
    set(this.root, "lang", locale);
    this.drawLauncher();
    this.drawPrompt();
    const hadFocus = this.wasOpen && !app.open && this.panel.element.contains(this.shadow.activeElement);
    this.panel.draw();
    const [own = this.launcher] = this.own;
    if (hadFocus && !own.hidden) own.focus();
    this.wasOpen = app.open;
  }

  private drawLauncher(): void {
    const { app } = this;
    const count = app.chat.unread;
    const label = count ? app.say("launcherUnread", { count }) : app.say("launcher");
    for (const own of this.own) set(own, "aria-expanded", String(app.open));
    set(this.launcher, "hidden", app.settings.launcher !== "" || !app.hasLauncher || (app.open && app.small.matches));
    set(this.launcher, "aria-expanded", String(app.open));
    set(this.launcher, "aria-label", app.open ? app.say("close") : label);
    const picture = app.open ? this.opened : this.closed;
    if (!picture.isConnected) {
      (app.open ? this.closed : this.opened).remove();
      this.launcher.prepend(picture);
    }
    set(this.badge, "hidden", app.open || !count);
    write(this.badge, count > 99 ? "99+" : String(count));
    write(this.news, !app.open && count ? app.say("unread", { count }) : "");
  }

  private drawPrompt(): void {
    const { app } = this;
    set(this.prompt, "hidden", !app.hasPrompt);
    set(this.prompt, "aria-label", app.say("title"));
    set(this.shut, "aria-label", app.say("close"));
    const text = app.targetedMessage?.welcomeMessage ?? "";
    write(this.words, text);
  }
}
