// Apollo's own composition takes Parley as a subgraph (API-24).
import assert from "node:assert/strict";
import { test } from "node:test";
import { composeServices } from "@apollo/composition";
import { parse, visit } from "graphql";
import { ask } from "./kit.mjs";

// billing is a second subgraph: it adds to what Parley names by a key, and refers to it.
const billing = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

  type Query { invoices(first: Int, after: String): InvoiceConnection! }
  type InvoiceConnection { nodes: [Invoice!]! pageInfo: PageInfo! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type Invoice @key(fields: "id") { id: ID! total: String! contact: Contact! conversation: Conversation }
  type Contact @key(fields: "id") { id: ID! invoices: [Invoice!]! }
  type Conversation @key(fields: "id") { id: ID! invoiceTotal: String }
`;

const compose = (sdl) =>
  composeServices([
    { name: "parley", url: "http://parley.example.com/graphql", typeDefs: parse(sdl) },
    { name: "billing", url: "http://billing.example.com/graphql", typeDefs: parse(billing) },
  ]);

const fail = (errors) => assert.fail(errors.map((e) => e.message).join("\n"));

test("composes with a second subgraph", async () => {
  const { _service: { sdl } } = await ask("{ _service { sdl } }");
  const { supergraphSdl, schema, errors } = compose(sdl);
  if (errors) fail(errors);

  const api = schema.toAPISchema().toGraphQLJSSchema();
  for (const [type, field, own] of [["Contact", "invoices", "phone"], ["Conversation", "invoiceTotal", "status"], ["Query", "invoices", "conversations"]]) {
    const { [field]: added, [own]: kept } = api.getType(type).getFields();
    assert.ok(added && kept, `${type}.${field} or ${type}.${own} is missing`);
  }
  for (const name of ["_service", "_entities"]) assert.equal(api.getQueryType().getFields()[name], undefined, name);

  // Each type that the SDL gives a key can be asked of Parley by it.
  const keys = joins(supergraphSdl);
  const keyed = [...sdl.matchAll(/^type (\w+) .*@key\(fields: "(\w+)"\)/gm)].map(([, type, fields]) => [type, fields]);
  assert.ok(keyed.length >= 15, `only ${keyed.length} types have a key`);
  for (const [type, fields] of keyed) assert.equal(keys[`${type} PARLEY`], fields, type);
  for (const type of ["Contact", "Conversation"]) assert.equal(keys[`${type} BILLING`], "id", type);
});

test("fails where a subgraph contradicts", async () => {
  const { _service: { sdl } } = await ask("{ _service { sdl } }");
  const { errors } = compose(sdl.replaceAll('@key(fields: "id")', ""));
  assert.ok(errors?.length > 0, "without keys, no gateway can ask Parley for a contact");
});

/** The key of each type in each subgraph, by "Type SUBGRAPH". */
function joins(supergraphSdl) {
  const keys = {};
  visit(parse(supergraphSdl), {
    ObjectTypeDefinition(type) {
      for (const join of type.directives.filter((d) => d.name.value === "join__type")) {
        const { graph, key } = Object.fromEntries(join.arguments.map((a) => [a.name.value, a.value.value]));
        if (key) keys[`${type.name.value} ${graph}`] = key;
      }
    },
  });
  return keys;
}
