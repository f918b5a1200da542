-- From when on the changes of a stream are to be read once more; taken by the next reading that begins anew.
create table reread (
  stream_id integer primary key references stream on delete cascade,
  since timestamptz not null
);
