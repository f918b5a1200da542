-- Of a limit whose vendor wants few errors: how many requests were answered since the window began, and how many of these by an error.
alter table budget add column counted_from timestamptz;
alter table budget add column answers bigint not null default 0;
alter table budget add column errors bigint not null default 0;
