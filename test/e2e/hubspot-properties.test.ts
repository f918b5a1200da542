// Properties that an account made for itself, of each type that HubSpot has, both ways: read at a first load, edited on each of the three
// sides, and cleared on each of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "../../src/base/json.ts";
import type { Value } from "../../src/mapping/types.ts";
import { createHub, type Hub } from "../support/hub.ts";

/** One value as each of the three says it. */
interface Said {
  readonly hubspot: string;
  readonly winston: Value;
  readonly salesforce: string | number | boolean;
}
const alike = (text: string): Said => ({ hubspot: text, winston: text, salesforce: text });
const number = (text: string, value: number): Said => ({ hubspot: text, winston: value, salesforce: value });
const truth = (value: boolean): Said => ({ hubspot: String(value), winston: value, salesforce: value });
const several = (...values: string[]): Said => ({
  hubspot: values.join(";"),
  winston: values,
  salesforce: values.join(";"),
});
const moment = (text: string): Said => ({ hubspot: `${text}Z`, winston: `${text}Z`, salesforce: `${text}+0000` });

interface Sort {
  /** Of Winston's field, as the names of both vendors make it. */
  readonly field: string;
  readonly property: {
    readonly name: string;
    readonly type: string;
    readonly fieldType: string;
    readonly of?: string[];
  };
  readonly custom: { readonly name: string; readonly type: string; readonly [more: string]: unknown };
  readonly first: Said;
  readonly fromHubspot: Said;
  readonly fromWinston: Said;
  readonly fromSalesforce: Said;
}

const PLANS = ["Free", "Team", "Fleet", "Other"];
const REGIONS = ["Alps", "Baltic", "Coast"];

const SORTS: readonly Sort[] = [
  {
    field: "planCode",
    property: { name: "plan_code", type: "string", fieldType: "text" },
    custom: { name: "Plan_Code__c", type: "Text" },
    first: alike("00123"),
    fromHubspot: alike("1e3"),
    fromWinston: alike("true"),
    fromSalesforce: alike("2026-01-05"),
  },
  {
    field: "longNote",
    property: { name: "long_note", type: "string", fieldType: "textarea" },
    custom: { name: "Long_Note__c", type: "LongTextArea" },
    first: alike("one;two\nthree “four” 北京 🦜"),
    fromHubspot: alike("0.10"),
    fromWinston: alike('{"a": [1]}'),
    fromSalesforce: alike("null"),
  },
  {
    field: "seats",
    property: { name: "seats", type: "number", fieldType: "number" },
    custom: { name: "Seats__c", type: "Number", precision: 18, scale: 4 },
    first: number("12", 12),
    fromHubspot: number("0.125", 0.125),
    fromWinston: number("-3.5", -3.5),
    fromSalesforce: number("90000000000001", 90_000_000_000_001),
  },
  {
    field: "serial",
    property: { name: "serial", type: "number", fieldType: "number" },
    custom: { name: "Serial__c", type: "Number", precision: 18, scale: 0 },
    first: number("7", 7),
    fromHubspot: number("9007199254740991", 9_007_199_254_740_991),
    fromWinston: number("0", 0),
    fromSalesforce: number("-1", -1),
  },
  {
    field: "renewalDay",
    property: { name: "renewal_day", type: "date", fieldType: "date" },
    custom: { name: "Renewal_Day__c", type: "Date" },
    first: alike("2026-02-28"),
    fromHubspot: alike("2028-02-29"),
    fromWinston: alike("1969-07-20"),
    fromSalesforce: alike("2026-12-31"),
  },
  {
    field: "lastSeen",
    property: { name: "last_seen", type: "datetime", fieldType: "date" },
    custom: { name: "Last_Seen__c", type: "DateTime" },
    first: moment("2026-01-04T23:59:59.000"),
    fromHubspot: moment("2026-03-29T01:30:00.000"),
    fromWinston: moment("2026-01-05T00:00:00.000"),
    fromSalesforce: moment("2026-10-25T00:30:00.000"),
  },
  {
    field: "plan",
    property: { name: "plan", type: "enumeration", fieldType: "select", of: PLANS },
    custom: { name: "Plan__c", type: "Picklist", values: PLANS, restricted: true },
    first: alike("Free"),
    fromHubspot: alike("Team"),
    fromWinston: alike("Fleet"),
    fromSalesforce: alike("Other"),
  },
  {
    field: "tier",
    property: { name: "tier", type: "enumeration", fieldType: "radio", of: ["1", "2", "3", "04"] },
    custom: { name: "Tier__c", type: "Picklist", values: ["1", "2", "3", "04"], restricted: true },
    first: alike("1"),
    fromHubspot: alike("04"),
    fromWinston: alike("3"),
    fromSalesforce: alike("2"),
  },
  {
    field: "regions",
    property: { name: "regions", type: "enumeration", fieldType: "checkbox", of: REGIONS },
    custom: { name: "Regions__c", type: "MultiselectPicklist", values: REGIONS, restricted: true },
    first: several("Alps", "Coast"),
    fromHubspot: several("Baltic"),
    fromWinston: several("Alps", "Baltic", "Coast"),
    fromSalesforce: several("Alps"),
  },
  {
    field: "trial",
    property: { name: "trial", type: "bool", fieldType: "booleancheckbox" },
    custom: { name: "Trial__c", type: "Checkbox" },
    first: truth(true),
    fromHubspot: truth(false),
    fromWinston: truth(true),
    fromSalesforce: truth(false),
  },
  {
    field: "vip",
    property: { name: "vip", type: "enumeration", fieldType: "booleancheckbox", of: ["true", "false"] },
    custom: { name: "Vip__c", type: "Checkbox" },
    first: truth(true),
    fromHubspot: truth(false),
    fromWinston: truth(true),
    fromSalesforce: truth(false),
  },
  {
    field: "directLine",
    property: { name: "direct_line", type: "string", fieldType: "phonenumber" },
    custom: { name: "Direct_Line__c", type: "Phone" },
    first: alike("+12025550123"),
    fromHubspot: alike("+442079460958"),
    fromWinston: alike("+12025550111"),
    fromSalesforce: alike("+12025550188"),
  },
  {
    field: "nightLine",
    property: { name: "night_line", type: "phone_number", fieldType: "phonenumber" },
    custom: { name: "Night_Line__c", type: "Phone" },
    first: alike("+12025550124"),
    fromHubspot: alike("+442079460959"),
    fromWinston: alike("+12025550112"),
    fromSalesforce: alike("+12025550189"),
  },
];

