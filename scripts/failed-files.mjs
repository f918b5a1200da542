// A test reporter that names the files in which a test failed, one a line. CI runs a few of them a second time (docs/decisions/second-run.md).
import { relative } from "node:path";
import { root } from "./setup.mjs";

// oxlint-disable-next-line import/no-default-export -- Node takes a reporter so
export default async function* failedFiles(source) {
  const files = new Set();
  for await (const event of source)
    if (event.type === "test:fail" && event.data.file) files.add(relative(root, event.data.file));
  if (files.size > 0) yield `${[...files].join("\n")}\n`;
}
