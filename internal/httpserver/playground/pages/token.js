// The token field of both pages. The token stays in this browser: it is kept
// in its local storage and sent to this server alone, in the Authorization header.
// Without one the pages ask by the session of whoever is signed in here.

const key = "parley.token";

/** The token as typed, without a "Bearer " that was pasted along; "" if there is none. */
export function token() {
  return localStorage.getItem(key) ?? "";
}

/** The headers that have the token; without one, that ask by the session. */
export function authorization() {
  const value = token();
  return value ? { Authorization: `Bearer ${value}` } : { "Parley-Session": "1" };
}

/**
 * Puts the field into the form, and calls changed() whenever the token is another, and forgotten() before that when
 * what was typed is to be forgotten.
 */
export function tokenField(form, changed, forgotten) {
  const label = document.createElement("label");
  label.textContent = "Token ";
  const input = document.createElement("input");
  Object.assign(input, {
    type: "password",
    value: token(),
    placeholder: "paste an API token",
    autocomplete: "off",
    spellcheck: false,
  });
  label.append(input);
  const show = button("Show", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    show.textContent = hidden ? "Hide" : "Show";
  });
  const forget = button("Forget", () => {
    input.value = "";
    forgotten();
    localStorage.removeItem(key);
    showSession(session);
    changed();
  });
  forget.title = "Forget the token, and what was typed here";
  const note = document.createElement("span");
  note.className = "hint";
  note.textContent = "kept in this browser only";
  const session = document.createElement("span");
  form.append(label, show, forget, note, session);
  showSession(session);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    store();
  });
  input.addEventListener("change", store);

  function store() {
    const value = input.value.trim().replace(/^bearer\s+/i, "");
    input.value = value;
    if (value === token()) return;
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
    showSession(session);
    changed();
  }
}

/** Shows who is signed in here, or where one signs in; nothing beside a token. */
async function showSession(place) {
  place.replaceChildren();
  if (token()) return;
  const name = await userName().catch(() => undefined);
  if (token()) return;
  if (name) {
    const out = button("Sign out", async () => {
      await fetch("/auth/logout", { method: "POST" });
      location.reload();
    });
    place.replaceChildren(`Signed in as ${name} `, out);
    return;
  }
  const link = document.createElement("a");
  link.href = `/auth/login?return=${encodeURIComponent(location.pathname)}`;
  link.textContent = "Sign in";
  place.replaceChildren(link);
}

async function userName() {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...authorization() },
    body: JSON.stringify({ query: "{ viewer { user { name } } }" }),
  });
  return (await response.json()).data?.viewer?.user?.name;
}

function button(text, act) {
  const b = document.createElement("button");
  b.type = "button";
  b.textContent = text;
  b.addEventListener("click", act);
  return b;
}