const optionsOf = (values: readonly string[] | undefined) =>
  values === undefined
    ? {}
    : { options: values.map((value, displayOrder) => ({ label: value, value, displayOrder, hidden: false })) };

type Side = keyof Said;
const pick = (
  which: "first" | "fromHubspot" | "fromWinston" | "fromSalesforce",
  side: Side,
  by: "field" | "property" | "custom",
) => Object.fromEntries(SORTS.map((one) => [by === "field" ? one.field : one[by].name, one[which][side]]));

const all = (which: Parameters<typeof pick>[0]) => ({
  hubspot: pick(which, "hubspot", "property"),
  winston: pick(which, "winston", "field"),
  salesforce: pick(which, "salesforce", "custom"),
});

/** One person, whom HubSpot has with a value in each property. */
async function createOne() {
  let contactId = "";
  const hub = await createHub(({ org, portal }) => {
    for (const { property, custom } of SORTS) {
      const { of, ...body } = property;
      portal.addProperty("contacts", { label: property.name, ...body, ...optionsOf(of) });
      for (const object of ["Lead", "Contact"]) org.addCustomField(object, custom);
    }
    contactId = portal.add("contacts", {
      lastname: "Lind",
      email: "lind@example.com",
      ...pick("first", "hubspot", "property"),
    });
  });
  await hub.cycle();
  return {
    hub,
    contactId,
    leadId: String(hub.org.list("Lead")[0]!["Id"]),
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
}

/** What each of the three says of the one person in all the fields. */
async function said(hub: Hub): Promise<Record<Side, Record<string, unknown>>> {
  const [[person], [lead], [contact]] = [await hub.list("person"), hub.org.list("Lead"), hub.portal.list("contacts")];
  const of = (record: Readonly<Record<string, unknown>>, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, record[name] ?? null]));
  return {
    hubspot: of(
      contact!,
      SORTS.map((one) => one.property.name),
    ),
    winston: of(
      person!.fields,
      SORTS.map((one) => one.field),
    ),
    salesforce: of(
      lead!,
      SORTS.map((one) => one.custom.name),
    ),
  };
}

test("a property of each type is read at a first load, and an edit on each of the three sides is what the other two say, exactly", async () => {
  await using one = await createOne();
  const { hub, contactId, leadId } = one;
  assert.deepEqual(await said(hub), all("first"));

  hub.clock.move(60_000);
  hub.portal.edit("contacts", contactId, pick("fromHubspot", "hubspot", "property"));
  await hub.cycle();
  assert.deepEqual(await said(hub), all("fromHubspot"));

  hub.clock.move(60_000);
  await hub.save("person", pick("fromWinston", "winston", "field"), (await hub.list("person"))[0]!.id);
  await hub.settle();
  assert.deepEqual(await said(hub), all("fromWinston"));

  await hub.cycle();
  hub.clock.move(60_000);
  hub.org.edit("Lead", leadId, pick("fromSalesforce", "salesforce", "custom"));
  await hub.cycle();
  assert.deepEqual(await said(hub), all("fromSalesforce"));

  const before = hub.writes().length;
  await hub.cycle({ full: true });
  await hub.cycle();
  assert.deepEqual([hub.writes().slice(before), await hub.parked()], [[], []]);
});

