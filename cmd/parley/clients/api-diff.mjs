// Compares the schema with docs/schema-baseline.graphqls by graphql-inspector.
//
//   node api-diff.mjs check CHANGELOG BASELINE SCHEMA   fails if a breaking change is not in the changelog
//   node api-diff.mjs write CHANGELOG BASELINE SCHEMA   writes the changes into the changelog's newest section
//
// A breaking change is in the changelog if a line under "Breaking" of the newest
// section names its path in backticks, or the type that it belongs to. What the
// baseline has deprecated for six months may go without it.
import { readFileSync, writeFileSync } from "node:fs";
import { CriticalityLevel, DiffRule, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const begin = "<!-- begin: make api-changelog -->";
const end = "<!-- end -->";
const headings = [
  [CriticalityLevel.Breaking, "Breaking"],
  [CriticalityLevel.Dangerous, "Grown where clients have a default"],
  [CriticalityLevel.NonBreaking, "Added"],
];

const [mode, changelogFile, baselineFile, schemaFile] = process.argv.slice(2);
const changelog = readFileSync(changelogFile, "utf8");
const changes = await compare(baselineFile, schemaFile);
if (mode === "write") {
  write();
} else {
  check();
}

async function compare(from, to) {
  const [before, after] = [from, to].map((file) => buildSchema(readFileSync(file, "utf8")));
  const all = await diff(before, after, [DiffRule.ignoreDescriptionChanges]);
  const paths = new Set(all.filter((change) => /_(ADDED|REMOVED)$/.test(change.type) && !change.type.startsWith("DIRECTIVE_USAGE")).map(({ path }) => path));
  return all
    .filter((change) => !isPartOf(change, paths))
    .map((change) => ({ type: change.type, path: change.path ?? "schema", level: isDue(before, change) ? CriticalityLevel.NonBreaking : change.criticality.level, text: sentence(change.message) }))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.text < b.text ? -1 : 1));
}

/** Says whether a change only repeats that what it belongs to came or went. */
function isPartOf(change, paths) {
  const steps = (change.path ?? "").split(".");
  const above = steps.slice(0, -1).map((_, i) => steps.slice(0, i + 1).join("."));
  if (above.some((path) => paths.has(path))) return true;
  return change.type.startsWith("DIRECTIVE_USAGE") && (paths.has(change.path) || paths.has(`@${steps.at(-1)}`));
}

/** Says whether a change removes what was deprecated six months ago, by the date in its reason. */
function isDue(before, change) {
  const [typeName, name, argument] = (change.path ?? "").split(".");
  const type = before.getType(typeName);
  const member = type?.getFields?.()[name] ?? type?.getValue?.(name);
  const part = argument ? member?.args?.find((a) => a.name === argument) : member;
  const since = /\d{4}-\d{2}-\d{2}/.exec(part?.deprecationReason ?? "");
  if (!since || !change.type.endsWith("_REMOVED")) return false;
  const due = new Date(since[0]);
  due.setUTCMonth(due.getUTCMonth() + 6);
  return due <= new Date();
}

function sentence(message) {
  return message.replace(/'([^']*)'/g, "`$1`").replace(/\.?$/, ".");
}

function write() {
  const [head, rest] = split(changelog, begin);
  const [, tail] = split(rest, end);
  let text = "";
  for (const [level, heading] of headings) {
    const lines = linesOf(changes.filter((change) => change.level === level));
    if (lines.length) text += `\n### ${heading}\n\n${lines.join("")}`;
  }
  writeFileSync(changelogFile, `${head}${begin}\n${text || "\nNothing has changed.\n"}\n${end}${tail}`);
  console.log(`api-changelog: ${changes.length} changes`);
}

/** Returns a line for each change; types that came or went share one. */
function linesOf(list) {
  const lines = [];
  for (const [type, name] of [["TYPE_REMOVED", "Types that were removed"], ["TYPE_ADDED", "New types"]]) {
    const paths = list.filter((change) => change.type === type).map(({ path }) => `\`${path}\``);
    if (paths.length) lines.push(`- ${name}: ${paths.join(", ")}.\n`);
  }
  for (const { type, path, text } of list) {
    if (type !== "TYPE_REMOVED" && type !== "TYPE_ADDED") lines.push(`- \`${path}\`: ${text}\n`);
  }
  return [...new Set(lines)];
}

function split(text, at) {
  const i = text.indexOf(at);
  if (i < 0) throw new Error(`the changelog has no line ${at}`);
  return [text.slice(0, i), text.slice(i + at.length)];
}

function check() {
  const section = changelog.split(/^## /m).find((part) => part.includes(begin)) ?? "";
  const breaking = section.split(/^### /m).filter((part) => part.startsWith("Breaking")).join("");
  const named = new Set(breaking.split("\n").flatMap(namesOf));
  const missing = changes.filter(({ level, path }) => level === CriticalityLevel.Breaking && !isNamed(named, path));
  for (const { path, text } of missing) console.error(`api-diff: \`${path}\`: ${text}`);
  if (missing.length) {
    console.error(`api-diff: ${missing.length} breaking changes are not under "Breaking" of the newest section of docs/api-changelog.md.`);
    console.error("api-diff: After the first release, deprecate instead of breaking. Before it: make api-changelog.");
    process.exit(1);
  }
  console.log(`api-diff: ${changes.length} changes since the baseline, all breaking ones are in the changelog`);
}

/** Returns the paths that a line is about: those before its colon, or all where none is there. */
function namesOf(line) {
  const head = line.split(":")[0];
  return [...(head.includes("`") ? head : line).matchAll(/`([^`]+)`/g)].map(([, path]) => path);
}

function isNamed(named, path) {
  const steps = path.split(".");
  return steps.some((_, i) => named.has(steps.slice(0, i + 1).join(".")));
}
