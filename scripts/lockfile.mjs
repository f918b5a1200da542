// Completes package-lock.json after `npm install`: a registry that does not carry a tool's builds for other platforms makes npm leave
// them out, and `npm ci` then refuses the file. Each is written back with its platform, so that npm skips it where it does not belong.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const file = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "x64", "ia32", "ppc64", "riscv64", "s390x", "arm"];
let added = 0;
for (const [path, node] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(node.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`;
    const top = `node_modules/${name}`;
    if (path === "" || lock.packages[nested] || lock.packages[top]) continue;
    const os = systems.find((one) => name.includes(one));
    const cpu = processors.find((one) => name.includes(one));
    if (!os || !cpu) throw new Error(`${name} of ${path} is not in package-lock.json, and its name tells no platform`);
    const libc = os === "linux" ? (name.includes("musl") ? "musl" : "glibc") : undefined;
    lock.packages[top] = {
      version,
      cpu: [cpu],
      ...(libc ? { libc: [libc] } : {}),
      license: "MIT",
      optional: true,
      os: [os],
    };
    if (node.dev) lock.packages[top].dev = true;
    added++;
  }
}
const [first, ...rest] = Object.keys(lock.packages);
lock.packages = Object.fromEntries([first, ...rest.toSorted()].map((path) => [path, lock.packages[path]]));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`package-lock.json: ${added} platform packages written back\n`);