/** A record whose fields are all empty; a checkbox of Salesforce's knows no blank. */
const emptied = (side: Side): Record<string, unknown> =>
  Object.fromEntries(
    SORTS.map(({ field, property, custom }) => {
      if (side === "hubspot") return [property.name, null];
      return side === "winston" ? [field, null] : [custom.name, custom.type === "Checkbox" ? false : null];
    }),
  );
/** What a box that was unticked in Salesforce is to the others: false, which is not blank. */
const unticked = (side: "hubspot" | "winston"): Record<string, unknown> =>
  Object.fromEntries(
    SORTS.filter(({ custom }) => custom.type === "Checkbox").map(({ field, property }) =>
      side === "hubspot" ? [property.name, "false"] : [field, false],
    ),
  );

for (const side of ["hubspot", "winston", "salesforce"] as const)
  test(`a property of each type that is emptied in ${side} is empty everywhere and stays so; filled again it is full`, async () => {
    await using one = await createOne();
    const { hub, contactId, leadId } = one;
    hub.clock.move(60_000);
    if (side === "hubspot")
      hub.portal.edit("contacts", contactId, Object.fromEntries(SORTS.map(({ property }) => [property.name, ""])));
    else if (side === "salesforce") hub.org.edit("Lead", leadId, emptied(side) as Record<string, null>);
    else await hub.save("person", emptied(side), (await hub.list("person"))[0]!.id);
    await hub.settle();
    const empty = {
      hubspot: { ...emptied("hubspot"), ...(side === "salesforce" ? unticked("hubspot") : {}) },
      winston: { ...emptied("winston"), ...(side === "salesforce" ? unticked("winston") : {}) },
      salesforce: emptied("salesforce"),
    };
    await hub.cycle();
    assert.deepEqual(await said(hub), empty);
    const before = hub.writes().length;
    await hub.cycle();
    await hub.cycle({ full: true });
    assert.deepEqual([await said(hub), hub.writes().slice(before)], [empty, []]);

    hub.clock.move(60_000);
    if (side === "hubspot") hub.portal.edit("contacts", contactId, pick("first", side, "property"));
    else if (side === "salesforce") hub.org.edit("Lead", leadId, pick("first", side, "custom"));
    else await hub.save("person", pick("first", side, "field"), (await hub.list("person"))[0]!.id);
    await hub.settle();
    await hub.cycle();
    assert.deepEqual([await said(hub), await hub.parked()], [all("first"), []]);
  });

test("text, numbers and times stay exact where Salesforce keeps them less so, and HubSpot's own spelling is left alone", async () => {
  await using one = await createOne();
  const { hub, contactId, leadId } = one;
  const theirs = {
    plan_code: "  007 ",
    long_note: "two lines\n\n",
    seats: "1.50",
    serial: "9007199254740993",
    last_seen: "2026-01-04T10:00:00.123Z",
    direct_line: "(202) 555-0177",
    night_line: "extension 5",
  };
  hub.clock.move(60_000);
  hub.portal.edit("contacts", contactId, theirs);
  await hub.cycle();
  await hub.cycle({ full: true });
  const exact = async () => {
    const { hubspot, winston, salesforce } = await said(hub);
    const { planCode, longNote, seats, serial, lastSeen, directLine, nightLine } = winston;
    assert.deepEqual(
      { planCode, longNote, seats, serial, lastSeen, directLine, nightLine },
      {
        planCode: theirs.plan_code,
        longNote: theirs.long_note,
        seats: 1.5,
        serial: theirs.serial,
        lastSeen: theirs.last_seen,
        directLine: theirs.direct_line,
        nightLine: theirs.night_line,
      },
    );
    assert.deepEqual({ ...hubspot, ...theirs }, hubspot);
    const { Plan_Code__c, Long_Note__c, Seats__c, Serial__c, Last_Seen__c } = salesforce;
    assert.deepEqual(
      [Plan_Code__c, Long_Note__c, Seats__c, Serial__c, Last_Seen__c],
      ["007", "two lines", 1.5, 9_007_199_254_740_992, "2026-01-04T10:00:00.000+0000"],
    );
  };
  await exact();
  // Another field of the same record is edited on each side: none of these is sent again.
  hub.clock.move(60_000);
  hub.portal.edit("contacts", contactId, { jobtitle: "Head" });
  await hub.cycle();
  hub.clock.move(60_000);
  hub.org.edit("Lead", leadId, { City: "Leeds" });
  await hub.cycle();
  await exact();
  assert.deepEqual(
    [hub.org.list("Lead")[0]!["Title"], hub.portal.list("contacts")[0]!["city"], await hub.parked()],
    ["Head", "Leeds", []],
  );
});

