// GraphiQL on this server's own API, with the token in every request. The
// WebSocket's address is set for subscriptions. It begins with the recipes as tabs, and
// keeps the tabs in this browser.
import { examples } from "./examples.js";
import { placesOf, placesQuery, recipes, unknown } from "./recipes.js";
import { authorization, tokenField } from "./token.js";

const { React, ReactDOM, GraphiQL } = window;
const socket = new URL("/graphql", location.href);
socket.protocol = socket.protocol === "https:" ? "wss:" : "ws:";
const kept = "graphiql:tabState"; // where GraphiQL keeps its tabs; beside it, what the editors have

let root;
let storage;
let places = {};

/** The browser's storage for one GraphiQL: what that writes once another stands in its place is dropped. */
class Storage {
  live = true;
  get length() {
    return localStorage.length;
  }
  getItem(name) {
    return localStorage.getItem(name);
  }
  setItem(name, value) {
    if (this.live) localStorage.setItem(name, value);
  }
  removeItem(name) {
    if (this.live) localStorage.removeItem(name);
  }
  clear() {
    if (this.live) localStorage.clear();
  }
}

// A fetcher holds one token: another token makes another fetcher, and GraphiQL
// then reads the schema.
function render() {
  root ??= ReactDOM.createRoot(document.getElementById("graphiql"));
  storage ??= new Storage();
  const fetcher = GraphiQL.createFetcher({
    url: "/graphql",
    subscriptionUrl: socket.href,
    headers: authorization(),
    wsConnectionParams: authorization(),
    enableIncrementalDelivery: false,
  });
  root.render(
    React.createElement(GraphiQL, {
      fetcher,
      storage,
      defaultTabs: recipes.map(tab),
      defaultEditorToolsVisibility: "variables",
      defaultQuery: "# Ctrl+Space completes, Ctrl+Enter runs.\n",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      inputValueDeprecation: true,
    }),
  );
}

function tab({ query, variables }) {
  const given = typeof variables === "function" ? JSON.stringify(variables({ ...unknown, ...places }), null, 2) : variables;
  return { query, variables: given ?? "", headers: "" };
}

/** A tab as GraphiQL keeps it. */
function keptTab(recipe) {
  const made = tab(recipe);
  const title = /(?:query|mutation|subscription)\s+(\w+)/.exec(made.query)?.[1] ?? "<untitled>";
  return { ...made, id: crypto.randomUUID?.() ?? `${Date.now()}-${title}`, hash: null, title, operationName: title, response: null };
}

/** What GraphiQL keeps; undefined: nothing that can be read. */
function keptTabs() {
  try {
    const state = JSON.parse(localStorage.getItem(kept));
    if (state?.tabs?.[state.activeTabIndex]) return state;
  } catch {
    // Then the recipes begin again.
  }
  localStorage.removeItem(kept);
  return undefined;
}

function changeTabs(change) {
  root?.unmount();
  if (storage) storage.live = false;
  root = storage = undefined;
  const changed = change(keptTabs() ?? { tabs: recipes.map(keptTab), activeTabIndex: 0 });
  const { query, variables } = changed.tabs[changed.activeTabIndex];
  localStorage.setItem(kept, JSON.stringify(changed));
  localStorage.setItem("graphiql:query", query ?? "");
  localStorage.setItem("graphiql:variables", variables ?? "");
}

// What the recipes name is known once someone has signed in: it is put where it was not.
async function findPlaces() {
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...authorization() },
      body: JSON.stringify({ query: placesQuery }),
    });
    places = placesOf((await response.json()).data);
  } catch {
    places = {}; // GraphiQL says that the server cannot be reached
  }
}

function fillTabs(state) {
  for (const one of state.tabs) {
    for (const [name, id] of Object.entries(places)) one.variables = one.variables?.replaceAll(JSON.stringify(unknown[name]), JSON.stringify(id));
  }
  return state;
}

async function tokenChanged() {
  render(); // at once by the other token
  await findPlaces();
  if (Object.keys(places).length === 0) return;
  changeTabs(fillTabs);
  render();
}

/** Nothing of what was typed here stays. */
function forget() {
  root?.unmount();
  if (storage) storage.live = false;
  root = storage = undefined;
  for (const name of Object.keys(localStorage)) if (name.startsWith("graphiql:")) localStorage.removeItem(name);
}

const menu = document.getElementById("recipe");
const offered = [...recipes, ...examples];
offered.forEach(({ title }, i) => menu.append(new Option(title, i)));
menu.addEventListener("change", () => {
  const opened = keptTab(offered[menu.value]);
  menu.value = "";
  changeTabs((state) => ({ tabs: [...state.tabs, opened], activeTabIndex: state.tabs.length }));
  render();
});

tokenField(document.getElementById("token"), tokenChanged, forget);
keptTabs();
await findPlaces();
render();
