// GraphQL Code Generator with the configuration of docs/frontend.md, over its
// operations: what it makes compiles in strict TypeScript, and with defaults
// for enums and unions that grow (API-26).
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blocks, folder, operations, read, write } from "./kit.mjs";

const packages = fileURLToPath(new URL("node_modules", import.meta.url));

async function run(script, ...args) {
  try {
    await promisify(execFile)(process.execPath, [join(packages, script), ...args], { cwd: join(folder, "codegen") });
  } catch (failed) {
    throw new Error(`${script}: ${failed.stdout}${failed.stderr}`);
  }
}

test("the types of an inbox", async () => {
  const [config] = blocks("ts codegen");
  write("codegen/codegen.ts", config);
  write("codegen/schema.graphql", read("schema.graphql"));
  write("codegen/src/operations.graphql", operations());
  write("codegen/src/use.ts", `
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { InboxListQueryDocument, InboxSendMutationDocument, InboxThreadQueryDocument, useFragment, InboxMessageFragmentDoc } from "./gql/graphql-all";

const variables: VariablesOf<typeof InboxListQueryDocument> = { inboxId: "inbox_1", view: { builtIn: "ALL" } };
declare const list: ResultOf<typeof InboxListQueryDocument>;
const cursor: string | null | undefined = list.conversations.pageInfo.endCursor;
declare const thread: ResultOf<typeof InboxThreadQueryDocument>;
for (const node of thread.conversation?.messages.nodes ?? []) {
  const message = useFragment(InboxMessageFragmentDoc, node);
  const written: string = message.createdAt;
  const author: string = message.author.displayName;
  console.log(written, author);
}
const send: VariablesOf<typeof InboxSendMutationDocument> = { input: { conversationId: "conversation_1", text: "Hello" } };
console.log(variables, cursor, send);
`);
  write("codegen/src/gql/graphql-all.ts", `export * from "./graphql";\nexport * from "./fragment-masking";\n`);
  write("codegen/tsconfig.json", JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, target: "es2022", module: "esnext", moduleResolution: "bundler", skipLibCheck: true, lib: ["es2023", "dom"], types: [] },
    include: ["src"],
  }));
  await run("@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.ts");
  await run("typescript/bin/tsc", "-p", ".");
});
