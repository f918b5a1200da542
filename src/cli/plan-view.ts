// A plan as a person reads it: what would be made (+), changed (~), removed (-), asked (!) and left alone (o), old → new, and what it costs. Pure.
import type { Plan, PlanChange } from "../../sdk/src/index.ts";
import { styles, type Style } from "./styles.ts";
import { counted, duration, moment, nameFor } from "./words.ts";

const SIGNS: Readonly<Record<string, string>> = { create: "+", update: "~", delete: "-", merge: "-", match: "=" };
/** Before what a change leaves out. */
const LEFT = "o";
const VALUE_MAX = 60;

/** `+ 12 ~ 340 (611 fields) - 0` for each place that would be written, then what would change here, and what a person is asked. */
export function summaryLines(plan: Plan, style: Style = styles(false)): string[] {
  const lines: string[] = [];
  // Of a plan that was applied, what was done; else what would be.
  const told = isBegun(plan) ? "done" : "open";
  const writes = plan.totals.filter((one) => one.class === "write");
  const became = (rows: Plan["totals"]): string => {
    const rest = Map.groupBy(rows, (one) => one.state);
    const amount = amounts(rest.get(told) ?? [], style);
    rest.delete(told);
    const others = [...rest].map(([state, of]) => `${sumOf(of).toLocaleString("en")} ${STATES[state]}`);
    return [...(amount === "" ? [] : [amount]), ...others].join("; ");
  };
  for (const [place, rows] of Map.groupBy(writes, (one) => `${one.connection} ${one.stream}`))
    lines.push(`${place}: ${became(rows)}`);
  const here = plan.totals.filter((one) => one.class === "here");
  for (const [kind, rows] of Map.groupBy(here, (one) => one.kind)) {
    // What a sync does here comes with what it reads, whoever approves the plan; only an undo does it itself.
    const read = isBegun(plan) && plan.undoes === null;
    lines.push(`here, ${kind}: ${read ? `${amounts(rows, style)}, when it was computed` : became(rows)}`);
  }
  const count = (what: string, op?: string): number =>
    sumOf(plan.totals.filter((one) => one.class === what && (op === undefined || one.op === op)));
  const links = count("link");
  if (links > 0) lines.push(`= ${counted(links, "record")} would be known as ones that are here already`);
  const [conflicts, open] = [count("conflict"), count("conflict", "open")];
  if (conflicts > 0)
    lines.push(
      style.warn(
        `! ${counted(conflicts, "field")} changed on both sides${open > 0 ? `; about ${open} a person is asked` : ""}`,
      ),
    );
  if (count("duplicate") > 0)
    lines.push(style.warn(`! ${counted(count("duplicate"), "pair")} may be one thing each; a person is asked`));
  // Of an undo, what somebody changed since.
  const left = count("reject", "undo");
  if (left > 0) lines.push(style.warn(`! ${counted(left, "value")} would not be put back; each line says why`));
  const parked = count("reject") - left;
  if (parked > 0) lines.push(style.warn(`! ${counted(parked, "record")} would be parked`));
  const leaves = Map.groupBy(
    plan.totals.filter((one) => one.class === "leave"),
    (one) => `${one.connection} ${one.stream}`,
  );
  for (const [place, rows] of leaves) lines.push(...leaveLines(place, rows));
  const waits = waitingLine(plan);
  if (lines.length === 0)
    lines.push(
      plan.undoes !== null
        ? "Nothing to put back: nothing was changed or written there, or all of it is as it was before."
        : waits === undefined
          ? "In step: nothing to do."
          : "Nothing to do now.",
    );
  if (waits !== undefined && !isBegun(plan)) lines.push(style.warn(waits));
  return lines;
}

/** Whether somebody approved it: what it says is then what became of it. */
const isBegun = ({ state }: Plan): boolean => state === "applying" || state === "applied";

const sumOf = (rows: readonly { count: number }[]): number => rows.reduce((sum, one) => sum + one.count, 0);

