// The Relay compiler and runtime: the operations of docs/frontend.md compile as
// they are, a list is read page by page by @connection, any object is refetched
// by node(id:), and the runtime warns of nothing (API-4, API-5, API-23).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, print } from "graphql";
import relay from "relay-runtime";
import { headers, operations, place, url, warnings, write } from "./kit.mjs";

const { Environment, Network, RecordSource, Store, commitMutation, createOperationDescriptor, fetchQuery, getRequest } = relay;

const own = [
  `fragment InboxPages_conversation on Conversation @refetchable(queryName: "InboxPagesRefetchQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    messages(last: $count, before: $cursor) @connection(key: "InboxPages_messages") { edges { node { id number } } }
  }`,
  "query InboxPagesQuery($id: ID!) { conversation(id: $id) { id ...InboxPages_conversation } }",
  "query InboxViewerQuery { viewer { id kind actor { __typename ... on User { id name } } } }",
];

let artifact;

before(() => {
  const config = { src: "./src", schema: "../schema.graphql", language: "javascript", eagerEsModules: false, customScalarTypes: { Time: "string", URL: "string", EmailAddress: "string", HTML: "string", Sequence: "number", Upload: "any" } };
  const path = write("relay/relay.config.json", JSON.stringify(config));
  write("relay/package.json", `{"type": "commonjs"}`);
  const documents = [...parse(operations()).definitions.map(print), ...own];
  write("relay/src/Inbox.js", documents.map((text) => `graphql\`${text}\`;\n`).join(""));
  execFileSync(process.execPath, [fileURLToPath(import.meta.resolve("relay-compiler/cli.js")), path], { cwd: new URL(".", `file://${path}`), stdio: "pipe" });
  const require = createRequire(path);
  artifact = (name) => require(`./src/__generated__/${name}.graphql.js`);
});

function open() {
  const fetchFn = async ({ text }, variables) => {
    const answer = await fetch(url, { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify({ query: text, variables }) });
    return answer.json();
  };
  return new Environment({ network: Network.create(fetchFn), store: new Store(new RecordSource()) });
}

const query = (environment, name, variables = {}) => fetchQuery(environment, artifact(name), variables, { fetchPolicy: "network-only" }).toPromise();

function mutate(environment, name, input) {
  return new Promise((onCompleted, onError) => {
    commitMutation(environment, {
      mutation: artifact(name), variables: { input }, onError,
      onCompleted: (data, errors) => (errors ? onError(new Error(JSON.stringify(errors))) : onCompleted(data)),
    });
  });
}

test("the operations of an inbox", async (t) => {
  const lines = warnings(t);
  const { inboxId, conversationIds: [conversationId] } = await place();
  const environment = open();
  const started = await query(environment, "InboxStartQuery");
  const seen = await query(environment, "InboxViewerQuery");
  assert.equal(seen.viewer.id, started.viewer.id);
  await query(environment, "InboxListQuery", { inboxId, view: { builtIn: "CHAT" } });
  await query(environment, "InboxThreadQuery", { id: conversationId });
  await query(environment, "InboxSearchQuery", { query: "order" });
  await mutate(environment, "InboxReopenMutation", { conversationId });
  await mutate(environment, "InboxSendMutation", { conversationId, text: "By Relay" });
  await mutate(environment, "InboxCloseMutation", { conversationId });
  assert.equal(environment.getStore().getSource().get(conversationId).status, "CLOSED", "the row in the store is the mutation's");
  assert.deepEqual(lines, []);
});

test("a list page by page, by the refetch query over node(id:)", async (t) => {
  const lines = warnings(t);
  const { conversationIds: [id] } = await place();
  const environment = open();
  for (const text of ["One", "Two", "Three", "Four", "Five"]) await mutate(environment, "InboxSendMutation", { conversationId: id, text, note: true });
  const request = getRequest(artifact("InboxPagesQuery"));
  const operation = createOperationDescriptor(request, { id });
  const kept = environment.retain(operation);
  t.after(() => kept.dispose());
  await query(environment, "InboxPagesQuery", { id });
  const connection = () => environment.getStore().getSource().get(`client:${id}:__InboxPages_messages_connection`);
  const cursor = environment.getStore().getSource().get(connection().pageInfo.__ref).startCursor;
  assert.equal(connection().edges.__refs.length, 2);
  await query(environment, "InboxPagesRefetchQuery", { id, count: 2, cursor });
  assert.equal(connection().edges.__refs.length, 4, "the second page is before the first");
  assert.deepEqual(lines, []);
});
