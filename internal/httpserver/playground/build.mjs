// Copies the browser builds that the playground page loads into dist/, which
// the server embeds, with their licences. GraphiQL 4 is the last release with
// such a build; the page needs nothing else, and no network.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const files = {
  "react.production.min.js": "react/umd/react.production.min.js",
  "react-dom.production.min.js": "react-dom/umd/react-dom.production.min.js",
  "graphiql.min.css": "graphiql/graphiql.min.css",
  "graphiql.min.js": "graphiql/graphiql.min.js",
};
const modules = new URL("node_modules/", import.meta.url);
const dist = new URL("dist/", import.meta.url);

await mkdir(dist, { recursive: true });
let notices = "";
for (const name of ["react", "react-dom", "graphiql"]) {
  const { version } = JSON.parse(await readFile(new URL(`${name}/package.json`, modules), "utf8"));
  const licence = await readFile(new URL(`${name}/LICENSE`, modules), "utf8");
  notices += `${name} ${version}\n\n${licence}\n\n`;
}
await writeFile(new URL("LICENSES.txt", dist), notices);
for (const [to, from] of Object.entries(files)) {
  await copyFile(new URL(from, modules), new URL(to, dist));
}
