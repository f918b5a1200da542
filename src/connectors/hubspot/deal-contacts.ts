// Deal contacts: each association of a deal with a contact is a record, known by the two ids, and its label is the contact's role. HubSpot
// gives them no id, no stamp and no word of their removal; but what is associated with a deal is always told whole.
import type { Api } from "../../connector/api.ts";
import type {
  CreateRow,
  Page,
  PullRequest,
  RowOutcome,
  UpdateRow,
  VendorField,
  VendorRecord,
} from "../../connector/contract.ts";
import type { JsonObject } from "../../base/json.ts";
import { isError, type VendorWords } from "../../base/errors.ts";
import { associate, readAssociations, UNLABELED, type Association, type AssociationType } from "./associations.ts";
import { expectedList } from "./errors.ts";
import { pull } from "./records.ts";
import { pathsOf, settingsOf } from "./settings.ts";
import { FACTS } from "./stream.ts";
import { inParts } from "./writes.ts";

/** Rows of one call. Associations are read and made by the thousand; removals are sent a hundred at a time. */
export const TIES_MAX = 1_000;
/** Most deals of one page of a list or a search. */
const PAGE_MAX = 200;

const [DEAL, CONTACT, LABEL] = ["dealId", "contactId", "label"] as const;

/** Contacts of the deals that were listed (first load) or changed. Lists show few deals at a time: their associations are read for many at once. */
export async function* pullDealContacts(api: Api, request: PullRequest): AsyncGenerator<Page> {
  let living: string[] = [];
  let moved = new Map<string, string>();
  // Of the deals nothing but their ids is asked for: what may kill is what is associated with them.
  const { few, ...asked } = request;
  const associations = async (deals: readonly string[]) => [
    ...(await readAssociations(api, "deals", "contacts", deals, request.signal)),
  ];
  for await (const page of pull(api, FACTS.deal, { ...asked, fields: [] })) {
    for (const { id, mergedInto } of page.records)
      if (mergedInto === undefined) living.push(id);
      else moved.set(id, mergedInto);
    if (page.cursor !== null && living.length <= TIES_MAX - PAGE_MAX) continue;
    const found = new Map(await (few ? few(living, associations) : associations(living)));
    const records = [...found].flatMap(([deal, ties]) => ties.map((tie) => toRecord(deal, tie)));
    // What a merge swallowed has nothing any more: its contacts are with the survivor.
    yield { ...page, records, whole: [...found.keys(), ...moved.keys()], moved };
    [living, moved] = [[], new Map()];
  }
}

/** In the order of the ids; null for a pair that is not associated (any more). */
export async function readDealContacts(
  api: Api,
  request: { readonly ids: readonly string[]; readonly signal: AbortSignal },
): Promise<readonly (VendorRecord | null)[]> {
  const pairs = request.ids.map(pairOf);
  const known = await present(api, pairs, request.signal);
  return pairs.map((pair) => {
    const tie = known(pair);
    return tie ? toRecord(pair.deal, tie) : null;
  });
}

/** The associations between the same two that creates were sent for: nothing else could say whether one was made. */
export async function findDealContacts(
  api: Api,
  request: {
    readonly handles: readonly string[];
    readonly sent?: readonly CreateRow["values"][];
    readonly signal: AbortSignal;
  },
): Promise<readonly VendorRecord[]> {
  const pairs = (request.sent ?? []).map(pairIn);
  const known = await present(api, pairs, request.signal);
  return pairs.flatMap((pair, index) => {
    const tie = known(pair);
    return tie ? [{ ...toRecord(pair.deal, tie), handle: request.handles[index]! }] : [];
  });
}

/**
 * Associates. A pair that is associated already is not touched: it is another record, or one that nobody here knew. A role without a label of
 * its name is no reason to leave the contact out: it is associated without it.
 */
