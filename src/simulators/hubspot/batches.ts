// Up to 100 records at once. A bad input fails the whole batch, unless every input has an objectWriteTraceId of its own:
// then the good ones are written and the answer is 207. Ids that are not there never fail the rest.
import { empty, said, type VendorResponse } from "../shared/exchange.ts";
import { batchAnswer, inputsOf, parseObject, propertiesOf } from "./body.ts";
import type { ObjectType } from "./object-types.ts";
import { type Call, type Portal } from "./portal.ts";
import type { Rec } from "./records.ts";
import { Refusal, batchError, invalid, notAllowed, notFound } from "./refusal.ts";
import { view } from "./values.ts";
import { archive, findBy, findRecord, planCreate, planUpdate, type Claims, type Given, type Plan } from "./writes.ts";

export const BATCH_MAX = 100;

type Input = Readonly<Record<string, unknown>>;

/** …/batch/read, create, update, upsert, archive. */
export function batch(call: Call, type: ObjectType, what: string): VendorResponse {
  if (call.request.method !== "POST") throw notAllowed(call.request.method);
  switch (what) {
    case "read":
      return read(call, type);
    case "create":
      return write(call, type, 201, (input, claims) => ({
        plan: planCreate(
          call.portal,
          type.name,
          { properties: propertiesOf(input), associations: input["associations"] },
          call.actor,
          claims,
        ),
      }));
    case "update":
      return write(call, type, 200, (input, claims) => updateOne(call, type, input, claims));
    case "upsert":
      return write(call, type, 200, (input, claims) => upsertOne(call, type, input, claims));
    case "archive": {
      let rows = 0;
      for (const input of inputsOf(call.request.body, BATCH_MAX)) {
        const rec = findRecord(call.portal, type.name, said(input["id"]));
        if (!rec) continue;
        archive(call.portal, type.name, rec, call.actor);
        rows += 1;
      }
      return empty(204, { rows, mutating: true });
    }
    default:
      throw notFound();
  }
}

const missing = (type: ObjectType): Refusal =>
  notFound(
    `Could not get some ${type.singular.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`,
  );

function read(call: Call, type: ObjectType): VendorResponse {
  const { portal, request } = call;
  const inputs = inputsOf(request.body, BATCH_MAX);
  const { properties, propertiesWithHistory, idProperty } = parseObject(request.body);
  const archived = request.query.get("archived") === "true";
  const found = new Map<string, Rec>();
  const lost: string[] = [];
  for (const { id: given } of inputs) {
    if (given === undefined || given === null) throw invalid("Some required fields were not set: [inputs.id]");
    const id = said(given);
    const rec =
      idProperty === undefined || idProperty === null
        ? findRecord(portal, type.name, id, archived)
        : findBy(portal, type.name, said(idProperty), id);
    if (rec) found.set(rec.id, rec); // Asked twice, answered once.
    else lost.push(id);
  }
  const asked = { properties: texts(properties), history: texts(propertiesWithHistory) };
  const results = [...found.values()].map((rec) => view(portal, type.name, rec, asked));
  const errors = lost.length > 0 ? [batchError(missing(type), { ids: lost })] : [];
  return batchAnswer(portal, 200, results, errors, { rows: results.length, mutating: false });
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

interface Judged {
  readonly plan: Plan;
  /** Only upserts say whether a record is new. */
  readonly isNew?: boolean;
}

function write(
  call: Call,
  type: ObjectType,
  status: number,
  judge: (input: Input, claims: Claims) => Judged,
): VendorResponse {
  const inputs = inputsOf(call.request.body, BATCH_MAX);
  if (status === 200) noDuplicates(inputs);
  const traces = inputs.map((one) => one["objectWriteTraceId"]);
  const traced = traces.every((one) => typeof one === "string" && one !== "") && new Set(traces).size === traces.length;
  const claims: Claims = new Set();
  const good: { judged: Judged; trace: unknown }[] = [];
  const errors: object[] = [];
  const lost: string[] = [];
  for (const input of inputs) {
    const trace = input["objectWriteTraceId"];
    try {
      good.push({ judged: judge(input, claims), trace });
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const gone = thrown.category === "OBJECT_NOT_FOUND";
      if (!traced && !gone) throw thrown;
      if (traced)
        errors.push(
          batchError(thrown, {
            objectWriteTraceId: [said(trace)],
            ...(gone ? { ids: [said(input["id"])] } : {}),
          }),
        );
      else lost.push(said(input["id"]));
    }
  }
  if (lost.length > 0) errors.push(batchError(missing(type), { ids: lost }));
  const results = good.map(({ judged: { plan, isNew }, trace }) => ({
    ...view(call.portal, type.name, plan.commit(), { properties: plan.names }),
    ...(trace === undefined ? {} : { objectWriteTraceId: trace }),
    ...(isNew === undefined ? {} : { new: isNew }),
  }));
  return batchAnswer(call.portal, status, results, errors, { rows: results.length, mutating: true });
}

/** The same record twice refuses the whole batch, traced or not. */
function noDuplicates(inputs: readonly Input[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { id, idProperty } of inputs) {
    const key = `${said(idProperty)} ${said(id)}`;
    if (seen.has(key)) twice.add(said(id));
    seen.add(key);
  }
  if (twice.size > 0) {
    const ids = [...twice];
    throw invalid(`Duplicate IDs found in batch input: [${ids.join(", ")}]. IDs must be unique`, { context: { ids } });
  }
}

function updateOne(call: Call, type: ObjectType, input: Input, claims: Claims): Judged {
  const { id, idProperty } = input;
  if (id === undefined || id === null) throw invalid("Some required fields were not set: [inputs.id]");
  const rec =
    idProperty === undefined || idProperty === null
      ? findRecord(call.portal, type.name, said(id))
      : findBy(call.portal, type.name, said(idProperty), said(id));
  if (!rec) throw missing(type);
  return { plan: planUpdate(call.portal, type.name, rec, propertiesOf(input), call.actor, claims) };
}

function upsertOne(call: Call, type: ObjectType, input: Input, claims: Claims): Judged {
  const { portal, actor } = call;
  const { id, idProperty } = input;
  if (id === undefined || id === null || typeof idProperty !== "string")
    throw invalid("Some required fields were not set: [inputs.id, inputs.idProperty]");
  const given = propertiesOf(input);
  const rec = findBy(portal, type.name, idProperty, said(id));
  if (rec) {
    const emptied = idProperty === "email" && portal.dials.settings.emailUpsertLosesRest ? rest(portal, type, rec) : {};
    const plan = planUpdate(portal, type.name, rec, { ...emptied, ...given }, actor, claims);
    return { plan: { names: Object.keys(given), commit: () => plan.commit() }, isNew: false };
  }
  const properties = { [idProperty]: said(id), ...given };
  return { plan: planCreate(portal, type.name, { properties }, actor, claims), isNew: true };
}

/** Everything writable of a record, emptied; the lifecycle stage and the address stay. */
function rest(portal: Portal, type: ObjectType, rec: Rec): Given {
  const names = Object.keys(rec.properties).filter((name) => {
    const property = portal.schema.live(type.name, name);
    return property && !property.readOnlyValue && name !== "email" && name !== "lifecyclestage";
  });
  return Object.fromEntries(names.map((name) => [name, ""]));
}
