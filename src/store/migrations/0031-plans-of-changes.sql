-- What change of a stream the plan supposes, in words; null for the plan of a sync. Such a plan shows and is not applied.
alter table plan add column supposes text;
