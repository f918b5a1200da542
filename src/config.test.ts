import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isError } from "./base/errors.ts";
import { describeConfig, readConfig } from "./config.ts";

const refused = (env: Record<string, string>, ...words: string[]): void => {
  assert.throws(
    () => readConfig(env),
    (thrown) => {
      assert.ok(isError(thrown, "config.invalid"));
      for (const word of words) assert.ok(thrown.message.includes(word), `"${thrown.message}" lacks "${word}"`);
      return true;
    },
  );
};

test("without any variable Winston is private and keeps its data below the current folder", () => {
  const config = readConfig({ PATH: "/bin", WINSTON_PORT: "", HOME: "/root" }, {}, "/srv/shop");
  assert.deepEqual(
    [config.dataDir, config.host, config.port, config.allowRemote, config.databaseUrl, config.key, config.keyFile],
    ["/srv/shop/.winston", "127.0.0.1", 4400, false, undefined, undefined, undefined],
  );
  assert.ok(Object.values(config.origins).every((origin) => origin === "default"));
  assert.deepEqual(config.warnings, []);
});

test("a flag goes before a variable, a variable before the default, and each value knows where it came from", () => {
  const config = readConfig(
    { WINSTON_PORT: "5000", WINSTON_HOST: " ::1 ", WINSTON_ALLOW_REMOTE: "Yes", DATABASE_URL: "postgres://db/winston" },
    { port: 6000, dataDir: "elsewhere" },
    "/srv",
  );
  assert.deepEqual(
    [config.port, config.host, config.allowRemote, config.dataDir],
    [6000, "::1", true, "/srv/elsewhere"],
  );
  const { port, host, dataDir, databaseUrl, workers } = config.origins;
  assert.deepEqual(
    [port, host, dataDir, databaseUrl, workers],
    ["--port", "WINSTON_HOST", "--data-dir", "DATABASE_URL", "default"],
  );
  assert.equal(
    readConfig({ DATABASE_URL: "postgres://a/b", WINSTON_DATABASE_URL: "postgres://c/d" }).databaseUrl,
    "postgres://c/d",
  );
});

test("a value may stand in a file, for secrets that a platform mounts", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "winston-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "url");
  writeFileSync(file, "postgres://u:p@db/winston\n");
  const config = readConfig({ WINSTON_DATABASE_URL_FILE: file });
  assert.deepEqual(
    [config.databaseUrl, config.origins.databaseUrl],
    ["postgres://u:p@db/winston", "WINSTON_DATABASE_URL_FILE"],
  );
  refused({ WINSTON_DATABASE_URL_FILE: join(folder, "none") }, "WINSTON_DATABASE_URL_FILE", "ENOENT");
  writeFileSync(join(folder, "empty"), "\n");
  refused({ WINSTON_TOKEN_FILE: join(folder, "empty") }, "WINSTON_TOKEN", "empty");
  refused({ WINSTON_DATABASE_URL_FILE: file, WINSTON_DATABASE_URL: "postgres://x/y" }, "both set");
  // The vault reads the key's file itself, for it must look at its mode.
  assert.deepEqual(readConfig({ WINSTON_KEY_FILE: "k" }, {}, "/srv").keyFile, "/srv/k");
  refused({ WINSTON_KEY_FILE: "k", WINSTON_KEY: "abc" }, "both set");
});

test("every wrong value is named at once, with what to give instead", () => {
  refused(
    { WINSTON_PORT: "70000", WINSTON_LOG_LEVEL: "loud", WINSTON_ALLOW_REMOTE: "maybe", WINSTON_WORKERS: "-1" },
    'WINSTON_PORT is "70000"; it must be a whole number from 0 to 65535',
    "debug, info, warn, error, silent",
    "true or false",
    "WINSTON_WORKERS",
  );
  refused({ WINSTON_PORT: "tcp://10.0.0.7:4400" }, "enableServiceLinks: false");
  refused({ WINSTON_HOST: "localhost:4400" }, "WINSTON_PORT");
  refused({ WINSTON_HOST: "http://localhost" }, "bare name or address");
  refused({ WINSTON_DATA_DIR: "~/winston" }, "whole path");
  refused({ WINSTON_URL: "127.0.0.1:4400" }, "http://127.0.0.1:4400");
});

