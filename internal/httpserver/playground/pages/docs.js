// The schema as a list of what can be asked, from introspection. A click on a
// type opens it in place.

const typeRef = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
const introspection = `query Schema {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name description
      fields { name description args { name description defaultValue type { ${typeRef} } } type { ${typeRef} } }
      inputFields { name description defaultValue type { ${typeRef} } }
      enumValues { name description }
      possibleTypes { name }
    }
  }
}`;

/** Reads the schema by send() and lists its root fields in docs; filter is the search field. */
export async function showSchema(docs, filter, send) {
  const { answer } = await send(introspection, {});
  if (answer.errors) throw new Error(answer.errors[0].message);
  const schema = answer.data.__schema;
  const types = new Map(schema.types.map((type) => [type.name, type]));
  const roots = [schema.queryType, schema.mutationType, schema.subscriptionType]
    .filter(Boolean)
    .map(({ name }) => types.get(name));
  const list = () => {
    const wanted = filter.value.trim().toLowerCase();
    docs.replaceChildren(...roots.map((root) => rootList(root, types, wanted)));
  };
  filter.oninput = list;
  list();
}

function rootList(root, types, wanted) {
  const fields = root.fields.filter((field) => field.name.toLowerCase().includes(wanted));
  const section = make("details", make("summary", `${root.name} (${fields.length})`));
  section.open = wanted !== "" || root.name === "Query";
  section.append(...fields.map((field) => fieldEntry(field, types)));
  return section;
}

function fieldEntry(field, types) {
  const entry = make("div");
  entry.className = "field";
  const line = make("code", field.name);
  const args = field.args ?? [];
  args.forEach((arg, i) => {
    line.append(i === 0 ? "(" : ", ", `${arg.name}: `, typeLink(arg.type, types, entry));
    if (arg.defaultValue != null) line.append(` = ${arg.defaultValue}`);
  });
  line.append(args.length ? "): " : ": ", typeLink(field.type, types, entry));
  if (field.defaultValue != null) line.append(` = ${field.defaultValue}`);
  entry.append(line, description(field));
  return entry;
}

/** A type as SDL has it; its name opens the type below the entry, and closes it again. */
function typeLink(ref, types, entry) {
  if (ref.kind === "NON_NULL") return joined(typeLink(ref.ofType, types, entry), "!");
  if (ref.kind === "LIST") return joined("[", typeLink(ref.ofType, types, entry), "]");
  const type = types.get(ref.name);
  const link = make("button", ref.name);
  link.type = "button";
  link.className = "type";
  link.addEventListener("click", () => {
    const shown = [...entry.children].find((child) => child.dataset.type === ref.name);
    if (shown) shown.remove();
    else entry.append(typeEntry(type, types));
  });
  return link;
}

function typeEntry(type, types) {
  const entry = make("div", make("strong", `${type.kind.toLowerCase().replace("_", " ")} ${type.name}`), description(type));
  entry.className = "opened";
  entry.dataset.type = type.name;
  for (const field of type.fields ?? type.inputFields ?? []) entry.append(fieldEntry(field, types));
  for (const value of type.enumValues ?? []) {
    const line = make("div", make("code", value.name), description(value));
    line.className = "field";
    entry.append(line);
  }
  if (type.possibleTypes?.length) {
    const line = make("div", "One of: ");
    type.possibleTypes.forEach(({ name }) => line.append(typeLink({ name }, types, entry), " "));
    entry.append(line);
  }
  return entry;
}

function description({ description: text }) {
  const p = make("p", text ?? "");
  p.className = "hint";
  return p;
}

function joined(...parts) {
  const fragment = document.createDocumentFragment();
  fragment.append(...parts);
  return fragment;
}

function make(tag, ...children) {
  const element = document.createElement(tag);
  element.append(...children);
  return element;
}
