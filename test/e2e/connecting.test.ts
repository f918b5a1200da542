// Connecting, as a person has it: a pretend HubSpot of its own, and credentials that are wrong.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createHome, type Started } from "../support/started.ts";

const { data, start, end } = createHome("connecting");
after(end);

/** A running Winston with the pretend Salesforce alone, and a pretend HubSpot in a process of its own. */
async function begin(): Promise<{ salesforce: string; hubspot: string; sandbox: Started; winston: Started }> {
  const winston = start(["dev", "--no-hubspot", "--no-story", "--port", "0", "--data", data]);
  const sandbox = start(["sandbox", "hubspot", "--ndjson"]);
  await winston.seen(/Next, in another terminal/u);
  await sandbox.seen(/Ctrl-C stops it/u);
  const salesforce = /^Salesforce: +(\S+)/mu.exec(winston.out())![1]!;
  return { salesforce, hubspot: (JSON.parse(sandbox.out()) as { url: string }).url, sandbox, winston };
}

test("a pretend HubSpot runs alone and is connected; wrong credentials are told with which, what the vendor said, and what to do", async () => {
  const { salesforce, hubspot, sandbox, winston } = await begin();
  const connect = async (
    vendor: string,
    args: readonly string[],
    stdin = "",
  ): Promise<{ exit: number; err: string }> => {
    const asked = start(["connect", vendor, ...args, "--data", data], undefined, stdin);
    return { exit: await asked.ended(), err: asked.err() };
  };
  const wrong = (vendor: string, url: string, secrets: object | string) =>
    connect(
      vendor,
      [
        "--name",
        "wrong",
        "--setting",
        `${vendor === "hubspot" ? "baseUrl" : "loginUrl"}=${url}`,
        "--setting",
        "simulator=true",
      ],
      typeof secrets === "string" ? secrets : JSON.stringify(secrets),
    );
  const oauth = { clientId: "x", clientSecret: "y", refreshToken: "z" };

  const token = await wrong("hubspot", hubspot, "pat-na1-mistyped");
  assert.match(
    token.err,
    /winston: Connection "wrong": HubSpot refused the private app's access token\. .* To reconnect: winston connect hubspot --name wrong \(HubSpot said: 401 \w+: .+\)/u,
  );
  const app = await wrong("hubspot", hubspot, oauth);
  assert.match(
    app.err,
    /HubSpot refuses the client id or the client secret \(invalid_client: .+\)\. Copy what the app's own page shows/u,
  );
  const none = await wrong("hubspot", hubspot, "{}");
  assert.match(none.err, /HubSpot needs the access token of a private app, or client id/u);
  const key = await wrong("salesforce", salesforce, oauth);
  assert.match(
    key.err,
    /Connection "wrong": Salesforce refuses the consumer key \(invalid_client_id: .+\)\. .* To reconnect: winston connect salesforce --name wrong/u,
  );
  assert.deepEqual([token.exit, app.exit, none.exit, key.exit], [4, 4, 4, 4]);

  const right = await connect("hubspot", ["--simulator", hubspot]);
  assert.equal(right.exit, 0, right.err);
  assert.match(
    right.err,
    /ok {2}the vendor took the credentials; they are sealed\nok {2}the account says it is HubSpot account \d+/u,
  );
  assert.match(right.err, /company, contact, deal .*both ways/u);
  const list = start(["connections", "list", "--plain", "--data", data]);
  assert.equal(await list.ended(), 0);
  assert.match(list.out(), /hubspot/u);
  assert.doesNotMatch(list.out(), /wrong/u, "a connection that never worked leaves nothing behind");

  const contacts = start(["sandbox", "hubspot", "data", "contacts", "--limit", "1", "--url", hubspot, "--plain"]);
  assert.equal(await contacts.ended(), 0, contacts.err());
  assert.match(contacts.out(), /@/u);
  const log = start(["sandbox", "hubspot", "log", "--url", hubspot, "--plain"]);
  assert.equal(await log.ended(), 0, log.err());
  assert.match(log.out(), /\tGET\t.*\t200\t/u);
  const other = start(["sandbox", "log", "--url", hubspot]);
  assert.equal(await other.ended(), 64);
  assert.match(other.err(), /plays another vendor than Salesforce/u);

  sandbox.child.kill("SIGINT");
  assert.equal(await sandbox.ended(), 130, sandbox.err());
  winston.child.kill("SIGINT");
  await winston.ended();
});
