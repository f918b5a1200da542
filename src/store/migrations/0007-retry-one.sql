-- Which parked records somebody asked to be read again: those are, and no others of the stream.
alter table parked add column asked boolean not null default false;
create index parked_asked on parked (stream_id, subject) where asked;
