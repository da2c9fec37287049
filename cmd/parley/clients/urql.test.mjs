// urql with graphcache and the printed keys and schema: no warning (API-23).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { parse, print } from "graphql";
import { headers, load, operations, place, url, warnings } from "./kit.mjs";

const { keys, pages, schema } = await load("graphcache.js");
const document = parse(operations());

/** Returns the text of one operation of docs/frontend.md, with the fragments that it needs. */
function operation(name) {
  const names = new Set([name]);
  for (const wanted of names) {
    const text = print(document.definitions.find((d) => d.name.value === wanted));
    for (const [, fragment] of text.matchAll(/\.\.\.(\w+)/g)) if (fragment !== "on") names.add(fragment);
  }
  return document.definitions.filter((d) => names.has(d.name.value)).map(print).join("\n");
}

const open = (resolvers) => new Client({
  url, preferGetMethod: false, fetchOptions: { headers },
  exchanges: [cacheExchange({ schema, keys, resolvers }), fetchExchange],
});

test("the operations of an inbox", async (t) => {
  const lines = warnings(t);
  const { inboxId, conversationIds } = await place();
  const client = open();
  const query = async (name, variables = {}, requestPolicy = "network-only") => {
    const { data, error } = await client.query(operation(name), variables, { requestPolicy }).toPromise();
    assert.equal(error, undefined, `${name}: ${error}`);
    return data;
  };
  const mutate = async (name, input) => {
    const { data, error } = await client.mutation(operation(name), { input }).toPromise();
    assert.equal(error, undefined, `${name}: ${error}`);
    assert.deepEqual(Object.values(data)[0].userErrors, [], name);
  };
  await query("InboxStartQuery");
  for (const view of ["ALL", "CHAT"]) await query("InboxListQuery", { inboxId, view: { builtIn: view } });
  await query("InboxThreadQuery", { id: conversationIds[1] });
  await query("InboxSearchQuery", { query: "order" });
  const conversationId = conversationIds[1];
  await mutate("InboxReopenMutation", { conversationId });
  await mutate("InboxSendMutation", { conversationId, text: "By urql" });
  await mutate("InboxCloseMutation", { conversationId });
  const { conversation } = await query("InboxThreadQuery", { id: conversationId }, "cache-only");
  assert.equal(conversation.status, "CLOSED", "the row in the cache is the mutation's");
  assert.deepEqual(lines, []);
});

test("pages are joined by the printed resolvers", async (t) => {
  const lines = warnings(t);
  const { inboxId } = await place();
  const client = open(pages);
  const text = "query List($inboxId: ID!, $after: String) { conversations(inboxId: $inboxId, first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }";
  const first = await client.query(text, { inboxId }).toPromise();
  const second = await client.query(text, { inboxId, after: first.data.conversations.pageInfo.endCursor }).toPromise();
  assert.equal(new Set(second.data.conversations.nodes.map((node) => node.id)).size, 4);
  assert.deepEqual(lines, []);
});
