// Keeps a portal in a file: one JSON line for every record, association and setting.
import { LineFile } from "../shared/lines.ts";
import type { TieType } from "./object-types.ts";
import type { Owner, Pipeline, Portal, Token } from "./portal.ts";
import type { Group, Property } from "./properties.ts";
import type { Rec } from "./records.ts";
import type { TieChange } from "./ties.ts";

interface Settings {
  portalId: number;
  made: number;
  counters: [string, number][];
  properties: [string, Property][];
  groups: [string, Group][];
  owners: Owner[];
  pipelines: [string, Pipeline[]][];
  labels: TieType[];
  merged: [string, [string, string][]][];
  aliases: [string, string][];
  tokens: [string, Token][];
  refreshTokens: string[];
}

type Line = ["set", keyof Settings, unknown] | ["record", string, string, Rec | null] | ["tie", ...TieChange];

export class StateFile {
  readonly #file: LineFile<Line>;
  readonly #portal: Portal;
  readonly #written = new Map<keyof Settings, string>();

  constructor(path: string, portal: Portal) {
    this.#file = new LineFile(path);
    this.#portal = portal;
  }

  /** Fills the portal from the file. False when there is none yet. */
  load(): boolean {
    const lines = this.#file.read();
    if (!lines) return false;
    const { records, ties } = this.#portal;
    const settings: Partial<Settings> = {};
    for (const line of lines) {
      if (line[0] === "set") Object.assign(settings, { [line[1]]: line[2] });
      else if (line[0] === "record") {
        if (line[3]) records.put(line[1], line[3], -Infinity);
        else records.purge(line[1], line[2]);
      } else ties.restore([line[1], line[2], line[3]]);
    }
    this.#take(settings);
    records.settle(this.#portal.clock.now());
    records.takeTouched();
    return true;
  }

  #take(settings: Partial<Settings>): void {
    const portal = this.#portal;
    portal.portalId = settings.portalId ?? portal.portalId;
    portal.made = settings.made ?? 0;
    for (const [type, next] of settings.counters ?? []) {
      const table = portal.records.table(type);
      table.next = Math.max(table.next, next);
    }
    for (const [object, property] of settings.properties ?? []) portal.schema.put(object, property);
    for (const [object, group] of settings.groups ?? []) portal.schema.putGroup(object, group);
    for (const owner of settings.owners ?? []) portal.owners.set(owner.id, owner);
    for (const [object, list] of settings.pipelines ?? [])
      portal.pipelines.set(object, new Map(list.map((one) => [one.id, one])));
    for (const label of settings.labels ?? []) portal.ties.addLabel(label);
    for (const [type, pairs] of settings.merged ?? [])
      for (const [from, to] of pairs) portal.records.noteMerge(type, from, to);
    for (const [email, id] of settings.aliases ?? []) portal.emailAliases.set(email, id);
    for (const [token, one] of settings.tokens ?? []) portal.tokens.set(token, one);
    if (settings.refreshTokens) {
      portal.refreshTokens.clear();
      for (const token of settings.refreshTokens) portal.refreshTokens.add(token);
    }
  }

  /** Appends what changed since the last time. Called after every request: nothing changed costs next to nothing. */
  flush(): void {
    const lines: Line[] = this.#changedSettings();
    for (const { type, id, rec } of this.#portal.records.takeTouched()) lines.push(["record", type, id, rec ?? null]);
    for (const change of this.#portal.ties.takeTouched()) lines.push(["tie", ...change]);
    this.#file.append(lines);
  }

  /** Writes everything anew. */
  rewrite(): void {
    this.#written.clear();
    const lines: Line[] = this.#changedSettings();
    for (const [type, recs] of this.#portal.records.all())
      for (const rec of recs) lines.push(["record", type, rec.id, rec]);
    for (const change of this.#portal.ties.everything()) lines.push(["tie", ...change]);
    this.#portal.records.takeTouched();
    this.#portal.ties.takeTouched();
    this.#file.rewrite(lines);
  }

  #changedSettings(): Line[] {
    const { portalId, made, records, schema, owners, pipelines, ties, emailAliases, tokens, refreshTokens } =
      this.#portal;
    const merges = [...records.merged].map(([type, pairs]) => `${type} ${pairs.size}`).join();
    // What tells that a setting changed, cheap to make, beside how the setting is written.
    const settings: { [Name in keyof Settings]: readonly [mark: string, value: () => Settings[Name]] } = {
      portalId: [String(portalId), () => portalId],
      made: [String(made), () => made],
      counters: [JSON.stringify(records.counters()), () => records.counters()],
      properties: [String(schema.version), () => schema.changes().properties],
      groups: [String(schema.version), () => schema.changes().groups],
      owners: [JSON.stringify([...owners.values()]), () => [...owners.values()]],
      pipelines: [
        JSON.stringify([...pipelines.values()].map((byId) => [...byId.values()])),
        () => [...pipelines].map(([object, byId]) => [object, [...byId.values()]]),
      ],
      labels: [JSON.stringify(ties.labels), () => ties.labels],
      merged: [merges, () => [...records.merged].map(([type, pairs]) => [type, [...pairs]])],
      aliases: [`${merges} ${emailAliases.size}`, () => [...emailAliases]],
      tokens: [JSON.stringify([...tokens]), () => [...tokens]],
      refreshTokens: [[...refreshTokens].join(), () => [...refreshTokens]],
    };
    const lines: Line[] = [];
    for (const [key, [mark, value]] of Object.entries(settings) as [
      keyof Settings,
      readonly [string, () => unknown],
    ][]) {
      if (this.#written.get(key) === mark) continue;
      this.#written.set(key, mark);
      lines.push(["set", key, value()]);
    }
    return lines;
  }
}
