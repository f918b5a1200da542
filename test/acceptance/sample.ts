// A small set of files in the shape of the real ones, invented, for tests: the same headers, blanks, "Select", US dates, text with commas.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { ACCOUNTS, type Column, DEALS, type Kind, LEADS } from "./columns.ts";
import { generator, pick } from "./edits.ts";

const AGENTS = ["Ada Quill", "Bram van Dyk", "Céline Roy", "Dov Katz", "Edda Þórsdóttir"];
const WORDS = ["Google", "Direct Traffic", "Referral, by a friend", "“Other”", "Olark Chat", "Ünbekannt", "Select", ""];
const SECTORS = ["technolgy", "medical", "retail", "software"];
const PRODUCTS = ["GTX Basic", "GTXPro", "MG Special"];
const STAGES = ["Won", "Lost", "Engaging", "Prospecting"];

/** Writes the files into a folder. */
export function writeSample(
  folder: string,
  size: { leads: number; accounts: number; deals: number },
  seed: number,
): void {
  const random = generator(seed);
  const word = (): string => pick(WORDS, random);
  const whole = (most: number): string => String(Math.floor(random() * most));
  mkdirSync(join(folder, "maven-crm"), { recursive: true });

  const leadCell = (column: Column, index: number): string => {
    if (column.name === LEADS.key) return `prospect-${index + 1}`;
    if (column.type === "boolean") return pick(["Yes", "No", "No"], random);
    if (column.type === "number")
      return column.make?.scale === 2 ? pick(["", "2.5", "1.33", "0"], random) : pick(["", whole(2_000)], random);
    return word();
  };
  write(folder, LEADS, size.leads, leadCell);

  const account = (index: number): string => `${pick(["Acme", "Bubba", "Sonron"], generator(index))} ${index + 1}`;
  write(folder, ACCOUNTS, size.accounts, (column, index) => {
    if (column.name === ACCOUNTS.key) return account(index);
    if (column.name === "sector") return pick(SECTORS, random);
    if (column.name === "year_established") return String(1980 + Math.floor(random() * 40));
    if (column.name === "revenue") return (random() * 10_000).toFixed(2);
    if (column.name === "employees") return whole(20_000);
    if (column.name === "office_location") return pick(["United States", "Philipines"], random);
    return index > 2 && random() < 0.3 ? account(index % 3) : ""; // The first three are parents, and have none.
  });

  write(folder, DEALS, size.deals, (column, index) => {
    // The stage of a deal decides which of its cells are blank; all its cells see the same one.
    const stage = pick(STAGES, generator(seed + index));
    const open = stage === "Engaging" || stage === "Prospecting";
    const day = (): string => `${1 + Math.floor(random() * 12)}/${1 + Math.floor(random() * 28)}/2017`;
    if (column.name === DEALS.key) return `DEAL${1_000 + index}`;
    if (column.name === "sales_agent") return pick(AGENTS, random);
    if (column.name === "product") return pick(PRODUCTS, random);
    if (column.name === "account") return open && random() < 0.5 ? "" : account(Math.floor(random() * size.accounts));
    if (column.name === "deal_stage") return stage;
    if (column.name === "engage_date") return stage === "Prospecting" ? "" : day();
    if (column.name === "close_date") return open ? "" : day();
    return open ? "" : stage === "Lost" ? "0" : whole(30_000);
  });

  writeFileSync(
    join(folder, "maven-crm/sales_teams.csv"),
    stringify([["sales_agent", "manager"], ...AGENTS.map((agent) => [agent, "Fay"])]),
  );
}

function write(folder: string, kind: Kind, rows: number, cell: (column: Column, index: number) => string): void {
  const columns = kind.columns.filter((column) => !column.absent);
  const table = Array.from({ length: rows }, (_, index) => columns.map((column) => cell(column, index)));
  writeFileSync(join(folder, kind.file), stringify([columns.map((column) => column.name), ...table]));
}
