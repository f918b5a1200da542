-- How much of what is owed a connection is let go: null, all of it; else what these hundredths of the things hold, and those on the list.
alter table connection add column rollout_percent smallint check (rollout_percent between 0 and 100);

-- Things that are written there whatever the share.
create table rollout_member (
  connection_id uuid not null references connection (id) on delete cascade,
  entity_id uuid not null,
  primary key (connection_id, entity_id)
);

-- staged: owed, and not let go there yet.
alter table intent drop constraint intent_state_check;
alter table intent add constraint intent_state_check check (state in ('ready', 'parked', 'held', 'staged'));
create index intent_staged on intent (stream_id) where state = 'staged';
