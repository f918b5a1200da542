-- Filters: which records of a stream are synced. They are of a version of the mapping, as what is read and written is of both:
-- {"in": a condition on the record, "out": a condition on the entity}.
alter table mapping add column rules jsonb not null default '{}';

-- Left alone: its record is outside the filter. It is not synced, on either side, until it is inside again.
alter table link add column outside boolean not null default false;
create index link_outside on link (stream_id, entity_id) where outside;

-- Records that the filter leaves out and that nothing here is linked to, by what they would be known by: nobody makes them a second time there.
create table bystander (
  stream_id integer not null references stream on delete cascade,
  record_id text not null,
  key text not null,
  value text not null,
  primary key (stream_id, record_id, key, value)
);
create index bystander_key on bystander (stream_id, key, value);
