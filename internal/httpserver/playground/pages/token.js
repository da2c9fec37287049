// The token field of both pages. The token stays in this browser: it is kept
// in its local storage and sent to this server alone, in the Authorization header.

const key = "parley.token";

/** The token as typed, without a "Bearer " that was pasted along; "" if there is none. */
export function token() {
  return localStorage.getItem(key) ?? "";
}

/** The headers that bear the token; none without one. */
export function authorization() {
  const value = token();
  return value ? { Authorization: `Bearer ${value}` } : {};
}

/** Puts the field into the form, and calls changed() whenever the token is another. */
export function tokenField(form, changed) {
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
    store();
  });
  const note = document.createElement("span");
  note.className = "hint";
  note.textContent = "kept in this browser only";
  form.append(label, show, forget, note);
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
    changed();
  }
}

function button(text, act) {
  const b = document.createElement("button");
  b.type = "button";
  b.textContent = text;
  b.addEventListener("click", act);
  return b;
}
