// Stages: a deal's stage belongs to its pipeline, a lifecycle stage only moves forward.
import { pipelinesOf, type Portal } from "./portal.ts";
import type { Rec } from "./records.ts";
import type { BadValue } from "./refusal.ts";

export const LIFECYCLE_PROPERTY = "lifecyclestage";

/** A stage is valid only with its pipeline; a new deal without one goes into the default pipeline. Adds that to `values`. */
export function acceptedPipeline(portal: Portal, rec: Rec | undefined, values: Map<string, string>): BadValue[] {
  const pipelines = pipelinesOf(portal, "deals");
  const first = pipelines.find((one) => one.id === "default") ?? pipelines[0];
  if (!rec && !values.get("pipeline") && first) values.set("pipeline", first.id);
  if (!values.has("pipeline") && !values.has("dealstage")) return [];
  const pipelineId = values.get("pipeline") ?? rec?.properties["pipeline"] ?? "";
  const pipeline = pipelines.find((one) => one.id === pipelineId);
  if (!pipeline) {
    const allowed = pipelines.map((one) => one.id).join(", ");
    const message = `${pipelineId} was not one of the allowed options: [${allowed}]`;
    return [{ name: "pipeline", error: "INVALID_OPTION", message }];
  }
  const stage = values.get("dealstage") ?? rec?.properties["dealstage"];
  if (!stage || pipeline.stages.some((one) => one.id === stage)) return [];
  const allowed = pipeline.stages.map((one) => one.id).join(", ");
  const message = `${stage} was not one of the allowed options: [${allowed}]`;
  return [{ name: "dealstage", error: "INVALID_OPTION", message }];
}

/** Of two records that become one, the stage further on. */
export function pickLifecycle(portal: Portal, type: string, a: Rec, b: Rec): string | undefined {
  const order = portal.schema.live(type, LIFECYCLE_PROPERTY)?.options.map((one) => one.value) ?? [];
  const stages = [a, b].flatMap((one) => one.properties[LIFECYCLE_PROPERTY] ?? []);
  return stages.toSorted((one, other) => order.indexOf(other) - order.indexOf(one))[0];
}