export async function createDealContacts(
  api: Api,
  rows: readonly CreateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const pairs = rows.map(({ values }) => pairIn(values));
  const known = await present(api, pairs, signal);
  const labels = await labelsOf(api);
  const taken = new Set<string>();
  const outcomes = pairs.map((pair): RowOutcome | undefined => {
    if (pair.deal === "" || pair.contact === "")
      return refused(
        "MISSING_END",
        "An association needs a deal and a contact.",
        "Give it both here, or remove it here.",
        [pair.deal === "" ? DEAL : CONTACT],
      );
    if (known(pair) === undefined && !taken.has(idOf(pair))) return void taken.add(idOf(pair));
    return { ...twice(), existingIds: [idOf(pair)] };
  });
  const due = rows.flatMap((row, index) => (outcomes[index] ? [] : [{ index, label: labelIn(row.values) }]));
  const sent = await associate(
    api,
    "deals",
    "contacts",
    due.map(({ index, label }) => {
      const { deal, contact } = pairs[index]!;
      return { id: deal, to: contact, types: [(label !== null && labels.get(label)) || UNLABELED.dealToContact] };
    }),
    signal,
  );
  due.forEach(({ index, label }, nth) => {
    const outcome = sent[nth]!;
    const lacks = label !== null && !labels.has(label);
    outcomes[index] =
      outcome.state !== "done"
        ? named(outcome)
        : {
            state: "done",
            id: idOf(pairs[index]!),
            created: true,
            ...(lacks ? { unwritten: [unlabelled(label, [...labels.keys()]).vendor] } : {}),
          };
  });
  return outcomes as RowOutcome[];
}

