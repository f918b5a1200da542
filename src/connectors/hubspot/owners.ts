// Owners: the people that records belong to. Their id is not their user's id, and those who left are in a list of their own.
import type { Api } from "../../connector/api.ts";
import type { Page, PullRequest, VendorField, VendorRecord } from "../../connector/contract.ts";
import { expected, expectedList } from "./errors.ts";
import { pathsOf, settingsOf } from "./settings.ts";

interface RawOwner {
  readonly id: string;
  readonly email?: string | null;
  readonly type?: string;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly userId?: number | null;
  readonly userIdIncludingInactive?: number | null;
  readonly updatedAt?: string;
  readonly archived?: boolean;
}

const LIST_MAX = 100;

/** Both lists, whole: owners cannot be asked for by change. */
export async function* pullOwners(api: Api, request: PullRequest): AsyncGenerator<Page> {
  const resumed = request.cursor as { began: number; archived: boolean; after: string | null } | null;
  const began = resumed?.began ?? request.now;
  let archived = resumed?.archived ?? false;
  let after = resumed?.after ?? undefined;
  for (;;) {
    const answer = await page(api, { archived, after, signal: request.signal });
    const records = answer.results.map((owner) => toRecord(owner, request.fields, archived));
    after = answer.paging?.next?.after;
    if (after === undefined && archived) {
      yield { records, cursor: null, watermark: began };
      return;
    }
    if (after === undefined) archived = true;
    yield { records, cursor: { began, archived, after: after ?? null } };
  }
}

export async function readOwners(
  api: Api,
  request: { ids: readonly string[]; fields: readonly string[]; signal: AbortSignal },
): Promise<readonly (VendorRecord | null)[]> {
  const wanted = new Set(request.ids);
  const found = new Map<string, VendorRecord>();
  for (const archived of [false, true]) {
    let after: string | undefined;
    do {
      if (found.size === wanted.size) break;
      const answer = await page(api, { archived, after, signal: request.signal });
      for (const owner of answer.results)
        if (wanted.has(owner.id)) found.set(owner.id, toRecord(owner, request.fields, archived));
      after = answer.paging?.next?.after;
    } while (after !== undefined);
  }
  return request.ids.map((id) => found.get(id) ?? null);
}

async function page(
  api: Api,
  asked: { archived: boolean; after: string | undefined; signal: AbortSignal },
): Promise<{ results: readonly RawOwner[]; paging?: { next?: { after?: string } } }> {
  const { archived, after, signal } = asked;
  const answer = await api.get<Awaited<ReturnType<typeof page>>>(pathsOf(settingsOf(api)).owners, {
    query: { limit: LIST_MAX, after, archived },
    signal,
  });
  expectedList(answer?.results, "a list of owners");
  return answer;
}

/** What an owner tells, by the names that mappings use. */
const VALUES: Readonly<
  Record<string, { label: string; type: string; of: (owner: RawOwner, archived: boolean) => unknown }>
> = {
  name: {
    label: "Name",
    type: "text",
    of: (owner) => [owner.firstName, owner.lastName].filter(Boolean).join(" ") || null,
  },
  // A queue's address is that of a mailbox: it must not be taken for a user who has the same one elsewhere.
  email: { label: "Email", type: "email", of: (owner) => (owner.type === "QUEUE" ? null : owner.email || null) },
  active: { label: "Active", type: "boolean", of: (owner, archived) => !(owner.archived ?? archived) },
  type: { label: "Person or queue", type: "text", of: (owner) => owner.type ?? null },
  userId: {
    label: "User id",
    type: "text",
    of: (owner) => {
      const id = owner.userId ?? owner.userIdIncludingInactive ?? null;
      return id === null ? null : String(id);
    },
  },
};

export const ownerFields: readonly VendorField[] = Object.entries(VALUES).map(([name, { label, type }]) => ({
  name,
  label,
  type,
  custom: false,
  required: false,
  createable: false,
  updateable: false,
  unique: false,
}));

function toRecord(owner: RawOwner, fields: readonly string[], archived: boolean): VendorRecord {
  expected(typeof owner?.id === "string", "an owner with an id");
  const changedAt = owner.updatedAt ? Date.parse(owner.updatedAt) : Number.NaN;
  const values: Record<string, unknown> = {};
  for (const name of fields) if (Object.hasOwn(VALUES, name)) values[name] = VALUES[name]!.of(owner, archived);
  return {
    id: owner.id,
    changedAt: Number.isNaN(changedAt) ? null : changedAt,
    version: owner.updatedAt ?? null,
    fields: values,
  };
}
