// The widget's sources are of one mind about their types.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { listed, shortenable } from "./names.mjs";

test("the sources type-check", () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  execFileSync(process.execPath, [`${folder}node_modules/typescript/lib/tsc.js`, "-p", `${folder}..`], { stdio: "inherit" });
});

test("the build shortens names that mean nothing outside of the widget, and no others", () => {
  assert.deepEqual(listed(), shortenable(), "run node browser/names.mjs, and go generate");
});
