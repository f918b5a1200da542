// What stands where: every column of the files, with its field in Winston and its field in Salesforce.
// Nothing in this folder imports src/: the expected state is computed from the files and the declared rules alone.

/** A value on common ground: dates as YYYY-MM-DD, users and accounts by name, amounts as numbers. */
export type Cell = string | number | boolean | null;
export type Row = Record<string, Cell>;
export type KindName = "leads" | "accounts" | "deals";
export type ColumnType = "text" | "number" | "boolean" | "date" | "money" | "user" | "account";

export interface Column {
  /** The header in the file; of a field that no file has, the name it goes by here. */
  readonly name: string;
  /** Not in the file: there only because the vendor requires it. */
  readonly absent?: true;
  readonly type: ColumnType;
  /** Winston's field. */
  readonly winston: string;
  /** The field as it is written in Salesforce, and as it is read where that differs (Owner.Name). */
  readonly salesforce: string;
  readonly read?: string;
  /** How the custom field is made in Salesforce; a standard one has none. Names have at most 40 characters before __c. */
  readonly make?: {
    readonly type: string;
    readonly length?: number;
    readonly precision?: number;
    readonly scale?: number;
  };
  /** What stands in Salesforce where the vendor requires a value and there is none; it reads back as blank. */
  readonly filler?: string;
  /** Identity and what the vendor does not let anybody clear. */
  readonly fixed?: true;
  readonly required?: true;
}

export interface Kind {
  readonly name: KindName;
  readonly file: string;
  /** One word of the command line. */
  readonly one: string;
  readonly object: string;
  /** The column that says which record a row is, on both sides. */
  readonly key: string;
  readonly columns: readonly Column[];
}

const text = (name: string, winston: string, salesforce: string): Column => ({
  name,
  type: "text",
  winston,
  salesforce,
});

/** A custom field: Winston's key is the vendor's name in camel case without the suffix. */
const custom = (name: string, salesforce: string, type: ColumnType, make: Column["make"]): Column => ({
  name,
  type,
  winston: camelCase(salesforce),
  salesforce: `${salesforce}__c`,
  ...(make ? { make } : {}),
});
const words = (name: string, salesforce = plain(name)): Column =>
  custom(name, salesforce, "text", { type: "Text", length: 255 });
const number = (name: string, salesforce = plain(name), scale = 0): Column =>
  custom(name, salesforce, "number", { type: "Number", precision: 18, scale });
const tick = (name: string, salesforce = plain(name)): Column =>
  custom(name, salesforce, "boolean", { type: "Checkbox" });

function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/gu, "_");
}

function camelCase(name: string): string {
  const [first = "", ...rest] = name.split("_");
  return first[0]!.toLowerCase() + first.slice(1) + rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

const NOT_PROVIDED = "[not provided]";
const required = (name: string, winston: string, salesforce: string): Column => ({
  ...text(name, winston, salesforce),
  absent: true,
  required: true,
  filler: NOT_PROVIDED,
});
const owner = (name: string): Column => ({
  name,
  type: "user",
  winston: "owner",
  salesforce: "OwnerId",
  read: "Owner.Name",
  required: true,
});

export const LEADS: Kind = {
  name: "leads",
  file: "x-education-leads.csv",
  one: "lead",
  object: "Lead",
  key: "Prospect ID",
  columns: [
    { ...custom("Prospect ID", "Prospect_ID", "text", { type: "Text", length: 64 }), fixed: true },
    number("Lead Number"),
    words("Lead Origin"),
    text("Lead Source", "source", "LeadSource"),
    { ...text("Do Not Email", "doNotEmail", "HasOptedOutOfEmail"), type: "boolean" },
    { ...text("Do Not Call", "doNotCall", "DoNotCall"), type: "boolean" },
    number("Converted"),
    tick("Convertions"),
    number("TotalVisits", "Total_Visits"),
    number("Total Time Spent on Website"),
    number("Page Views Per Visit", "Page_Views_Per_Visit", 2),
    words("Last Activity"),
    text("Country", "country", "Country"),
    words("Specialization"),
    words("How did you hear about X Education"),
    words("What is your current occupation"),
    words("What matters most to you in choosing a course", "What_matters_most_in_choosing_a_course"),
    tick("Search"),
    tick("Magazine"),
    tick("Newspaper Article"),
    tick("X Education Forums"),
    tick("Newspaper"),
    tick("Digital Advertisement"),
    tick("Through Recommendations"),
    tick("Receive More Updates About Our Courses"),
    words("Tags"),
    words("Lead Quality"),
    tick("Update me on Supply Chain Content"),
    tick("Get updates on DM Content"),
    words("Lead Profile"),
    text("City", "city", "City"),
    words("Asymmetrique Activity Index"),
    words("Asymmetrique Profile Index"),
    number("Asymmetrique Activity Score"),
    number("Asymmetrique Profile Score"),
    tick("I agree to pay the amount through cheque"),
    tick("A free copy of Mastering The Interview"),
    words("Last Notable Activity"),
    required("last name", "lastName", "LastName"),
    required("company", "company", "Company"),
  ],
};

export const ACCOUNTS: Kind = {
  name: "accounts",
  file: "maven-crm/accounts.csv",
  one: "account",
  object: "Account",
  key: "account",
  columns: [
    { ...text("account", "name", "Name"), fixed: true },
    text("sector", "industry", "Industry"),
    number("year_established", "Year_Established"),
    number("revenue", "Revenue_Millions", 2),
    { ...text("employees", "employees", "NumberOfEmployees"), type: "number" },
    text("office_location", "country", "BillingCountry"),
    { name: "subsidiary_of", type: "account", winston: "parent", salesforce: "ParentId", read: "Parent.Name" },
  ],
};

export const DEALS: Kind = {
  name: "deals",
  file: "maven-crm/sales_pipeline.csv",
  one: "deal",
  object: "Opportunity",
  key: "opportunity_id",
  columns: [
    { ...text("opportunity_id", "name", "Name"), fixed: true },
    owner("sales_agent"),
    words("product", "Product"),
    { name: "account", type: "account", winston: "account", salesforce: "AccountId", read: "Account.Name" },
    { ...text("deal_stage", "stage", "StageName"), required: true },
    custom("engage_date", "Engage_Date", "date", { type: "Date" }),
    { ...text("close_date", "closeDate", "CloseDate"), type: "date", required: true, filler: "2099-12-31" },
    { ...text("close_value", "amount", "Amount"), type: "money" },
  ],
};

/** Parents before children. */
export const KINDS: readonly Kind[] = [LEADS, ACCOUNTS, DEALS];

export const columnOf = (kind: Kind, name: string): Column => kind.columns.find((column) => column.name === name)!;
