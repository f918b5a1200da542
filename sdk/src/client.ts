// The client: one resource per part of Winston's HTTP API, one method per thing that it does.
import { Calls } from "./calls.ts";
import {
  ParkedResource,
  ConflictResource,
  DuplicateResource,
  PlanResource,
  BrakeResource,
  FrozenResource,
  QuarantineResource,
} from "./decide.ts";
import { RecordResource } from "./records.ts";
import {
  ConnectionResource,
  StreamResource,
  ConfigResource,
  FieldResource,
  SchemaResource,
  KeyResource,
} from "./setup.ts";
import { RunResource, ComparisonResource, AlertResource, AlertChannelResource } from "./watch.ts";
import type { Lead, Contact, Account, Deal, DealContact, Campaign, Activity, User, Schemas } from "./schemas.ts";
import { Transport } from "./transport.ts";
import type { ClientOptions } from "./transport.ts";

/**
 * Winston's API. Every method takes, last, `{ signal, timeoutMs, maxRetries, idempotencyKey }`.
 *
 * @example
 * const client = new Client({ token: process.env.WINSTON_TOKEN });
 * const result = await client.leads.bulkCreate(await crm.getLeads());
 * for (const { index, errors } of result.failed) console.error(index, errors);
 */
export class Client {
  readonly leads: RecordResource<Lead, Schemas["LeadInput"]>;
  readonly contacts: RecordResource<Contact, Schemas["ContactInput"]>;
  readonly accounts: RecordResource<Account, Schemas["AccountInput"]>;
  readonly deals: RecordResource<Deal, Schemas["DealInput"]>;
  /** Who is concerned with a deal, and in what role. */
  readonly dealContacts: RecordResource<DealContact, Schemas["DealContactInput"]>;
  readonly campaigns: RecordResource<Campaign, Schemas["CampaignInput"]>;
  readonly activities: RecordResource<Activity, Schemas["ActivityInput"]>;
  readonly users: RecordResource<User, Schemas["UserInput"]>;
  readonly connections: ConnectionResource;
  readonly streams: StreamResource;
  /** Connections, streams, mappings and rules as one YAML document. */
  readonly config: ConfigResource;
  readonly runs: RunResource;
  readonly comparisons: ComparisonResource;
  readonly parked: ParkedResource;
  readonly conflicts: ConflictResource;
  readonly duplicates: DuplicateResource;
  /** What a sync would write, shown before it is written. */
  readonly plans: PlanResource;
  /** Mass deletions and blankings that were stopped until a person decides. */
  readonly brakes: BrakeResource;
  /** Fields that two writers set to and fro. */
  readonly frozen: FrozenResource;
  readonly alerts: AlertResource;
  readonly alertChannels: AlertChannelResource;
  /** Connections that are only read, because the database was restored. */
  readonly quarantines: QuarantineResource;
  readonly fields: FieldResource;
  readonly schema: SchemaResource;
  readonly keys: KeyResource;
  readonly baseUrl: string;

  constructor(options: ClientOptions = {}) {
    const transport = new Transport(options);
    const calls = new Calls();
    const records = <Out, In extends object>(name: string, ...ids: string[]): RecordResource<Out, In> =>
      new RecordResource<Out, In>(transport, name, { ids, calls });
    const person = ["leadid", "contactid", "personid"];
    this.baseUrl = transport.baseUrl;
    this.leads = records("leads", ...person);
    this.contacts = records("contacts", ...person);
    this.accounts = records("accounts", "accountid");
    this.deals = records("deals", "dealid");
    this.dealContacts = records("deal-contacts", "dealcontactid");
    this.campaigns = records("campaigns", "campaignid");
    this.activities = records("activities", "activityid");
    this.users = records("users", "userid");
    this.connections = new ConnectionResource(transport);
    this.streams = new StreamResource(transport);
    this.config = new ConfigResource(transport);
    this.runs = new RunResource(transport);
    this.comparisons = new ComparisonResource(transport);
    this.parked = new ParkedResource(transport);
    this.conflicts = new ConflictResource(transport);
    this.duplicates = new DuplicateResource(transport);
    this.plans = new PlanResource(transport);
    this.brakes = new BrakeResource(transport);
    this.frozen = new FrozenResource(transport);
    this.alerts = new AlertResource(transport);
    this.alertChannels = new AlertChannelResource(transport);
    this.quarantines = new QuarantineResource(transport);
    this.fields = new FieldResource(transport);
    this.schema = new SchemaResource(transport);
    this.keys = new KeyResource(transport);
  }
}
