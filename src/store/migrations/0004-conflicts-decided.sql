-- Who decided a conflict, and when its losing value was put back. Beside `winston`, `record` and `open` a conflict may be decided for
-- a value that a person gave (`given`), or be `moot`: its question ended by itself, or was asked anew about other values.
alter table conflict drop constraint conflict_winner_check;
alter table conflict add constraint conflict_winner_check check (winner in ('winston', 'record', 'given', 'open', 'moot'));
alter table conflict
  add column given jsonb,
  add column decided_by text,
  add column decided_at timestamptz,
  add column restored_by text;
create index conflict_open on conflict (entity_id) where winner = 'open';
create index conflict_open_list on conflict (id) where winner = 'open';