test("mailboxes that tell nobody are the usual ones, those and more, or others", () => {
  const read = (text?: string) => {
    const config = readConfig({ WINSTON_SHARED_MAILBOXES: text });
    return {
      names: config.sharedMailboxes,
      shown: describeConfig(config).find((one) => one.name === "WINSTON_SHARED_MAILBOXES")!.value,
    };
  };
  const usual = read();
  assert.ok(["info", "enquiries", "kontakt", "noreply"].every((name) => usual.names.has(name)));
  assert.equal(usual.shown, "usual");
  const more = read("usual, FrontDesk").names;
  assert.ok(more.has("frontdesk") && more.has("info"));
  assert.deepEqual([...read("desk, lobby").names], ["desk", "lobby"]);
  assert.deepEqual(read("none"), { names: new Set(), shown: "none" });
  refused({ WINSTON_SHARED_MAILBOXES: "info@example.com" }, 'names "info@example.com"', "before the @");
});

test("a wrong database address is not repeated, for it may hold a password", () => {
  assert.throws(
    () => readConfig({ DATABASE_URL: "mysql://root:canary@db/x" }),
    (thrown) =>
      isError(thrown, "config.invalid") &&
      thrown.message.includes("DATABASE_URL") &&
      !thrown.message.includes("canary"),
  );
});

test("a variable that nobody reads is named with the nearest that somebody does", () => {
  const { warnings } = readConfig({
    WINSTON_PROT: "1",
    WINSTON_BANANA: "1",
    WINSTON_SERVICE_HOST: "10.0.0.7",
    WINSTON_PORT_4400_TCP_ADDR: "10.0.0.7",
  });
  assert.equal(warnings.length, 2);
  assert.equal(warnings[0], "WINSTON_BANANA is set, but Winston knows no such variable.");
  assert.match(warnings[1]!, /^WINSTON_PROT .*did you mean WINSTON_PORT/u);
});

test("the list of settings shows no secret", () => {
  const config = readConfig({
    WINSTON_KEY: "canary-key",
    WINSTON_TOKEN: "canary-token",
    DATABASE_URL: "postgres://u:canary-word@db/winston?password=canary-too",
  });
  const list = describeConfig(config);
  assert.ok(!JSON.stringify(list).includes("canary"));
  assert.deepEqual(
    list.find((one) => one.name === "WINSTON_PORT"),
    { name: "WINSTON_PORT", value: "4400", origin: "default" },
  );
  assert.ok(list.some((one) => one.value.startsWith("postgres://u:***@db/winston")));
});

test("docs/operations/configuration.md names every variable with its default", () => {
  const page = readFileSync(join(import.meta.dirname, "..", "docs", "operations", "configuration.md"), "utf8");
  for (const { name, value } of describeConfig(readConfig({}, {}, "/")))
    assert.match(
      page,
      new RegExp(`^\\| \`${name}\` \\| ${value === "" ? "—" : `\`${value.replace(/^\//u, "./")}\``} \\|`, "mu"),
    );
});

test("ranges of the house are read by spaces or commas, and what is none is named", () => {
  const of = (text: string) => readConfig({ WINSTON_ALLOW_ADDRESSES: text }).allowAddresses;
  assert.deepEqual(of("10.20.0.0/16, 127.0.0.1 ::1/128"), ["10.20.0.0/16", "127.0.0.1", "::1/128"]);
  assert.deepEqual(of("none"), []);
  assert.deepEqual(readConfig({}).allowAddresses, []);
  for (const text of ["10.20.0.0/33", "house.example.com", "10.0.0.0/8/8", "10.0.0.0/"])
    assert.throws(() => of(text), /WINSTON_ALLOW_ADDRESSES names .*give ranges of addresses such as/u, text);
});
