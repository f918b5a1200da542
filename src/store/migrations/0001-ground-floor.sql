-- The tables of the ground floor. Times are UTC; every time is written by Winston's clock, never by now().
-- jsonb `fields` hold canonical values (src/mapping/types.ts). Tables marked "by time" are partitioned from the start.

-- What this installation is and what it was told.
create table setting (
  key text primary key,
  value jsonb not null
);

-- One authorised account at a vendor.
create table connection (
  id uuid primary key,
  vendor text not null,
  name text not null unique,
  organisation_id text,
  organisation_label text,
  environment text,
  mode text not null default 'observe' check (mode in ('observe', 'plan', 'write')),
  paused boolean not null default false,
  -- null while all is well; else why it does not run, in words a person can act on.
  problem text,
  settings jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create unique index connection_organisation on connection (vendor, organisation_id) where organisation_id is not null;

-- Secrets a person gave, and the grant the vendor returned; sealed by src/vault/.
create table credential (
  connection_id uuid not null references connection on delete cascade,
  part text not null check (part in ('secrets', 'grant')),
  sealed bytea not null,
  key_id text not null,
  version integer not null default 1,
  updated_at timestamptz not null,
  primary key (connection_id, part)
);

-- One collection of a connection, and how it is kept in step.
create table stream (
  id integer generated always as identity primary key,
  connection_id uuid not null references connection on delete cascade,
  key text not null,
  kind text not null,
  stage text,
  direction text not null default 'both' check (direction in ('both', 'in', 'out')),
  strategy text not null default 'batch' check (strategy in ('realtime', 'batch', 'hybrid')),
  -- Parents first: streams are pulled and pushed in this order.
  position integer not null,
  every_ms bigint not null,
  enabled boolean not null default true,
  mapping_version integer not null,
  settings jsonb not null default '{}',
  unique (connection_id, key)
);

create table mapping (
  stream_id integer not null references stream on delete cascade,
  version integer not null,
  document jsonb not null,
  actor text not null,
  created_at timestamptz not null,
  primary key (stream_id, version)
);

-- A vendor's fields as last described, for mapping, permissions and (later) drift.
create table vendor_field (
  stream_id integer not null references stream on delete cascade,
  name text not null,
  document jsonb not null,
  seen_at timestamptz not null,
  primary key (stream_id, name)
);

-- Our custom fields; the standard ones are in src/mapping/kinds.ts.
create table field (
  kind text not null,
  key text not null,
  type text not null,
  label text not null,
  target text,
  source text not null,
  created_at timestamptz not null,
  primary key (kind, key)
);

-- Where each lane of a stream stands. `epoch` is the fence: a step commits only under the epoch it began with.
create table lane (
  stream_id integer not null references stream on delete cascade,
  lane text not null check (lane in ('hints', 'batch', 'backfill', 'sweep', 'push')),
  epoch bigint not null default 0,
  owner text,
  checkpoint jsonb,
  watermark timestamptz,
  ran_at timestamptz,
  primary key (stream_id, lane)
);

-- Wakes coalesce here: work is owed while wanted > done. Apart from `lane`, so that waking never waits for a step.
create table wake (
  stream_id integer not null references stream on delete cascade,
  lane text not null,
  wanted bigint not null default 0,
  done bigint not null default 0,
  primary key (stream_id, lane)
);

-- One thing of ours.
create table entity (
  id uuid primary key,
  kind text not null,
  stage text,
  fields jsonb not null,
  -- Per field where its value came from: {"*": {...}} for all fields not named. See src/sync/origin.ts.
  origin jsonb not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  -- The entity that took this one in, after a merge or a conversion.
  merged_into uuid
);
create index entity_list on entity (kind, stage, id);

-- Keys by which a record is known. Strong ones name one entity; weak ones only suggest.
create table identity (
  kind text not null,
  key text not null,
  value text not null,
  entity_id uuid not null,
  strong boolean not null,
  primary key (kind, key, value, entity_id)
);
create unique index identity_strong on identity (kind, key, value) where strong;
create index identity_entity on identity (entity_id);

-- A record and an entity are the same thing.
create table link (
  stream_id integer not null,
  record_id text not null,
  entity_id uuid not null,
  connection_id uuid not null,
  state text not null check (state in ('active', 'converted', 'merged', 'deleted', 'detached')),
  -- Canonical values both sides last agreed on, by field of ours; a key that is absent has no baseline.
  baseline jsonb not null,
  -- Raw mapped fields of the vendor as last pulled, and their digest; null until first pulled back.
  image jsonb,
  digest bytea,
  -- On-create defaults in place at the vendor: read back, they are blank.
  fillers jsonb,
  vendor_version text,
  changed_at timestamptz,
  mapping_version integer not null,
  parked boolean not null default false,
  created_at timestamptz not null,
  primary key (stream_id, record_id)
);
create unique index link_active on link (entity_id, connection_id) where state = 'active';

create table alias (
  stream_id integer not null,
  old_id text not null,
  record_id text not null,
  created_at timestamptz not null,
  primary key (stream_id, old_id)
);

-- A pulled reference whose target record is not linked yet.
create table pending_reference (
  stream_id integer not null,
  record_id text not null,
  field text not null,
  connection_id uuid not null,
  -- Only records of this kind can be the target: ids may repeat between a vendor's objects.
  target_kind text not null,
  target_id text not null,
  created_at timestamptz not null,
  primary key (stream_id, record_id, field)
);
create index pending_reference_target on pending_reference (connection_id, target_id);

-- A reference left out of a push because its target is not linked at that vendor yet.
create table pending_push (
  stream_id integer not null,
  entity_id uuid not null,
  field text not null,
  target_entity_id uuid not null,
  created_at timestamptz not null,
  primary key (stream_id, entity_id, field)
);
create index pending_push_target on pending_push (target_entity_id);

-- History, by time: old values only; a creation stores none.
create table change (
  at timestamptz not null,
  entity_id uuid not null,
  version integer not null,
  old jsonb not null,
  actor text not null,
  stream_id integer,
  run_id uuid,
  mapping_version integer,
  primary key (entity_id, version, at)
) partition by range (at);
create table change_rest partition of change default;

-- Every losing value of a field both sides changed.
create table conflict (
  id uuid primary key,
  entity_id uuid not null,
  field text not null,
  stream_id integer not null,
  record_id text not null,
  baseline jsonb,
  winston jsonb,
  record jsonb,
  winner text not null check (winner in ('winston', 'record', 'open')),
  rule text not null,
  run_id uuid,
  at timestamptz not null,
  restored_at timestamptz
);
create index conflict_entity on conflict (entity_id, at);
create index conflict_time on conflict (at, id);

-- Pairs of entities that may be one thing, for a person to decide.
create table duplicate (
  id uuid primary key,
  kind text not null,
  left_id uuid not null,
  right_id uuid not null,
  state text not null default 'open' check (state in ('open', 'same', 'different')),
  found_at timestamptz not null,
  unique (left_id, right_id)
);

-- A write we owe a vendor. It names what, never values: the newest state is read when the batch is built.
create table intent (
  stream_id integer not null,
  entity_id uuid not null,
  op text not null check (op in ('upsert', 'delete')),
  -- The entity's version that asked; done only when a version at least as new was sent.
  version integer not null,
  state text not null default 'ready' check (state in ('ready', 'parked')),
  tries integer not null default 0,
  not_before timestamptz,
  created_at timestamptz not null,
  primary key (stream_id, entity_id)
);
create index intent_ready on intent (stream_id, entity_id) where state = 'ready';

-- One try under way: stored before the call, gone with its outcome. What is here after a crash is unknown.
create table attempt (
  id uuid primary key,
  stream_id integer not null,
  epoch bigint not null,
  op text not null check (op in ('create', 'update', 'delete')),
  entity_id uuid not null,
  record_id text,
  handle text,
  version integer not null,
  sent jsonb not null,
  body jsonb not null,
  fillers jsonb not null,
  -- Fields that a create left out, because their target cannot be named there yet.
  unsent jsonb not null default '[]',
  before jsonb,
  state text not null default 'open' check (state in ('open', 'unknown')),
  run_id uuid,
  at timestamptz not null
);
create index attempt_stream on attempt (stream_id);

-- Fields that a create left out, until the record is read back: what the vendor put there by itself is no edit.
create table unsent (
  stream_id integer not null,
  record_id text not null,
  fields jsonb not null,
  primary key (stream_id, record_id)
);

-- What was really done at a vendor, by time.
create table write (
  at timestamptz not null,
  attempt_id uuid not null,
  stream_id integer not null,
  entity_id uuid not null,
  record_id text,
  op text not null,
  version integer not null,
  before jsonb,
  sent jsonb not null,
  returned jsonb,
  outcome text not null check (outcome in ('done', 'failed', 'unknown', 'superseded')),
  vendor jsonb,
  run_id uuid,
  primary key (entity_id, at, attempt_id)
) partition by range (at);
create table write_rest partition of write default;

-- Set aside for a person or a change; never in the way of the rest.
create table parked (
  stream_id integer not null,
  side text not null check (side in ('pull', 'push')),
  -- The record's id (pull) or the entity's (push).
  subject text not null,
  reason text not null,
  message text not null,
  field text,
  vendor jsonb,
  -- What it looked like when parked: a different one is tried again.
  digest bytea,
  mapping_version integer not null,
  run_id uuid,
  times integer not null default 1,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (stream_id, side, subject)
);

create table run (
  id uuid primary key,
  stream_id integer not null,
  lane text not null,
  epoch bigint not null,
  state text not null check (state in ('running', 'done', 'failed', 'stopped')),
  trigger text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  counts jsonb not null default '{}',
  error jsonb
);
create index run_list on run (started_at desc, id);
create index run_stream on run (stream_id, lane, started_at desc);

-- Requests a connection may still spend, shared by all processes.
create table budget (
  connection_id uuid not null references connection on delete cascade,
  class text not null,
  -- Tokens left in Winston's own bucket, and when it was last filled.
  tokens double precision not null,
  filled_at timestamptz not null,
  -- Share of the declared rate in use: halved on a refusal, growing back.
  pace double precision not null default 1,
  blocked_until timestamptz,
  -- The vendor's own account, where it gives one.
  used bigint,
  allowed bigint,
  seen_at timestamptz,
  primary key (connection_id, class)
);

-- Every request to a vendor, by time: never bodies, never credentials.
create table exchange (
  at timestamptz not null,
  connection_id uuid not null,
  run_id uuid,
  method text not null,
  path text not null,
  status integer,
  ms integer not null,
  sent_bytes integer not null,
  received_bytes bigint not null,
  problem text
) partition by range (at);
create table exchange_rest partition of exchange default;
create index exchange_run on exchange (run_id);
create index exchange_time on exchange (at);

create table api_key (
  id uuid primary key,
  name text not null,
  prefix text not null,
  hash bytea not null unique,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  used_at timestamptz
);

create table access_log (
  at timestamptz not null,
  request_id text not null,
  key_id uuid,
  method text not null,
  route text not null,
  status integer not null,
  ms integer not null,
  remote text
) partition by range (at);
create table access_log_rest partition of access_log default;
create index access_log_time on access_log (at);

-- Answers kept for repeated requests with one Idempotency-Key.
create table idempotency (
  key_id uuid not null,
  key text not null,
  digest bytea not null,
  status integer,
  body jsonb,
  at timestamptz not null,
  primary key (key_id, key)
);