/** The rows that the page on HubSpot shows, for properties whose names and words are not those of the other system. */
const SHOWN = JSON.parse(
  /```json\n(\[[\s\S]*?\])\n```/u.exec(
    readFileSync(join(import.meta.dirname, "../../docs/connectors/hubspot.md"), "utf8"),
  )![1]!,
) as { field: string; record: string; options?: { table?: Record<string, string> } }[];

test("the rows in the page on HubSpot can be used as they stand: other names and other words for the options", async () => {
  const options = (record: string) => Object.keys(SHOWN.find((one) => one.record === record)!.options!.table!);
  const properties: [string, string, string, string[]?][] = [
    ["contract_no", "string", "text"],
    ["licences", "number", "number"],
    ["renews_on", "date", "date"],
    ["seen_at", "datetime", "date"],
    ["plan_level", "enumeration", "select", options("plan_level")],
    ["territories", "enumeration", "checkbox", [...options("territories"), "other"]],
    ["is_trial", "bool", "booleancheckbox"],
    ["desk_phone", "string", "phonenumber"],
  ];
  assert.deepEqual(
    SHOWN.map((one) => one.record),
    properties.map(([name]) => name),
  );
  const custom: [string, string, object?][] = [
    ["Contract__c", "Text"],
    ["Seats__c", "Number", { precision: 18, scale: 2 }],
    ["Renewal_Day__c", "Date"],
    ["Last_Seen__c", "DateTime"],
    ["Plan__c", "Picklist", { values: ["Team", "Fleet"], restricted: true }],
    ["Regions__c", "MultiselectPicklist", { values: ["North", "South", "other"], restricted: true }],
    ["Trial__c", "Checkbox"],
    ["Direct_Line__c", "Phone"],
  ];
  let contactId = "";
  await using hub = await createHub(({ org, portal }) => {
    for (const [name, type, more] of custom) org.addCustomField("Lead", { name, type, ...more });
    for (const [name, type, fieldType, of] of properties)
      portal.addProperty("contacts", { label: name, name, type, fieldType, ...optionsOf(of) });
    contactId = portal.add("contacts", { lastname: "Lind", email: "lind@example.com" });
  });
  await hub.cycle();
  const [stream] = (await hub.winston.connections.streams()).filter(
    (one) => one.key === "contact" && one.connectionId === hub.connections.hubspot,
  );
  const { document } = await hub.winston.connections.mapping(stream!.id);
  const kept = (document["rows"] as { record: unknown }[]).filter(
    ({ record }) => !SHOWN.some((one) => one.record === record),
  );
  await hub.winston.connections.putMapping(
    stream!.id,
    { ...document, rows: [...kept, ...SHOWN] } as unknown as JsonObject,
    "test",
  );
  const theirs = {
    contract_no: "00042",
    licences: "12.50",
    renews_on: "2026-02-28",
    seen_at: "2026-01-04T10:00:00.000Z",
    plan_level: "lvl_2",
    territories: "n;other",
    is_trial: "true",
    desk_phone: "(202) 555-0177",
  };
  hub.portal.edit("contacts", contactId, theirs);
  await hub.cycle();
  const lead = (): Record<string, unknown> => hub.org.list("Lead")[0]!;
  assert.deepEqual(
    custom.map(([name]) => lead()[name]),
    ["00042", 12.5, "2026-02-28", "2026-01-04T10:00:00.000+0000", "Fleet", "North;other", true, "+12025550177"],
  );
  hub.clock.move(60_000);
  hub.org.edit("Lead", String(lead()["Id"]), { Plan__c: "Team", Regions__c: "South", Seats__c: 3, Trial__c: false });
  await hub.cycle();
  const changed = { plan_level: "lvl_1", territories: "s", licences: "3", is_trial: "false" };
  const contact = hub.portal.get("contacts", contactId)!;
  assert.deepEqual(
    { ...contact, ...theirs, ...changed },
    contact,
    "what Salesforce did not change is as it was written there",
  );
  assert.deepEqual(await hub.parked(), []);
});