const STATES: Readonly<Record<Plan["totals"][number]["state"], string>> = {
  open: "to come",
  done: "done",
  skipped: "left out",
  excluded: "excluded",
};

/** What is in no line because a person has to say something first, and where that is said. */
function waitingLine({ waiting }: Plan): string | undefined {
  if (waiting === null) return undefined;
  const { held, parked, conflicts, duplicates, braked } = waiting;
  const parts = [
    held > 0 ? `${counted(held, "write")} held until a person says what is a duplicate (winston duplicates list)` : "",
    held === 0 && duplicates > 0 ? `${counted(duplicates, "pair")} that may be one (winston duplicates list)` : "",
    conflicts > 0 ? `${counted(conflicts, "open conflict")} (winston conflicts list --open)` : "",
    parked > 0 ? `${counted(parked, "parked record")} (winston parked list)` : "",
    braked > 0 ? `${counted(braked, "loss", "losses")} held by the brake (winston brake list)` : "",
  ].filter((one) => one !== "");
  return parts.length === 0 ? undefined : `! Not in it, because a person is asked first: ${parts.join("; ")}.`;
}

/** Who had it applied, and when. */
export function approvedLines({ approvedBy, appliedBy, approvedAt }: Plan): string[] {
  if (approvedBy === null) return [];
  const key = appliedBy === null || appliedBy === approvedBy ? "" : ` and applied by ${appliedBy}`;
  return [`Approved by ${approvedBy}${key} at ${moment(approvedAt)}.`];
}

/** What the plan costs in API calls, by limit where there are several, and of what is left. */
export function costLines(plan: Plan): string[] {
  if (isBegun(plan)) return [];
  return plan.requests
    .filter((one) => one.toApply > 0)
    .map(({ connection, toApply, first, classes }) => {
      const before = first > 0 ? `, after ${first.toLocaleString("en")} that read what changed since` : "";
      const told = `${connection}: about ${counted(toApply, "API call")} to apply${before}`;
      const spent = classes.filter((one) => one.first + one.toApply > 0);
      if (spent.length === 1) return told + leftTold(spent[0]!);
      const rows = spent.map((one) => `${one.class} ${(one.first + one.toApply).toLocaleString("en")}${leftTold(one)}`);
      return rows.length === 0 ? told : `${told}: ${rows.join("; ")}`;
    });
}

function leftTold({ first, toApply, left, runsDry }: Plan["requests"][number]["classes"][number]): string {
  if (left === null) return "";
  if (!runsDry) return `, ${percent((first + toApply) / left)} of what is left today (${left.toLocaleString("en")})`;
  const { afterMs, renewsAt } = runsDry;
  const goesOn = `the rest goes on by itself ${renewsAt === null ? "when the vendor gives more" : `at ${moment(renewsAt)} UTC`}`;
  if (left === 0) return `; nothing is left today, and ${goesOn}`;
  const lasts = afterMs === null ? "" : `, used up about ${duration(afterMs)} after it begins`;
  return `; ${left.toLocaleString("en")} are left today${lasts}, and ${goesOn}`;
}

/** One line and its fields, old → new. `all`: every field of a create too, not only its title. */
export function changeLines(
  change: PlanChange,
  { all, style = styles(false) }: { all: boolean; style?: Style },
): string[] {
  const sign =
    change.class === "leave"
      ? LEFT
      : change.class === "write" || change.class === "here" || change.class === "link"
        ? (SIGNS[change.op] ?? "~")
        : "!";
  const place = change.class === "here" ? "here" : `${change.connection ?? ""} ${change.stream ?? ""}`.trim();
  const title = change.title ?? change.recordId ?? change.entityId ?? "";
  const state = change.state === "open" ? "" : ` [${change.state}${change.reason ? `: ${change.reason}` : ""}]`;
  const head = `${sign} #${change.number} ${place === "" ? change.kind : place} ${title}${change.recordId && change.recordId !== title ? ` (${change.recordId})` : ""}${state}`;
  const detail = detailOf(change);
  const fields = Object.entries(change.fields);
  const shown = change.op === "update" || all || change.class === "conflict" ? fields : [];
  const lines = shown.map(([field, { old, new: fresh, from, rule }]) => {
    const [before, after] = [old, fresh].map((value) => said(nameFor(value, change.names)));
    return `    ${field}: ${change.op === "create" ? after : `${before} → ${after}`}${sourceTold(from, rule)}`;
  });
  return [style.of(sign, head), ...(detail === undefined ? [] : [`    ${detail}`]), ...lines];
}

