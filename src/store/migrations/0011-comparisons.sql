-- Comparisons of a stream with its vendor: asked for, under way, or what came of them. One ends when its listing was judged; what was
-- being edited at that moment is looked at again at `again_at`.
create table comparison (
  id uuid primary key,
  stream_id integer not null references stream on delete cascade,
  state text not null check (state in ('asked', 'running', 'done')),
  -- Who asked; `schedule` is the clock.
  asked_by text not null,
  -- versions: records are told apart by what the vendor says of their version, and only those that differ are read. fields: all are read.
  depth text not null check (depth in ('versions', 'fields')),
  -- none: it only tells. reads: what was missed is read. all: what is owed is tried again, too.
  repair text not null check (repair in ('none', 'reads', 'all')),
  asked_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  again_at timestamptz,
  run_id uuid,
  -- there: as the vendor counts. listed: as it listed. looked: read one by one. differences, moving, repaired, requests.
  counts jsonb not null default '{}',
  -- What could not be judged, in words.
  note text
);
create index comparison_stream on comparison (stream_id, id);
-- Asked for twice before it begins is asked for once.
create unique index comparison_asked on comparison (stream_id, depth, repair) where state = 'asked';
create index comparison_open on comparison (stream_id) where state <> 'done' or again_at is not null;

-- Records that the listing under way has shown; emptied when it was judged.
create table listed (
  stream_id integer not null references stream on delete cascade,
  record_id text not null,
  -- Not as it is here: read by its id, and judged then.
  doubt boolean not null,
  primary key (stream_id, record_id)
);
create index listed_doubt on listed (stream_id, record_id) where doubt;

-- What the last comparison of each stream found. One that is found again keeps its id and when it was found first; one that is not, goes.
create table difference (
  id bigint generated always as identity primary key,
  stream_id integer not null references stream on delete cascade,
  comparison_id uuid not null,
  cause text not null,
  -- The record's id, or the entity's where there is no record.
  subject text not null,
  field text not null default '',
  record_id text,
  entity_id uuid,
  message text not null,
  there jsonb,
  here jsonb,
  first_at timestamptz not null,
  found_at timestamptz not null,
  -- When a comparison that may repair did something about it.
  repaired_at timestamptz,
  unique (stream_id, cause, subject, field)
);
create index difference_moving on difference (stream_id, subject) where cause = 'moving';
