// A new org: what every org has before the first lead.
import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { Dials } from "./dials.ts";
import { newLog } from "./log.ts";
import { LEAD_STATUSES, STAGES, STANDARD_OBJECTS } from "./objects.ts";
import { wholeSecond, type Org } from "./org.ts";
import { Tables } from "./rows.ts";
import { Schema, type Value } from "./schema.ts";

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}

/** An org without settings or users; `furnish` or a state file fills it. */
export function newOrg(options: { clock: Clock; random: Random; credentials: Credentials }): Org {
  const { clock, random, credentials } = options;
  return {
    clock,
    random,
    dials: new Dials(random),
    log: newLog(),
    schema: new Schema(STANDARD_OBJECTS, clock.now()),
    tables: new Tables(),
    orgId: "",
    runningUser: "",
    url: "",
    client: { id: credentials.clientId, secret: credentials.clientSecret },
    refreshTokens: new Map(),
    sessions: new Map(),
    locators: new Map(),
    jobs: new Map(),
    locks: new Map(),
    unshared: new Set(),
    conversionMap: new Map(),
    usage: new Map(),
    grants: undefined,
  };
}

/** Puts in the organisation, its set-up, and the integration user that API requests run as. */
export function furnish(org: Org, name: string, refreshToken: string): void {
  const at = wholeSecond(org.clock.now() - 18 * 30 * 86_400_000);
  const put = (object: string, values: Record<string, Value>, id?: string): string => {
    const definition = org.schema.object(object)!;
    const Id = id ?? org.tables.newId(definition.keyPrefix);
    org.tables.put(object, {
      ...values,
      Id,
      IsDeleted: false,
      CreatedDate: at,
      LastModifiedDate: at,
      SystemModstamp: at,
      ...(org.runningUser === "" ? {} : { CreatedById: org.runningUser, LastModifiedById: org.runningUser }),
    });
    return Id;
  };
  org.orgId = org.tables.newId("00D");
  const profile = put("Profile", { Name: "System Administrator", UserType: "Standard" });
  org.runningUser = put("User", {
    Username: "integration@larkfield.example",
    FirstName: "Integration",
    LastName: "User",
    Name: "Integration User",
    Email: "integration@larkfield.example",
    Alias: "integ",
    IsActive: true,
    ProfileId: profile,
    UserType: "Standard",
    TimeZoneSidKey: "GMT",
    LocaleSidKey: "en_US",
    LanguageLocaleKey: "en_US",
    EmailEncodingKey: "UTF-8",
  });
  put(
    "Organization",
    {
      Name: name,
      OrganizationType: "Enterprise Edition",
      IsSandbox: true,
      InstanceName: "SIM1",
      Country: "US",
      TimeZoneSidKey: "GMT",
      DefaultLocaleSidKey: "en_US",
      LanguageLocaleKey: "en_US",
    },
    org.orgId,
  );
  const permissions = put("PermissionSet", {
    Name: "X00ex00000018ozT",
    Label: "00ex00000018ozT",
    IsOwnedByProfile: true,
    ProfileId: profile,
  });
  put("PermissionSetAssignment", { PermissionSetId: permissions, AssigneeId: org.runningUser });
  put("Group", { Name: "Unassigned Leads", DeveloperName: "Unassigned_Leads", Type: "Queue" });
  put("Group", { Name: "Sales Team", DeveloperName: "Sales_Team", Type: "Regular" });
  for (const [index, status] of LEAD_STATUSES.entries())
    put("LeadStatus", {
      MasterLabel: status.label,
      ApiName: status.label,
      SortOrder: index + 1,
      IsDefault: index === 0,
      IsConverted: status.converted,
    });
  for (const [index, [stage, probability, category, label]] of STAGES.entries())
    put("OpportunityStage", {
      MasterLabel: stage,
      ApiName: stage,
      IsActive: true,
      SortOrder: index + 1,
      IsClosed: category === "Closed" || category === "Omitted",
      IsWon: category === "Closed",
      ForecastCategory: category,
      ForecastCategoryName: label,
      DefaultProbability: probability,
    });
  org.refreshTokens.set(refreshToken, org.runningUser);
}
