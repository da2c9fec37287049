// One page of the browser at a time: by a Web Lock, or, where there are none
// (they need https), by a lease in the site's storage.

/** How long a page may keep the others waiting, in milliseconds: longer than any request takes. */
const longest = 25_000;

/** How long what another page wrote into the storage may take to be seen in this one, in milliseconds. */
const seen = 50;

/** The same for a lease, on which two pages must not both rely: pages that begin together are slow. */
const surelySeen = 250;

/** Does something while no other page of the site does what has the same name. */
export async function alone<T>(name: string, action: () => Promise<T>): Promise<T> {
  const { locks } = navigator;
  if (!locks) return leased(name, action);
  let begun: Promise<T> | null = null;
  try {
    await locks.request(name, { ifAvailable: true }, (lock) => lock && (begun = action()));
    return await (begun ?? locks.request(name, { signal: AbortSignal.timeout(longest) }, () => (begun = pause(seen).then(action))));
  } catch (error) {
    if (begun) throw error;
    return action(); // refused, or a page that was stopped holds it: going on is better than waiting for ever
  }
}

async function leased<T>(name: string, action: () => Promise<T>): Promise<T> {
  const me = Math.random().toString(36).slice(2);
  try {
    await take(name, me);
  } catch {
    return action(); // no storage: nothing is shared either
  }
  try {
    return await action();
  } finally {
    if (holder(name) === me) localStorage.removeItem(name);
  }
}

/** Waits until a lease is this page's. Whoever wrote last has it. */
async function take(name: string, me: string): Promise<void> {
  for (const end = Date.now() + longest; Date.now() < end; ) {
    if (holder(name) === "") {
      localStorage.setItem(name, `${me} ${Date.now() + longest}`);
      await pause(surelySeen);
      if (holder(name) === me) return;
    }
    await pause(20 + 40 * Math.random());
  }
}

/** Who has a lease that has not ended; "": nobody. */
function holder(name: string): string {
  const [me = "", until] = (localStorage.getItem(name) ?? "").split(" ");
  return Number(until) > Date.now() ? me : "";
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