/** Where a value is from, and the rule that decided it: both, one of them, or nothing. */
const sourceTold = (from: string | null, rule: string | null): string => {
  const parts = [...(from === null ? [] : [`from ${from}`]), ...(rule === null ? [] : [`rule ${rule}`])];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
};

/** What a change leaves out. */
function leaveLines(place: string, rows: readonly { op: string; count: number }[]): string[] {
  const of = (op: string): number => rows.filter((one) => one.op === op).reduce((sum, one) => sum + one.count, 0);
  const [records, fields] = [of("record"), of("field")];
  return [
    ...(records === 0
      ? []
      : [`${LEFT} ${place}: ${counted(records, "record")} would be left alone; nothing of it is deleted or blanked`]),
    ...(fields === 0
      ? []
      : [
          `${LEFT} ${place}: ${counted(fields, "field")} would no longer be read or written; each line says of how many records`,
        ]),
  ];
}

/** The same for a pipe, one row for each field: number, what, operation, where, record, field, old, new, where the new is from, rule. */
export function changeRows(change: PlanChange): (readonly unknown[])[] {
  const { number, class: what, op, connection, stream, kind, recordId, title } = change;
  const head = [number, what, op, [connection, stream].filter(Boolean).join(" ") || kind, recordId ?? title];
  const fields = Object.entries(change.fields);
  if (fields.length === 0) return [[...head, null, null, null, null, null]];
  return fields.map(([field, { old, new: fresh, from, rule }]) => [
    ...head,
    field,
    nameFor(old, change.names),
    nameFor(fresh, change.names),
    from,
    rule,
  ]);
}

function detailOf({ class: what, op, detail, names }: PlanChange): string | undefined {
  if (detail === null) return undefined;
  if (what === "duplicate") return `may be the same as ${String(detail["otherTitle"] ?? detail["other"])}`;
  if (what === "reject" || what === "leave") return String(detail["message"]);
  if (what === "link") return String(detail["because"]);
  if (what === "conflict")
    return op === "open"
      ? "a person is asked"
      : `${op === "winston" ? "what is here" : "what the record says"} would stand`;
  if (what === "here" && op === "merge") return `into ${String(nameFor(detail["into"], names))}`;
  return undefined;
}

function amounts(rows: readonly { op: string; count: number; blanks: number }[], style: Style): string {
  const of = (op: string): number => rows.filter((one) => one.op === op).reduce((sum, one) => sum + one.count, 0);
  const blanks = rows.reduce((sum, one) => sum + one.blanks, 0);
  const parts = (["create", "update", "delete", "merge"] as const).flatMap((op) =>
    of(op) === 0 ? [] : [style.of(SIGNS[op]!, `${SIGNS[op]} ${of(op).toLocaleString("en")} ${WORDS[op]}`)],
  );
  return `${parts.join("  ")}${blanks > 0 ? `  (${counted(blanks, "value")} would be blank)` : ""}`;
}

const WORDS = { create: "made", update: "changed", delete: "removed", merge: "merged" } as const;

function said(value: unknown): string {
  if (value === null || value === undefined) return "(blank)";
  const text = typeof value === "string" ? value.replaceAll(/\s+/gu, " ") : JSON.stringify(value);
  return text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX - 1)}…` : text;
}

const percent = (share: number): string =>
  share < 0.001 ? "less than 0.1 %" : share < 0.1 ? `${(share * 100).toFixed(1)} %` : `${Math.round(share * 100)} %`;
