// Apollo Client 4 with the printed possibleTypes and typePolicies: no warning,
// pages are joined, rows are one entry wherever they are (API-23).
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { headers, load, operations, place, read, url, warnings } from "./kit.mjs";

const { typePolicies } = await load("typePolicies.js");
const possibleTypes = JSON.parse(read("possibleTypes.json"));
const document = gql(operations());

/** Returns a document with one operation of docs/frontend.md and its fragments. */
function operation(name) {
  const definitions = document.definitions.filter((d) => d.kind === "FragmentDefinition" || d.name.value === name);
  const used = new Set();
  const visit = (node) => {
    if (!node || typeof node !== "object") return;
    if (node.kind === "FragmentSpread" && !used.has(node.name.value)) {
      used.add(node.name.value);
      visit(definitions.find((d) => d.kind === "FragmentDefinition" && d.name.value === node.name.value));
    }
    Object.values(node).forEach((child) => (Array.isArray(child) ? child.forEach(visit) : typeof child === "object" && visit(child)));
  };
  visit(definitions.find((d) => d.kind === "OperationDefinition"));
  return { kind: "Document", definitions: definitions.filter((d) => d.kind === "OperationDefinition" || used.has(d.name.value)) };
}

const open = (link = new HttpLink({ uri: url, headers })) => new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes, typePolicies }) });

test("the operations of an inbox", async (t) => {
  const lines = warnings(t);
  const { inboxId, conversationIds } = await place();
  const client = open();
  const query = async (name, variables = {}, fetchPolicy = "network-only") => {
    const { data, error } = await client.query({ query: operation(name), variables, fetchPolicy });
    assert.equal(error, undefined, `${name}: ${error}`);
    return data;
  };
  const mutate = async (name, input) => {
    const { data, error } = await client.mutate({ mutation: operation(name), variables: { input } });
    assert.equal(error, undefined, `${name}: ${error}`);
    assert.deepEqual(Object.values(data)[0].userErrors, [], name);
    return data;
  };
  for (let round = 0; round < 2; round++) { // what comes again must replace what is there without a warning
    await query("InboxStartQuery");
    for (const view of ["ALL", "UNASSIGNED", "CHAT"]) await query("InboxListQuery", { inboxId, view: { builtIn: view } });
    for (const id of conversationIds) await query("InboxThreadQuery", { id });
    await query("InboxSearchQuery", { query: "order" });
    for (const part of ["accentColor", "title"]) { // two views of one part, which has no id
      await client.query({ query: gql`{ inboxes { nodes { id chatChannel { id style { ${part} } } } } }`, fetchPolicy: "network-only" });
    }
  }
  const conversationId = conversationIds[0];
  await mutate("InboxReopenMutation", { conversationId });
  await mutate("InboxSendMutation", { conversationId, text: "By Apollo" });
  await mutate("InboxReadMutation", { conversationId });
  await mutate("InboxCloseMutation", { conversationId });
  const row = client.cache.readFragment({ id: `Conversation:${conversationId}`, fragment: gql`fragment Status on Conversation { status unread }` });
  assert.equal(row.status, "CLOSED", "the row in the cache is the mutation's");
  assert.deepEqual(lines, []);
});

test("pages are joined, by nodes and by edges", async (t) => {
  const lines = warnings(t);
  const { inboxId } = await place();
  for (const rows of ["nodes { id }", "edges { cursor node { id } }", "nodes { id } edges { cursor node { id } }"]) {
    const client = open();
    const query = gql`query List($inboxId: ID!, $after: String) { conversations(inboxId: $inboxId, first: 2, after: $after) { ${rows} pageInfo { hasNextPage endCursor } } }`;
    const watched = client.watchQuery({ query, variables: { inboxId } });
    const shown = watched.subscribe({});
    t.after(() => shown.unsubscribe());
    const { data } = await watched.result?.() ?? await client.query({ query, variables: { inboxId } });
    await watched.fetchMore({ variables: { after: data.conversations.pageInfo.endCursor } });
    const { conversations } = client.readQuery({ query, variables: { inboxId } });
    const ids = (conversations.nodes ?? conversations.edges.map((edge) => edge.node)).map((node) => node.id);
    assert.equal(new Set(ids).size, 4, `${rows}: ${ids}`);
    if (conversations.nodes && conversations.edges) assert.deepEqual(conversations.edges.map((edge) => edge.node.id), ids);
  }
  assert.deepEqual(lines, []);
});

test("what a list has loaded is found by its id", async () => {
  const { inboxId, conversationIds } = await place();
  const client = open();
  await client.query({ query: gql`query ($id: ID!) { conversations(inboxId: $id, view: {builtIn: CHAT}, first: 2) { nodes { id status } } }`, variables: { id: inboxId } });
  const found = client.readQuery({ query: gql`query ($id: ID!) { conversation(id: $id) { id status } }`, variables: { id: conversationIds[0] } });
  assert.equal(found.conversation.id, conversationIds[0]);
  const missing = await client.query({ query: gql`query ($id: ID!) { conversation(id: $id) { id status } }`, variables: { id: "conversation_00000000000000000000000000" } });
  assert.equal(missing.data.conversation, null);
});

test("apollo-upload-client uploads a file", async () => {
  const { conversationIds } = await place();
  const client = open(new UploadHttpLink({ uri: url, headers }));
  const file = new File(["A file"], "note.txt", { type: "text/plain" });
  const { data } = await client.mutate({ mutation: operation("InboxUploadMutation"), variables: { input: { to: { conversationId: conversationIds[0] }, file } } });
  assert.deepEqual(data.uploadAttachment.userErrors, []);
  assert.equal(data.uploadAttachment.attachment.fileName, "note.txt");
});

test("user errors reach a link", async () => {
  const { map } = await import("rxjs");
  let seen = [];
  const link = new ApolloLink((op, forward) => forward(op).pipe(map((result) => {
    seen = Object.values(result.data ?? {}).flatMap((payload) => payload?.userErrors ?? []);
    return result;
  })));
  const client = open(ApolloLink.from([link, new HttpLink({ uri: url, headers })]));
  await client.mutate({ mutation: operation("InboxCloseMutation"), variables: { input: { conversationId: "conversation_00000000000000000000000000" } } });
  assert.equal(seen[0].code, "NOT_FOUND");
});
