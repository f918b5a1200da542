// Pipelines and their stages. Metadata is text: isClosed "false", probability "0.2".
import { empty, json, said, type VendorResponse } from "../shared/exchange.ts";
import { parseObject } from "./body.ts";
import {
  newNumber,
  pipelinesOf,
  typeOr404,
  vendorTime,
  type Call,
  type Pipeline,
  type Portal,
  type Stage,
} from "./portal.ts";
import { invalid, notAllowed, notFound } from "./refusal.ts";

type Body = Readonly<Record<string, unknown>>;

/** /crm/v3/pipelines/{object}/… and the dated form; `call.path` starts with the object. */
export function pipelines(call: Call): VendorResponse {
  const { portal, request, path } = call;
  const type = typeOr404(path[0]).name;
  const [, pipelineId, word, stageId] = path;
  const body = (): Body => parseObject(request.body);
  if (pipelineId === undefined) {
    if (request.method === "GET") return json(200, { results: pipelinesOf(portal, type).map(pipelineView) });
    if (request.method !== "POST") throw notAllowed(request.method);
    return json(201, pipelineView(addPipeline(portal, type, body())), { mutating: true });
  }
  const pipeline = portal.pipelines.get(type)?.get(pipelineId);
  if (!pipeline) throw notFound(`Pipeline ${pipelineId} does not exist`);
  if (word === undefined) return onePipeline(call, type, pipeline, body);
  if (word !== "stages" || path.length > 4) throw notFound();
  const save = (stages: readonly Stage[]): void => put(portal, type, { ...pipeline, stages });
  if (stageId === undefined) {
    if (request.method === "GET") return json(200, { results: inOrder(pipeline).map(stageView) });
    if (request.method !== "POST") throw notAllowed(request.method);
    const stage = makeStage(portal, type, body());
    save([...pipeline.stages, stage]);
    return json(201, stageView(stage), { mutating: true });
  }
  const stage = pipeline.stages.find((one) => one.id === stageId);
  if (!stage) throw notFound(`Stage ${stageId} does not exist in pipeline ${pipelineId}`);
  const others = pipeline.stages.filter((one) => one !== stage);
  switch (request.method) {
    case "GET":
      return json(200, stageView(stage));
    case "PATCH":
    case "PUT": {
      const given = body();
      const next =
        request.method === "PUT"
          ? { ...makeStage(portal, type, given), id: stage.id }
          : patchStage(portal, stage, given);
      save([...others, { ...next, createdAt: stage.createdAt }]);
      return json(200, stageView(next), { mutating: true });
    }
    case "DELETE":
      if (request.query.get("validateReferencesBeforeDelete") === "true") unused(portal, type, "dealstage", [stageId]);
      save(others);
      return empty(204, { mutating: true });
    default:
      throw notAllowed(request.method);
  }
}

function onePipeline(call: Call, type: string, pipeline: Pipeline, body: () => Body): VendorResponse {
  const { portal, request } = call;
  switch (request.method) {
    case "GET":
      return json(200, pipelineView(pipeline));
    case "PATCH":
    case "PUT": {
      const given = body();
      const stages = request.method === "PUT" ? stagesOf(portal, type, given) : pipeline.stages;
      const next = {
        ...pipeline,
        stages,
        label: typeof given["label"] === "string" ? given["label"] : pipeline.label,
        displayOrder: typeof given["displayOrder"] === "number" ? given["displayOrder"] : pipeline.displayOrder,
        updatedAt: portal.clock.now(),
      };
      put(portal, type, next);
      return json(200, pipelineView(next), { mutating: true });
    }
    case "DELETE":
      if (request.query.get("validateReferencesBeforeDelete") === "true")
        unused(portal, type, "pipeline", [pipeline.id]);
      portal.pipelines.get(type)!.delete(pipeline.id);
      return empty(204, { mutating: true });
    default:
      throw notAllowed(request.method);
  }
}

