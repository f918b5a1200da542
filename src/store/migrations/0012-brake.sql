-- The brake: deletions, and blankings of one field, of more of a stream's records than any day brings wait until a person decides.
create table brake (
  id uuid primary key,
  stream_id integer not null references stream on delete cascade,
  -- pull: what the vendor did, on its way to us. push: what was done here, on its way to the vendor.
  direction text not null check (direction in ('pull', 'push')),
  -- The field of ours that would be blank; empty: deletions.
  field text not null default '',
  -- over: nothing waits any more, because the records are there again or have a value again.
  state text not null check (state in ('on', 'released', 'restored', 'over')),
  -- How many there were within the time that is counted, and of how many records, when it came on.
  lost integer not null,
  records integer not null,
  at timestamptz not null,
  decided_by text,
  decided_at timestamptz
);
create unique index brake_on on brake (stream_id, direction, field) where state = 'on';

-- Each deletion and blanking of the time that is counted, and what waits. A record counts once.
create table loss (
  stream_id integer not null references stream on delete cascade,
  direction text not null check (direction in ('pull', 'push')),
  field text not null default '',
  entity_id uuid not null,
  record_id text not null,
  at timestamptz not null,
  -- The value that is lost, of a blanking.
  value jsonb,
  -- The vendor's own time of a deletion, where it gives one.
  told_at timestamptz,
  brake_id uuid references brake on delete cascade,
  -- went: carried out before the brake came on. waits: until a person decides.
  state text not null default 'went' check (state in ('went', 'waits', 'released', 'restored', 'over')),
  primary key (stream_id, direction, field, entity_id)
);
create index loss_brake on loss (brake_id) where brake_id is not null;
create index loss_entity on loss (entity_id);

-- Records that are read again because a person decided, and what is done with one that is not there: end, it is deleted; restore, it is
-- made again; merge, nothing.
create table asked_record (
  stream_id integer not null references stream on delete cascade,
  record_id text not null,
  missing text not null check (missing in ('merge', 'end', 'restore')),
  told_at timestamptz,
  primary key (stream_id, record_id)
);
