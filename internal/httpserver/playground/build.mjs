// Copies the browser builds that the playground page loads into a folder, with the notices of
// all that they contain. GraphiQL 4 is the last release with such a build; the page needs
// nothing else, and no network.
//
//   node build.mjs FOLDER
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const files = {
  "react.production.min.js": "react/umd/react.production.min.js",
  "react-dom.production.min.js": "react-dom/umd/react-dom.production.min.js",
  "graphiql.min.css": "graphiql/graphiql.min.css",
  "graphiql.min.js": "graphiql/graphiql.min.js",
};
const { packages } = JSON.parse(await readFile("package-lock.json", "utf8"));
const [out] = process.argv.slice(2);

/** A package with its licence, as it says it. */
async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).sort().find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file ? await readFile(path.join(folder, file), "utf8") : `Licence: ${license}\n`;
  return `${name} ${version}\n\n${text.replaceAll("\r\n", "\n").trim()}\n`;
}

await mkdir(out, { recursive: true });
const contained = Object.keys(packages).filter((folder) => folder.startsWith("node_modules/"));
const notices = await Promise.all(contained.sort().map(notice));
await writeFile(path.join(out, "THIRD-PARTY-NOTICES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
for (const [to, from] of Object.entries(files)) {
  await copyFile(path.join("node_modules", from), path.join(out, to));
}
