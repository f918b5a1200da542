-- When the vendor's fields of a stream were described last, and how often the description or its drifts differed from those before: what
-- processes compiled under an older number is compiled anew.
alter table stream add column described_at timestamptz;
alter table stream add column schema_version integer not null default 0;

-- What a mapped field of a vendor is that it was not when its row was put: told until it is as it was, or the mapping is put anew. `was` is
-- the vendor's field as it was; `pauses`: the rows that name it are neither read nor written meanwhile.
create table schema_drift (
  stream_id integer not null references stream on delete cascade,
  name text not null,
  cause text not null check (cause in ('gone', 'retyped', 'readOnly', 'required', 'optionGone')),
  message text not null,
  pauses boolean not null,
  was jsonb not null,
  noticed_at timestamptz not null,
  primary key (stream_id, name)
);

-- Fields of ours that meet for the first time under this version, whatever versions before it named: their rows were paused.
alter table mapping add column unmet text[] not null default '{}';
