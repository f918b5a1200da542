-- A create is held while a person is asked whether its entity is one with another that is there already; and two records that are one
-- can be merged at their vendor, under an attempt like every other write.

alter table intent drop constraint intent_state_check;
alter table intent add constraint intent_state_check check (state in ('ready', 'parked', 'held'));
create index intent_held on intent (stream_id, entity_id) where state = 'held';

alter table attempt drop constraint attempt_op_check;
alter table attempt add constraint attempt_op_check check (op in ('create', 'update', 'delete', 'merge'));

create index duplicate_open_left on duplicate (left_id) where state = 'open';
create index duplicate_open_right on duplicate (right_id) where state = 'open';

-- Of each open question both ways round: an entity, and a living one it may be.
create view lookalike as
select asked.entity_id, asked.other_id from (
  select left_id as entity_id, right_id as other_id from duplicate where state = 'open'
  union all
  select right_id, left_id from duplicate where state = 'open') as asked
join entity on entity.id = asked.other_id and entity.deleted_at is null;

-- Creates that a person is asked about: the other one is at that connection, or would be made there too.
create view doubtful_create as
select intent.stream_id, intent.entity_id from intent
join stream on stream.id = intent.stream_id
where intent.op = 'upsert'
  and not exists (
    select from link where link.entity_id = intent.entity_id and link.connection_id = stream.connection_id and link.state = 'active')
  and exists (
    select from lookalike where lookalike.entity_id = intent.entity_id and (
      exists (
        select from link where link.entity_id = lookalike.other_id and link.connection_id = stream.connection_id and link.state = 'active')
      or exists (
        select from intent as wished join stream as beside on beside.id = wished.stream_id
        where wished.entity_id = lookalike.other_id and wished.op = 'upsert' and beside.connection_id = stream.connection_id)));
