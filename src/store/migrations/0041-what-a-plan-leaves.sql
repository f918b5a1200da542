-- leave: what a change of a stream would touch no longer.
alter table plan_item drop constraint plan_item_class_check;
alter table plan_item add constraint plan_item_class_check check (class in ('write', 'here', 'link', 'duplicate', 'conflict', 'reject', 'leave'));
-- What a person would know the thing by, where a line of the plan refers to it.
alter table plan_source add column title text;
