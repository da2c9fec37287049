// The npm package: it brings the widget of a Parley server into a page. The
// widget itself comes from the server, so that the two always fit.

import type { LoadOptions, Parley, Settings } from "./index";

let loading: Promise<Parley> | null = null;

/** What a tag's data attributes say for a setting. */
const said: { [K in keyof Settings]-?: (value: NonNullable<Settings[K]>) => Record<string, string> } = {
  locale: (locale) => ({ locale }),
  inline: (inline) => ({ inline }),
  launcher: (launcher) => ({ launcher }),
  unreachable: (unreachable) => ({ unreachable }),
  attachments: (on): Record<string, string> => (on ? {} : { attachments: "off" }),
  manual: (on): Record<string, string> => (on ? { load: "manual" } : {}),
};

export function load(options: LoadOptions): Promise<Parley> {
  loading ??= bringIn(options).catch((error: unknown) => {
    loading = null; // another try may work
    throw error;
  });
  return loading;
}

function bringIn({ server, channel, nonce, ...settings }: LoadOptions): Promise<Parley> {
  if (typeof server !== "string" || !URL.canParse(server)) return Promise.reject(new TypeError("server must be the address of a Parley server, such as https://parley.example.com"));
  if (typeof channel !== "string" || !channel) return Promise.reject(new TypeError("channel must be the key of a chat channel"));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.async = true;
    script.src = trusted(new URL("widget.js", server.replace(/\/*$/, "/")).href);
    if (nonce) script.nonce = nonce;
    script.dataset.channel = channel;
    for (const [name, value] of Object.entries(settings)) {
      if (value === undefined || value === null) continue;
      if (!Object.hasOwn(said, name)) return reject(new TypeError(`there is no setting "${name}"`));
      Object.assign(script.dataset, (said[name as keyof Settings] as (value: unknown) => Record<string, string>)(value));
    }
    const came = (event: CustomEvent<Parley>): void => resolve(event.detail);
    addEventListener("parley", came, { once: true });
    script.onerror = () => {
      removeEventListener("parley", came);
      script.remove();
      reject(new Error(`${script.src} cannot be loaded`));
    };
    document.head.append(script);
  });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let policy: ReturnType<TrustedTypes["createPolicy"]> | null = null;

/** The address of the loader, for a page that takes scripts of named policies only. */
function trusted(address: string): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  try {
    policy ??= trustedTypes?.createPolicy("parley-load", { createScriptURL: (url) => url }) ?? null;
  } catch {
    // where the policy's name is not allowed, the browser says so itself
  }
  return policy?.createScriptURL(address) ?? address;
}