/** Makes a pipeline with its stages; ids are given when it is the vendor's default. */
export function addPipeline(portal: Portal, type: string, body: Body): Pipeline {
  if (typeof body["label"] !== "string") throw invalid("Some required fields were not set: [label]");
  const now = portal.clock.now();
  const pipeline: Pipeline = {
    id: newNumber(portal),
    label: body["label"],
    displayOrder: typeof body["displayOrder"] === "number" ? body["displayOrder"] : 0,
    stages: stagesOf(portal, type, body),
    createdAt: now,
    updatedAt: now,
  };
  if (pipelinesOf(portal, type).some((one) => one.label === pipeline.label))
    throw invalid(`A pipeline with the label ${pipeline.label} already exists`);
  put(portal, type, pipeline);
  return pipeline;
}

function put(portal: Portal, type: string, pipeline: Pipeline): void {
  const all = portal.pipelines.get(type) ?? new Map<string, Pipeline>();
  portal.pipelines.set(type, all);
  all.set(pipeline.id, pipeline);
}

const stagesOf = (portal: Portal, type: string, body: Body): Stage[] =>
  (Array.isArray(body["stages"]) ? (body["stages"] as Body[]) : []).map((one) => makeStage(portal, type, one));

function makeStage(portal: Portal, type: string, body: Body): Stage {
  if (typeof body["label"] !== "string") throw invalid("Some required fields were not set: [label]");
  const now = portal.clock.now();
  return {
    id: newNumber(portal),
    label: body["label"],
    displayOrder: typeof body["displayOrder"] === "number" ? body["displayOrder"] : 0,
    metadata: metadataOf(type, body["metadata"]),
    createdAt: now,
    updatedAt: now,
  };
}

function patchStage(portal: Portal, stage: Stage, body: Body): Stage {
  return {
    ...stage,
    label: typeof body["label"] === "string" ? body["label"] : stage.label,
    displayOrder: typeof body["displayOrder"] === "number" ? body["displayOrder"] : stage.displayOrder,
    metadata: body["metadata"] === undefined ? stage.metadata : metadataOf("deals", body["metadata"]),
    updatedAt: portal.clock.now(),
  };
}

/** A deal stage needs a probability from 0.0 (lost) to 1.0 (won); both of these are closed. */
function metadataOf(type: string, given: unknown): Record<string, string> {
  const metadata = Object.fromEntries(
    Object.entries((given ?? {}) as Body).map(([name, value]) => [name, said(value)]),
  );
  if (type !== "deals") return metadata;
  const probability = Number(metadata["probability"]);
  if (metadata["probability"] === undefined || !(probability >= 0 && probability <= 1))
    throw invalid("A deal stage needs metadata.probability between 0.0 and 1.0");
  return { isClosed: String(probability === 0 || probability === 1), ...metadata };
}

function unused(portal: Portal, type: string, property: string, values: readonly string[]): void {
  const using = values.flatMap((value) => portal.records.table(type).find(property, value));
  const live = using.filter((id) => portal.records.get(type, id)?.archivedAt === undefined);
  if (live.length > 0) throw invalid(`${live.length} ${type} still use ${property} ${values.join(", ")}`);
}

const inOrder = (pipeline: Pipeline): Stage[] => pipeline.stages.toSorted((a, b) => a.displayOrder - b.displayOrder);

const pipelineView = (pipeline: Pipeline): object => ({
  id: pipeline.id,
  label: pipeline.label,
  displayOrder: pipeline.displayOrder,
  stages: inOrder(pipeline).map(stageView),
  createdAt: vendorTime(pipeline.createdAt),
  updatedAt: vendorTime(pipeline.updatedAt),
  archived: false,
});

const stageView = (stage: Stage): object => ({
  id: stage.id,
  label: stage.label,
  displayOrder: stage.displayOrder,
  metadata: stage.metadata,
  createdAt: vendorTime(stage.createdAt),
  updatedAt: vendorTime(stage.updatedAt),
  archived: false,
  writePermissions: "CRM_PERMISSIONS_ENFORCEMENT",
});
