-- The key that had a plan applied; approved_by says who was named for it. Null of one that was applied before both were kept.
alter table plan add column applied_by text;
-- What waited for a person when it was computed, and is therefore in no line; null of an undo, and of one made before that was counted.
alter table plan add column waiting jsonb;
