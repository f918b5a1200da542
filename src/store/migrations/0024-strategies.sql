-- When and how a stream is kept in step. realtime: writes at once. batch: writes with its schedule, as it reads. hybrid: what is critical at once, the rest with the schedule.
alter table stream alter column strategy set default 'realtime';
-- Until now every stream wrote at once, whatever stood here.
update stream set strategy = 'realtime';
-- A cron expression with its zone, instead of every_ms; every_ms then is the longest that it leaves between two times.
alter table stream add column cron text;
alter table stream add column zone text;
-- Of a hybrid stream: the condition on an entity whose writes go at once.
alter table stream add column critical text;
-- auto: writes go by themselves. plan: they wait for a plan that somebody applies.
alter table stream add column approval text not null default 'auto' check (approval in ('auto', 'plan'));
-- Which deletions travel: those here to the vendor (out), those there to Winston (in).
alter table stream add column deletes text not null default 'both' check (deletes in ('both', 'in', 'out', 'none'));
-- Records that changed last before this are not brought in, unless they are known already.
alter table stream add column backfill_since timestamptz;

-- Whether it goes at once all the same: it is critical, or a person said now. Null: nobody has looked yet.
alter table intent add column urgent boolean;
