// A small explorer in plain JavaScript, for servers that were built without
// GraphiQL: run an operation, read the answer, look the schema up.
import { showSchema } from "./docs.js";
import { examples } from "./examples.js";
import { placesOf, placesQuery, recipes, unknown } from "./recipes.js";
import { authorization, tokenField } from "./token.js";

const at = (id) => document.getElementById(id);
const draftKey = "parley.explorer";

/** Sends an operation; returns the HTTP status and the decoded answer. */
async function send(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
      ...authorization(),
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, answer: await response.json() };
}

async function run() {
  let variables;
  try {
    variables = JSON.parse(at("variables").value.trim() || "{}");
  } catch (error) {
    at("result").textContent = `The variables are not valid JSON: ${error.message}`;
    return;
  }
  at("run").disabled = true;
  at("status").textContent = "running …";
  const began = performance.now();
  try {
    const { status, answer } = await send(at("query").value, variables);
    at("status").textContent = `HTTP ${status}, ${Math.round(performance.now() - began)} ms`;
    at("result").textContent = JSON.stringify(answer, null, 2);
    at("result").classList.toggle("failed", Boolean(answer.errors));
  } catch (error) {
    at("status").textContent = "";
    at("result").textContent = `The server cannot be reached: ${error.message}`;
  } finally {
    at("run").disabled = false;
  }
}

async function loadSchema() {
  try {
    await showSchema(at("docs"), at("filter"), send);
  } catch (error) {
    at("docs").textContent = `The schema could not be read: ${error.message}`;
  }
}

function draft() {
  try {
    return JSON.parse(localStorage.getItem(draftKey));
  } catch {
    return undefined;
  }
}

function show({ query, variables = "" }) {
  at("query").value = query;
  at("variables").value = variables;
}

/** An operation of a recipe, with what the account has; unless another was chosen by then. */
async function showRecipe({ query, variables }) {
  const chosen = at("example").value;
  const { answer } = await send(placesQuery).catch(() => ({}));
  if (at("example").value !== chosen) return;
  show({ query, variables: JSON.stringify(variables({ ...unknown, ...placesOf(answer?.data) }), null, 2) });
}

/** The operations of a recipe: this page runs a document of one. */
function steps({ title, query, variables }) {
  const parts = query.split(/\n(?=# \d)/).filter((part) => /^(query|mutation)/m.test(part));
  return parts.map((part, i) => ({ title: parts.length > 1 ? `${title}: ${i + 1}` : title, query: part.trimStart(), variables }));
}

const offered = [...examples, ...recipes.flatMap(steps)];
offered.forEach(({ title }, i) => at("example").append(new Option(title, i)));
at("example").addEventListener("change", () => {
  const chosen = offered[at("example").value];
  if (typeof chosen.variables === "function") showRecipe(chosen);
  else show(chosen);
});
at("run").addEventListener("click", run);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && !at("run").disabled) run();
});
addEventListener("pagehide", () => {
  const draft = { query: at("query").value, variables: at("variables").value };
  localStorage.setItem(draftKey, JSON.stringify(draft));
});

if (location.pathname === "/") document.querySelector("nav").remove(); // this page stands in for the playground
show(draft() ?? examples[0]);
tokenField(at("token"), loadSchema, () => {
  localStorage.removeItem(draftKey);
  show(examples[0]);
});
loadSchema();
