// Pipelines of deals: what a stage is called, how likely it is to be won, and to which pipeline it belongs.
import type { Api } from "../../connector/api.ts";
import type { VendorField } from "../../connector/contract.ts";
import { expectedList } from "./errors.ts";
import { pathsOf, settingsOf } from "./settings.ts";

export interface Stage {
  readonly id: string;
  readonly label: string;
  readonly pipeline: string;
  readonly pipelineLabel: string;
  /** In percent; null where the pipeline does not say. */
  readonly probability: number | null;
  readonly closed: boolean;
  readonly won: boolean;
}

interface RawPipeline {
  readonly id: string;
  readonly label: string;
  readonly displayOrder: number;
  readonly stages: readonly {
    readonly id: string;
    readonly label: string;
    readonly displayOrder: number;
    readonly metadata?: { readonly isClosed?: string; readonly probability?: string };
  }[];
}

/** All stages in the order of their pipelines. Asked once per `api`, which lives as long as a run. */
export function stagesOf(api: Api): Promise<ReadonlyMap<string, Stage>> {
  const known = asked.get(api);
  if (known) return known;
  const answer = read(api);
  asked.set(api, answer);
  answer.catch(() => asked.delete(api));
  return answer;
}
const asked = new WeakMap<Api, Promise<ReadonlyMap<string, Stage>>>();

async function read(api: Api): Promise<ReadonlyMap<string, Stage>> {
  const { results } = await api.get<{ results: readonly RawPipeline[] }>(pathsOf(settingsOf(api)).pipelines("deals"));
  expectedList(results, "a list of pipelines");
  const stages = new Map<string, Stage>();
  for (const pipeline of results.toSorted((a, b) => a.displayOrder - b.displayOrder))
    for (const stage of pipeline.stages.toSorted((a, b) => a.displayOrder - b.displayOrder)) {
      // Everything in the metadata is text.
      const share = Number(stage.metadata?.probability ?? Number.NaN);
      const probability = Number.isFinite(share) ? Math.round(share * 1e6) / 1e4 : null;
      const closed = stage.metadata?.isClosed === "true";
      stages.set(stage.id, {
        id: stage.id,
        label: stage.label,
        pipeline: pipeline.id,
        pipelineLabel: pipeline.label,
        probability,
        closed,
        won: closed && probability === 100,
      });
    }
  return stages;
}

/** Fields of a deal that its stage tells. */
export const STAGE_FIELDS: readonly (Pick<VendorField, "name" | "label" | "type"> & {
  readonly of: (stage: Stage) => unknown;
})[] = [
  { name: "stage.label", label: "Stage as people see it", type: "text", of: (stage) => stage.label },
  { name: "stage.pipeline", label: "Pipeline as people see it", type: "text", of: (stage) => stage.pipelineLabel },
  { name: "stage.probability", label: "Probability in percent", type: "number", of: (stage) => stage.probability },
  { name: "stage.closed", label: "Is closed", type: "boolean", of: (stage) => stage.closed },
  { name: "stage.won", label: "Is closed won", type: "boolean", of: (stage) => stage.won },
];
