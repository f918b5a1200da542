// Generated leads: the same values for the same number, in names of many cultures, on domains and phone numbers that are reserved.
import { pick, seededRandom } from "../src/base/random.ts";

/** A lead as Salesforce's query answers show it, without `attributes`. */
export type LeadRow = Readonly<Record<string, string | number | boolean | null>> & {
  readonly Id: string;
  readonly SystemModstamp: string;
};

export const USERS = 40;
const BEGAN = Date.UTC(2026, 0, 5, 9);

/** The lead of this number. `version` 1 is the same lead after an edit. Stamps rise with the number, four leads to a second. */
export function lead(number: number, version: 0 | 1 = 0): LeadRow {
  const random = seededRandom(Math.imul(number, 2_654_435_761) + 17);
  const below = (limit: number): number => Math.floor(random.float() * limit);
  const [first, last, company] = [pick(random, FIRST), pick(random, LAST), pick(random, COMPANIES)];
  const domain = company.toLowerCase().replaceAll(/[^a-z]+/gu, "-");
  return {
    Id: recordId("00Q", number),
    SystemModstamp: vendorTime(BEGAN + Math.floor(number / 4) * 1000 + version * 40 * 86_400_000),
    FirstName: first,
    LastName: last,
    Salutation: pick(random, ["Ms.", "Mr.", "Dr.", null]),
    Title: pick(random, ["Head of Procurement", "Regional Sales Manager", "Direktörin Einkauf"]),
    Email: `${plain(first)}.${plain(last)}.${number}@${domain}.example.com`,
    Phone:
      below(5) === 0
        ? `+44 20 7946 0${digits(below(1000), 3)}`
        : `+1 (${200 + below(700)}) 555-01${digits(below(100), 2)}`,
    MobilePhone: below(2) === 0 ? null : `+1-${200 + below(700)}-555-01${digits(below(100), 2)}`,
    LeadSource: pick(random, ["Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Trade Show"]),
    Description: null,
    HasOptedOutOfEmail: below(20) === 0,
    DoNotCall: below(10) === 0,
    OwnerId: recordId("005", below(USERS)),
    Company: `${company} ${1 + below(900)}`,
    Website: `https://www.${domain}.example.com`,
    Street: `${1 + below(999)} Market Street`,
    City: pick(random, ["Lisboa", "Hamburg", "Osaka", "Austin", "Lyon"]),
    State: null,
    PostalCode: digits(below(100_000), 5),
    Country: pick(random, ["Portugal", "Germany", "Japan", "United States", "France"]),
    Status: pick(random, ["Open - Not Contacted", "Working - Contacted", "Closed - Not Converted"]),
    Rating: pick(random, ["Hot", "Warm", "Cold"]),
    Industry: pick(random, ["Manufacturing", "Healthcare", "Technology", "Retail", "Finance", "Energy"]),
    NumberOfEmployees: below(5_000) + version,
    AnnualRevenue: below(100_000_000),
  };
}

/** Every hundredth lead is edited where a bench changes 1 %. */
export const edited = (number: number): 0 | 1 => (number % 100 === 7 ? 1 : 0);

/** The users who own the leads. */
export function user(number: number): LeadRow {
  return {
    Id: recordId("005", number),
    SystemModstamp: vendorTime(BEGAN),
    Name: `${FIRST[number % FIRST.length]!} ${LAST[(number * 7) % LAST.length]!} ${number}`,
    Email: `user.${number}@winston.example.com`,
    IsActive: true,
  };
}

/** An id of 18 characters, as the vendor writes them. */
function recordId(prefix: string, number: number): string {
  const short = `${prefix}${number.toString(36).padStart(12, "0")}`;
  let suffix = "";
  for (let at = 0; at < 15; at += 5) {
    let bits = 0;
    for (let index = 0; index < 5; index++) if (/[A-Z]/u.test(short[at + index]!)) bits |= 1 << index;
    suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]!;
  }
  return short + suffix;
}

const vendorTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "+0000");
const digits = (number: number, length: number): string => String(number).padStart(length, "0");
const plain = (name: string): string =>
  name
    .normalize("NFD")
    .replaceAll(/[^A-Za-z]/gu, "")
    .toLowerCase();

const FIRST =
  "Ada, Bruno, Chiara, Dmitri, Elif, Fatou, Goran, Hanna, Ivo, Júlia, Kenji, Lars, Mei, Noor, Olga, Paulo, Quinn, Rosa, Søren, Tariq".split(
    ", ",
  );
const LAST =
  "Almeida, Berg, Castellanos, Dubois, Eriksen, Fischer, García, Hughes, Ivanova, Jansen, Kowalski, Lindqvist, Moreau, Nakamura, Okafor, Petrov, Rossi, Schmidt, Tanaka, Vargas".split(
    ", ",
  );
const COMPANIES =
  "Northwind Logistics, Acme Instruments, Blue Harbor Foods, Cobalt Systems, Delta Medical Group, Evergreen Energy, Fulcrum Partners, Granite Insurance".split(
    ", ",
  );
