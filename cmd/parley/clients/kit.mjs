// What the tests of the clients share. Go's TestAPIClients starts them: the
// server is there, and PARLEY_TEST_FOLDER has what `parley schema` prints.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const url = `${process.env.PARLEY_TEST_URL}/graphql`;
export const token = process.env.PARLEY_TEST_TOKEN;
export const folder = process.env.PARLEY_TEST_FOLDER;
export const headers = { Authorization: `Bearer ${token}` };

export const read = (name) => readFileSync(join(folder, name), "utf8");
export const load = (name) => import(pathToFileURL(join(folder, name)));

/** Writes a file for a tool to work on, and returns its path. */
export function write(name, text) {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Returns the fenced blocks of docs/frontend.md in a language, such as "graphql". */
export function blocks(language) {
  return [...read("frontend.md").matchAll(/^```(.*)\n([^]*?)^```$/gm)].filter(([, name]) => name === language).map(([, , text]) => text);
}

/** The operations of docs/frontend.md, as one document. */
export const operations = () => blocks("graphql").join("\n");

/** Sends an operation without any client. */
export async function ask(query, variables = {}) {
  const answer = await fetch(url, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Returns an inbox with conversations, and the ids of two of them. */
export async function place() {
  const { inboxes: { nodes: inboxes } } = await ask("{ inboxes { nodes { id viewCounts { id } } } }");
  for (const inbox of inboxes.filter((inbox) => inbox.viewCounts.length > 0)) { // those that the caller is a member of
    const { conversations } = await ask("query ($id: ID!) { conversations(inboxId: $id, view: {builtIn: CHAT}, first: 2) { nodes { id } } }", { id: inbox.id });
    if (conversations.nodes.length === 2) return { inboxId: inbox.id, conversationIds: conversations.nodes.map((node) => node.id) };
  }
  throw new Error("no inbox has conversations");
}

/** Collects what is written to the console: a client's warnings. */
export function warnings(t) {
  const lines = [];
  for (const name of ["warn", "error"]) {
    t.mock.method(console, name, (...args) => lines.push(args.map(String).join(" ")));
  }
  return lines;
}
