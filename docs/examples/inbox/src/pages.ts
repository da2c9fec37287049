// The addresses of this application: the inbox, a contact, the settings of an inbox's chat.
// Whoever serves it answers all of them with index.html.
const base = import.meta.env.BASE_URL;

export type Page = { name: 'contacts' | 'settings'; id: string } | { name: 'inbox' };

export function pageOf(path: string): Page {
  const [, name, id] = /^(contacts|settings)\/([a-z]+_[a-z0-9]+)$/.exec(path.startsWith(base) ? path.slice(base.length) : '') ?? [];
  return (name === 'contacts' || name === 'settings') && id ? { name, id } : { name: 'inbox' };
}

/** The address of a page; it names the same server. */
export const addressOf = (page: Page) => `${base}${page.name === 'inbox' ? '' : `${page.name}/${page.id}`}${location.search}`;
