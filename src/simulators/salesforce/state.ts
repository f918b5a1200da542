// Keeps an org in a file: one JSON line for every row and setting.
import { LineFile } from "../shared/lines.ts";
import type { Org } from "./org.ts";
import { Tables, type Row, type Tombstone } from "./rows.ts";
import type { SchemaChange } from "./schema.ts";

interface Settings {
  orgId: string;
  runningUser: string;
  made: number;
  schema: readonly SchemaChange[];
  deletions: [string, Tombstone[]][];
  refreshTokens: [string, string][];
  sessions: [string, string][];
  conversionMap: [string, string][];
}

type Line = ["set", keyof Settings, unknown] | ["row", string, string, Row | null];

export class StateFile {
  readonly #file: LineFile<Line>;
  readonly #org: Org;
  readonly #written = new Map<keyof Settings, string>();

  constructor(path: string, org: Org) {
    this.#file = new LineFile(path);
    this.#org = org;
  }

  /** Fills the org from the file. False when there is none yet. */
  load(): boolean {
    const lines = this.#file.read();
    if (!lines) return false;
    const settings: Partial<Settings> = {};
    const rows = new Map<string, Map<string, Row>>();
    for (const line of lines) {
      if (line[0] === "set") Object.assign(settings, { [line[1]]: line[2] });
      else {
        const [, object, id, row] = line;
        const table = rows.get(object) ?? new Map<string, Row>();
        rows.set(object, table);
        if (row) table.set(id, row);
        else table.delete(id);
      }
    }
    const org = this.#org;
    org.orgId = settings.orgId ?? org.orgId;
    org.runningUser = settings.runningUser ?? org.runningUser;
    org.tables = new Tables(settings.made ?? 0);
    for (const change of settings.schema ?? []) org.schema.apply(change, org.clock.now());
    for (const [object, list] of settings.deletions ?? []) org.tables.deletions.set(object, list);
    for (const [token, user] of settings.refreshTokens ?? []) org.refreshTokens.set(token, user);
    for (const [token, userId] of settings.sessions ?? []) org.sessions.set(token, { userId, usedAt: org.clock.now() });
    for (const [from, to] of settings.conversionMap ?? []) org.conversionMap.set(from, to);
    for (const [object, table] of rows) for (const row of table.values()) org.tables.put(object, row);
    org.tables.takeTouched();
    return true;
  }

  /** Appends what changed since the last time. Called after every request: nothing changed costs next to nothing. */
  flush(): void {
    const lines: Line[] = this.#changedSettings();
    for (const { object, id, row } of this.#org.tables.takeTouched()) lines.push(["row", object, id, row ?? null]);
    this.#file.append(lines);
  }

  /** Writes everything anew. */
  rewrite(): void {
    this.#written.clear();
    const lines: Line[] = this.#changedSettings();
    for (const [object, rows] of this.#org.tables.all())
      for (const row of rows) lines.push(["row", object, row.Id, row]);
    this.#org.tables.takeTouched();
    this.#file.rewrite(lines);
  }

  #changedSettings(): Line[] {
    const { orgId, runningUser, tables, schema, refreshTokens, sessions, conversionMap } = this.#org;
    const settings: Settings = {
      orgId,
      runningUser,
      made: tables.made,
      schema: schema.changes,
      deletions: [...tables.deletions],
      refreshTokens: [...refreshTokens],
      sessions: [...sessions].map(([token, { userId }]) => [token, userId]),
      conversionMap: [...conversionMap],
    };
    const lines: Line[] = [];
    for (const key of Object.keys(settings) as (keyof Settings)[]) {
      const mark = markOf(key, settings[key]);
      if (this.#written.get(key) === mark) continue;
      this.#written.set(key, mark);
      lines.push(["set", key, settings[key]]);
    }
    return lines;
  }
}

/** Cheap to compare, and different whenever the setting is: the long lists only grow or shrink. */
function markOf(key: keyof Settings, value: unknown): string {
  if (key === "schema") return String((value as unknown[]).length);
  if (key === "deletions") return (value as [string, unknown[]][]).map(([object, list]) => object + list.length).join();
  return JSON.stringify(value);
}
