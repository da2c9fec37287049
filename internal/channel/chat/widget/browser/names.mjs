// Which names of the widget's own classes the build may shorten (build/names.txt): names
// that mean something to the browser, to the API, to storage or to the site's scripts are
// none of them. Nor is what the loader hands to the widget, which is shortened apart: that
// is declared by interfaces. `node names.mjs` writes the list.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const ts = createRequire(import.meta.url)("typescript");
const widget = fileURLToPath(new URL("..", import.meta.url));
const list = `${widget}build/names.txt`;
/** Modules that are imported as a whole: what they export is read as a member. */
const namespaced = ["operations.ts"];
/** Shorter names gain nothing. */
const shortest = 4;

/** The names that stand in the list. */
export const listed = () => readFileSync(list, "utf8").trim().split("\n");

/** The names that may stand there. */
export function shortenable() {
  const members = new Set();
  const others = new Set();
  const nameOf = ({ name }) => (name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : "");
  for (const file of readdirSync(`${widget}src`).filter((name) => /^(?!demo|desk|signedin).*\.ts$/.test(name))) {
    const visit = (node) => {
      if (ts.isClassElement(node) && ts.isClassDeclaration(node.parent)) members.add(nameOf(node));
      else if (ts.isParameter(node) && node.modifiers?.length) members.add(nameOf(node));
      else if (ts.isPropertySignature(node) || ts.isObjectLiteralElementLike(node) || ts.isEnumMember(node)) others.add(nameOf(node));
      else if (ts.isStringLiteral(node)) others.add(node.text);
      else if (namespaced.includes(file) && ts.isVariableDeclaration(node)) others.add(nameOf(node));
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(`${widget}src/${file}`, "utf8"), ts.ScriptTarget.Latest, true));
  }
  const lib = `${widget}browser/node_modules/typescript/lib`;
  const known = readdirSync(lib).filter((name) => /^lib\.(dom|es).*\.d\.ts$/.test(name)).map((name) => readFileSync(`${lib}/${name}`, "utf8"));
  const schema = `${widget}../../../../graph/schema`;
  known.push(readFileSync(`${widget}npm/index.d.ts`, "utf8"), ...readdirSync(schema).map((name) => readFileSync(`${schema}/${name}`, "utf8")));
  for (const text of known) for (const [, name] of text.matchAll(/^\s*(?:readonly |get |set )*(\w+)\??[(:<]/gm)) others.add(name);
  return [...members].filter((name) => name.length >= shortest && !others.has(name)).sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(list, `${shortenable().join("\n")}\n`);
