// A reporter that says which test failed first, and ends the process there.
// oxlint-disable-next-line import/no-default-export -- a reporter is what its file exports by default
export default async function* firstFailure(events) {
  for await (const { type, data } of events) {
    if (type !== "test:fail" || data.todo !== undefined || data.skip !== undefined) continue;
    process.stderr.write(`${data.file ?? ""}: ${data.name}\n`);
    process.exit(1);
  }
  yield "";
}
