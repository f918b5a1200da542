-- Streams of connections that were removed. Links, history and lines of plans outlive them: by this, what names such a stream still says which
-- it was, and who connects the same account again takes up what was linked there.
create table former_stream (
  id integer primary key,
  connection_id uuid not null,
  -- The connection's name, as it was last.
  connection text not null,
  vendor text not null,
  organisation_id text,
  key text not null,
  kind text not null,
  removed_at timestamptz not null
);

-- Every stream there is or was, with the name of its connection.
create view named_stream as
select stream.id, stream.key, connection.name as connection from stream join connection on connection.id = stream.connection_id
union all
select id, key, connection from former_stream;

-- What was owed to connections that were removed before, and would have been for ever.
delete from intent where not exists (select from stream where stream.id = intent.stream_id);
delete from pending_push where not exists (select from stream where stream.id = pending_push.stream_id);
delete from pending_reference where not exists (select from stream where stream.id = pending_reference.stream_id);
delete from parked where not exists (select from stream where stream.id = parked.stream_id);
delete from attempt where not exists (select from stream where stream.id = attempt.stream_id);
