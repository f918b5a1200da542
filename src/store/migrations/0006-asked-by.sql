-- A question that arose because one vendor keeps only one of two records holds a create at that vendor and nowhere else.

alter table duplicate add column connection_id uuid references connection on delete cascade;

drop view doubtful_create;
drop view lookalike;

-- Of each open question both ways round: an entity, a living one it may be, and where alone that matters.
create view lookalike as
select asked.entity_id, asked.other_id, asked.connection_id from (
  select left_id as entity_id, right_id as other_id, connection_id from duplicate where state = 'open'
  union all
  select right_id, left_id, connection_id from duplicate where state = 'open') as asked
join entity on entity.id = asked.other_id and entity.deleted_at is null;

-- Creates that a person is asked about: the other one is at that connection, or would be made there too.
create view doubtful_create as
select intent.stream_id, intent.entity_id from intent
join stream on stream.id = intent.stream_id
where intent.op = 'upsert'
  and not exists (
    select from link where link.entity_id = intent.entity_id and link.connection_id = stream.connection_id and link.state = 'active')
  and exists (
    select from lookalike
    where lookalike.entity_id = intent.entity_id and (lookalike.connection_id is null or lookalike.connection_id = stream.connection_id) and (
      exists (
        select from link where link.entity_id = lookalike.other_id and link.connection_id = stream.connection_id and link.state = 'active')
      or exists (
        select from intent as wished join stream as beside on beside.id = wished.stream_id
        where wished.entity_id = lookalike.other_id and wished.op = 'upsert' and beside.connection_id = stream.connection_id)));
