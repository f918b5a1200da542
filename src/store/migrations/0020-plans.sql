-- Plans: what a sync would write, computed without writing it; applied only as it stands.
create table plan (
  id uuid primary key,
  state text not null check (state in ('computing', 'ready', 'failed', 'applying', 'applied')),
  -- What it was asked for: null for everything.
  connection_id uuid,
  stream_id integer,
  -- The process that computes it; a plan whose process is gone is failed by the next.
  owner text not null,
  created_by text not null,
  created_at timestamptz not null,
  ready_at timestamptz,
  approved_by text,
  approved_at timestamptz,
  applied_at timestamptz,
  -- By connection: what was read for the plan, and what applying it will cost.
  requests jsonb not null default '{}',
  notes jsonb not null default '[]',
  error jsonb
);
create index plan_list on plan (created_at desc, id desc);
create index plan_applying on plan (id) where state = 'applying';

-- One line of a plan.
create table plan_item (
  plan_id uuid not null references plan on delete cascade,
  number integer not null,
  -- write: at a vendor. here: of Winston's own. link, duplicate, conflict, reject: what else would be found.
  class text not null check (class in ('write', 'here', 'link', 'duplicate', 'conflict', 'reject')),
  op text not null,
  kind text not null,
  stream_id integer,
  record_id text,
  -- The entity it is about. One that the plan itself would make has the id it had there until it is there (`planned`).
  entity_id uuid,
  planned boolean not null default false,
  -- A name a person knows it by.
  title text,
  -- By field of ours: [old, new, where the new value is from].
  fields jsonb not null default '{}',
  detail jsonb,
  state text not null default 'open' check (state in ('open', 'done', 'skipped', 'excluded')),
  reason text,
  primary key (plan_id, number)
);
create index plan_item_entity on plan_item (plan_id, stream_id, entity_id) where class = 'write';

-- By which record an entity that the plan would make is known again.
create table plan_source (
  plan_id uuid not null references plan on delete cascade,
  planned_id uuid not null,
  stream_id integer not null,
  record_id text not null,
  -- The entity that was made of it since.
  entity_id uuid,
  primary key (plan_id, planned_id)
);

-- Fields of lines whose new value is a thing that the plan would make.
create table plan_reference (
  plan_id uuid not null references plan on delete cascade,
  number integer not null,
  field text not null,
  planned_id uuid not null,
  primary key (plan_id, number, field)
);

-- What an undo sets here before anything is written to vendors.
create table plan_edit (
  plan_id uuid not null references plan on delete cascade,
  entity_id uuid not null,
  kind text not null,
  -- By field: [what stood when the plan was made, what it is put back to].
  fields jsonb not null default '{}',
  -- A thing that was deleted is here again.
  restore boolean not null default false,
  -- Streams at whose vendor Winston had made it: it is taken away there, and lives on here.
  withdraw jsonb not null default '[]',
  primary key (plan_id, entity_id)
);
-- What is undone, in words; null for the plan of a sync.
alter table plan add column undoes text;

-- withdraw: taken away at this vendor only, because Winston had made it there and somebody took that back.
alter table intent drop constraint intent_op_check;
alter table intent add constraint intent_op_check check (op in ('upsert', 'delete', 'withdraw'));
