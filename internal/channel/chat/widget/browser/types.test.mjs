// The widget's sources are of one mind about their types.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

test("the sources type-check", () => {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  execFileSync(process.execPath, [`${folder}node_modules/typescript/lib/tsc.js`, "-p", `${folder}..`], { stdio: "inherit" });
});