/** Puts one label in the place of another. Where people gave a pair several, none is taken away: they decide which is the role. */
export async function updateDealContacts(
  api: Api,
  rows: readonly UpdateRow[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  const pairs = rows.map(({ id }) => pairOf(id));
  const known = await present(api, pairs, signal);
  const labels = await labelsOf(api);
  const [adding, removing]: { index: number; type: AssociationType }[][] = [[], []];
  const outcomes = rows.map(({ id, values }, index): RowOutcome => {
    const tie = known(pairs[index]!);
    if (!tie)
      return {
        ...refused(
          "NOT_ASSOCIATED",
          "The deal and the contact are not associated any more.",
          "Associate them in HubSpot again, or remove the contact from the deal here.",
        ),
        kind: "gone",
      };
    const done: RowOutcome = { state: "done", id, created: false };
    const label = labelIn(values);
    const there = labelled(tie);
    if (values[LABEL] === undefined || label === (there[0]?.label ?? null)) return done;
    if (there.length > 1) return several(there);
    const type = label === null ? undefined : labels.get(label);
    if (label !== null && !type) return unlabelled(label, [...labels.keys()]);
    if (type) adding!.push({ index, type });
    if (there[0]) removing!.push({ index, type: there[0] });
    return done;
  });
  const inputs = adding!.map(({ index, type }) => ({
    id: pairs[index]!.deal,
    to: pairs[index]!.contact,
    types: [type],
  }));
  const added = await associate(api, "deals", "contacts", inputs, signal);
  adding!.forEach(({ index }, nth) => {
    if (added[nth]!.state !== "done") outcomes[index] = named(added[nth]!);
  });
  const due = removing!.filter(({ index }) => outcomes[index]!.state === "done");
  const removed = await inParts(due, async (part) => {
    const body = part.map(({ index, type }): JsonObject => ({
      types: [specOf(type)],
      from: { id: pairs[index]!.deal },
      to: { id: pairs[index]!.contact },
    }));
    await api.post(paths(api, "/batch/labels/archive"), { inputs: body }, { repeatable: true, signal });
    return part.map(({ index }): RowOutcome => ({ state: "done", id: rows[index]!.id, created: false }));
  }).catch((error: unknown) => {
    // The new labels are there: which of the old ones still are is for a reading to tell.
    if (!isError(error)) throw error;
    return due.map((): RowOutcome => ({ state: "unknown", why: error.message }));
  });
  due.forEach(({ index }, nth) => (outcomes[index] = removed[nth]!));
  return outcomes;
}

/** Removes associations with all their labels. One that is not there is no error to HubSpot. */
export function removeDealContacts(
  api: Api,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly RowOutcome[]> {
  return inParts(ids, async (part) => {
    const inputs = part.map((id): JsonObject => {
      const { deal, contact } = pairOf(id);
      return { from: { id: deal }, to: [{ id: contact }] };
    });
    await api.post(paths(api, "/batch/archive"), { inputs }, { repeatable: true, signal });
    return part.map((id): RowOutcome => ({ state: "done", id, created: false }));
  });
}

/** Labels are the options of a role: an administrator makes them, and adds to them at any time. */
export async function describeDealContacts(api: Api): Promise<readonly VendorField[]> {
  const made = { custom: false, unique: false, createable: true };
  const end = (name: string, label: string, stream: string): VendorField => ({
    ...made,
    name,
    label,
    type: "reference",
    required: true,
    updateable: false,
    targets: [stream],
  });
  const labels = [...(await labelsOf(api)).keys()];
  return [
    end(DEAL, "Deal", "deal"),
    end(CONTACT, "Contact", "contact"),
    {
      ...made,
      name: LABEL,
      label: "Association label",
      type: "picklist",
      required: false,
      updateable: true,
      options: labels.map((label) => ({ value: label, label, active: true })),
      restricted: true,
    },
  ];
}

interface Pair {
  readonly deal: string;
  readonly contact: string;
}

const idOf = ({ deal, contact }: Pair): string => `${deal}:${contact}`;

const pairOf = (id: string): Pair => {
  const [deal = "", contact = ""] = id.split(":");
  return { deal, contact };
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const pairIn = (values: CreateRow["values"]): Pair => ({ deal: text(values[DEAL]), contact: text(values[CONTACT]) });
const labelIn = (values: CreateRow["values"]): string | null => text(values[LABEL]) || null;

/** The labels people made, the oldest first: that one is the role. */
const labelled = (tie: Association): readonly (AssociationType & { readonly label: string })[] =>
  tie.types
    .filter((type): type is AssociationType & { label: string } => isLabel(type))
    .toSorted((a, b) => a.typeId - b.typeId);

const isLabel = ({ category, label }: AssociationType): boolean => category !== "HUBSPOT_DEFINED" && Boolean(label);

const toRecord = (deal: string, tie: Association): VendorRecord => ({
  id: idOf({ deal, contact: tie.to }),
  changedAt: null,
  version: null,
  fields: { [DEAL]: deal, [CONTACT]: tie.to, [LABEL]: labelled(tie)[0]?.label ?? null },
});

/** What is associated now, by pair. Throws before anything was sent. */
async function present(
  api: Api,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<(pair: Pair) => Association | undefined> {
  const deals = [...new Set(pairs.map(({ deal }) => deal))].filter((deal) => deal !== "");
  const found = await readAssociations(api, "deals", "contacts", deals, signal);
  return ({ deal, contact }) => found.get(deal)?.find((tie) => tie.to === contact);
}

const paths = (api: Api, rest: string): string => pathsOf(settingsOf(api)).associations("deals", "contacts", rest);

const specOf = ({ category, typeId }: AssociationType): JsonObject => ({
  associationCategory: category,
  associationTypeId: typeId,
});

/** The labels of the account by what people see. Asked once per `api`, which lives as long as a run. */
function labelsOf(api: Api): Promise<ReadonlyMap<string, AssociationType>> {
  const known = asked.get(api);
  if (known) return known;
  const answer = api.get<{ results: readonly AssociationType[] }>(paths(api, "/labels")).then(({ results }) => {
    expectedList(results, "a list of association labels");
    return new Map(results.filter(isLabel).map((type) => [type.label!, type]));
  });
  asked.set(api, answer);
  answer.catch(() => asked.delete(api));
  return answer;
}
const asked = new WeakMap<Api, Promise<ReadonlyMap<string, AssociationType>>>();

type Failed = Extract<RowOutcome, { state: "failed" }>;

const refused = (code: string, message: string, act: string, fields: readonly string[] = [LABEL]): Failed => ({
  state: "failed",
  kind: "record",
  vendor: { status: 400, code, message, fields, act } satisfies VendorWords,
});

const twice = (): Failed => ({
  ...refused(
    "ALREADY_ASSOCIATED",
    "The deal and the contact are associated already, and HubSpot keeps one association for a pair. A contact who has two roles in a deal elsewhere has one of them here.",
    "Remove the other role there, or leave it as it is.",
    [CONTACT],
  ),
  kind: "exists",
});

function several(there: readonly { readonly label: string }[]): Failed {
  const names = there.map(({ label }) => JSON.stringify(label)).join(" and ");
  return refused(
    "SEVERAL_LABELS",
    `In HubSpot this association has the labels ${names}, and Winston keeps one role.`,
    "Remove all but one of them in HubSpot, then `winston parked retry`.",
  );
}

function unlabelled(label: string, known: readonly string[]): Failed {
  const there = known.length > 0 ? ` (there are ${known.map((one) => JSON.stringify(one)).join(", ")})` : "";
  return refused(
    "NO_SUCH_LABEL",
    `HubSpot has no label ${JSON.stringify(label)} for a deal's contacts${there}.`,
    "Add the label in HubSpot (Settings › Objects › Deals › Associations, deal to contact), or map this role to one that is there; then `winston parked retry`.",
  );
}

/** A refusal concerns the contact, which is the end that may be missing. */
function named(outcome: RowOutcome): RowOutcome {
  if (outcome.state !== "failed") return outcome;
  const kind = outcome.kind === "gone" ? "record" : outcome.kind;
  return { ...outcome, kind, vendor: { ...outcome.vendor, fields: [CONTACT] } };
}
