-- Fields that two writers set to and fro: frozen until a person releases them.
create table frozen (
  id uuid primary key,
  entity_id uuid not null,
  field text not null,
  state text not null check (state in ('on', 'released')),
  at timestamptz not null,
  -- Both of them: [{"actor", "streamId", "mapping", "value"}].
  writers jsonb not null,
  released_by text,
  released_at timestamptz
);
create unique index frozen_on on frozen (entity_id, field) where state = 'on';
create index frozen_list on frozen (id) where state = 'on';
create index frozen_entity on frozen (entity_id, field);

-- Failures in a row of each lane: those that got nowhere, and those that had got further before they failed.
alter table lane
  add column stuck integer not null default 0,
  add column halting integer not null default 0,
  -- Processes in a row that died in it without getting any further; then what they had in hand is stored before it is touched.
  add column crashes integer not null default 0,
  -- The ids of what is in hand.
  add column in_hand jsonb;
