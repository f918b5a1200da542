// What a record that is not as it is known here means. Pure: what was read of it just now and what is known of it come in, and a verdict
// with its cause goes out. An edit that the next ordinary reading will show is none; whether it is one, the vendor's own clock says.
import type { Json } from "../base/json.ts";
import type { VendorRecord } from "../connector/contract.ts";
import type { LinkState } from "../store/link.ts";
import type { Cause } from "./causes.ts";

/** A field whose sides are not the same. */
export interface Apart {
  readonly field: string;
  readonly there: Json;
  readonly here: Json;
}

export interface Seen {
  /** As the vendor shows it when asked for it by its id; null where it shows none. */
  readonly record: VendorRecord | null;
  /** What is known of it here; null where nothing is. */
  readonly known: {
    readonly state: LinkState;
    /** The vendor's stamp as it was last seen. */
    readonly changedAt: number | null;
    /** A write of it is under way, or its outcome unknown. */
    readonly underWay: boolean;
    /** Winston wrote it a short while ago. */
    readonly wrote: boolean;
    /** Fields that the record has otherwise than both sides last agreed on. */
    readonly moved: readonly Apart[];
    /** Fields that Winston would send if somebody asked for it, though nobody does; `null`: the record would be deleted there. */
    readonly forgotten: readonly Apart[] | null;
  } | null;
  /** It is set aside for a reason that is told already, or waits for what it names. */
  readonly waits: boolean;
  /** Whether a complete listing lacked it before: at least one lag ago, or only a moment ago. */
  readonly wasGone: "long" | "short" | null;
}

export interface JudgedAt {
  /** Up to here, by the vendor's time, every change was shown by ordinary reading; null where nothing was. */
  readonly watermark: number | null;
  /** It was looked at before, one lag ago, and was found so. */
  readonly again: boolean;
  /** Creates of its stream are under way: what nobody knows may be what one of them makes. */
  readonly creating: boolean;
}

export interface Verdict {
  readonly cause: Cause;
  readonly field: string | null;
  readonly message: string;
  readonly there: Json;
  readonly here: Json;
  /** What repairs it: reading it, asking a person about it, or nothing that a reading could do. */
  readonly repair: "read" | "ask" | null;
}

/** None: nothing is different. */
export function judge(seen: Seen, at: JudgedAt): Verdict[] {
  const { record, known } = seen;
  if (record === null) return known?.state === "active" ? [notThere(seen, at)] : [];
  const ended = record.deleted === true || record.mergedInto !== undefined || record.convertedTo !== undefined;
  if (ended) {
    if (known?.state !== "active") return [];
    if (known.underWay || comes(record, at)) return [moving("It ended there a moment ago.")];
    const how =
      record.mergedInto === undefined
        ? record.convertedTo
          ? "converted"
          : "deleted"
        : `merged into ${record.mergedInto}`;
    return [verdict("missed.end", { message: `It was ${how} there${when(record)}.`, repair: "read" })];
  }
  if (known === null) {
    if (seen.waits) return [];
    if (comes(record, at) || (at.creating && !at.again)) return [moving("It was made there a moment ago.")];
    const message = `It is only there${when(record)}: it was never read.`;
    return [verdict(record.changedAt === null ? "missed.silent" : "missed.read", { message, repair: "read" })];
  }
  if (known.state !== "active") {
    if (seen.waits) return [];
    if (known.underWay || known.wrote || comes(record, at)) return [moving("It came back there a moment ago.")];
    return [
      verdict("missed.read", { message: `It is there again${when(record)}, and was ${known.state}.`, repair: "read" }),
    ];
  }
  if (known.moved.length > 0) {
    const older = record.changedAt !== null && known.changedAt !== null && record.changedAt < known.changedAt;
    const written = known.wrote && record.changedAt === null;
    if (older || written || known.underWay || comes(record, at)) return [moving("It was edited a moment ago.")];
    const stamped = record.changedAt !== null && (known.changedAt === null || record.changedAt > known.changedAt);
    return known.moved.map((one) =>
      verdict(stamped ? "missed.read" : "missed.silent", {
        ...one,
        message: stamped
          ? `${one.field} was changed there${when(record)}, and was not read.`
          : `${one.field} is otherwise there, and its time of change did not move.`,
        repair: "read",
      }),
    );
  }
  if (known.underWay || seen.waits) return [];
  if (known.forgotten === null)
    return [
      verdict("write.forgotten", { message: "It was deleted here and lives there, and nobody owes its deletion." }),
    ];
  return known.forgotten.map((one) =>
    verdict("write.forgotten", { ...one, message: `${one.field} was changed here, and nobody owes it to the vendor.` }),
  );
}

/** Whether ordinary reading has yet to show what this record says: then it is no difference. Without a stamp only time can tell. */
function comes(record: VendorRecord, { watermark, again }: JudgedAt): boolean {
  if (record.changedAt === null) return !again;
  return watermark === null || record.changedAt >= watermark;
}

function notThere({ known, wasGone }: Seen, { again }: JudgedAt): Verdict {
  if (known!.underWay || (!again && wasGone === null))
    return moving("It is not there at this moment, and no deletion was told yet.");
  return verdict("gone", {
    message:
      wasGone === "long"
        ? "It is not there, and was not in an earlier listing; no deletion was told."
        : "It is not there, and no deletion was told. A person is asked when the next listing lacks it, too.",
    repair: wasGone === "long" ? "ask" : null,
  });
}

const verdict = (cause: Cause, said: { message: string } & Partial<Verdict>): Verdict => ({
  cause,
  field: said.field ?? null,
  message: said.message,
  there: said.there ?? null,
  here: said.here ?? null,
  repair: said.repair ?? null,
});

const moving = (message: string): Verdict => verdict("moving", { message });

const when = ({ changedAt }: VendorRecord): string =>
  changedAt === null ? "" : ` at ${new Date(changedAt).toISOString().slice(0, 19)}Z`;
