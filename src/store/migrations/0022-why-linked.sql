-- Why a record and an entity are taken for the same thing; null for links that were made before this was kept.
-- new: the entity was made of the record. created: Winston made the record. handle: the record carries the entity's id. keys: one free
-- candidate was known by them. person: somebody said that two are one. split: somebody took it out of another. merge, conversion: a
-- vendor made one of two.
alter table link add column reason text check (reason in ('new', 'created', 'handle', 'keys', 'person', 'split', 'merge', 'conversion'));
-- What it rests on: the keys with their values, who said it, which records were made one.
alter table link add column reason_of jsonb;
