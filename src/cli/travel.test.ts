import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, type Connection } from "../../sdk/src/index.ts";
import { VirtualClock } from "../base/clock.ts";
import { startAnswering } from "./test-shell.ts";
import { letTravel, type Place } from "./travel.ts";

const NAMES = ["north", "east", "west"];
const PEOPLE = ["p1", "p2", "p3", "p4"];

/** Places that hold the same four people, and a Winston that links them; what is edited at one place is at all others once that place was synced. */
async function createPlaces() {
  const titles = NAMES.map(() => new Map(PEOPLE.map((id) => [id, "Cook"])));
  titles[1]!.set("p1", "Chef");
  const places = NAMES.map((title, at): Place => ({
    title,
    connection: { id: title, name: title } as Connection,
    contacts: {
      stream: "contact",
      list: () => PEOPLE.map((id) => ({ id, email: `${id}@example.com`, title: titles[at]!.get(id)! })),
      titleOf: (id) => titles[at]!.get(id) ?? null,
      setTitle: (id, value) => titles[at]!.set(id, value),
    },
  }));
  const links = (id: string) =>
    NAMES.map((connection) => ({ connection, stream: "contact", recordId: id, state: "active" }));
  const server = await startAnswering({
    "GET /api/contacts": (query: URLSearchParams) => ({
      data: [{ id: query.get("email")!.split("@")[0] }],
      next: null,
    }),
    ...Object.fromEntries(
      PEOPLE.map((id) => [`GET /api/contacts/${id}`, { id, name: id.toUpperCase(), links: links(id) }]),
    ),
    ...Object.fromEntries(
      NAMES.map((name, at) => [
        `POST /api/connections/${name}/sync`,
        () => {
          for (const others of titles) for (const [id, title] of titles[at]!) others.set(id, title);
          return { since: 0 };
        },
      ]),
    ),
  });
  return {
    places,
    client: new Client({ token: "wk_live_token", baseUrl: server.url }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test("an edit travels from each of several vendors to the next, each on another person whose titles agree everywhere", async () => {
  await using world = await createPlaces();
  const shell = { clock: new VirtualClock(), signal: new AbortController().signal };
  const said: string[] = [];
  await letTravel(shell, world.client, world.places, (line) => said.push(line));
  assert.deepEqual(said, [
    "title of P2 changed in north; in east 0 ms later",
    "title of P3 changed in east; in west 0 ms later",
    "title of P4 changed in west; in north 0 ms later",
  ]);
});
