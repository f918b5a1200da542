-- Set while Winston only reads at this connection, because its database is older than what was done there (src/sync/quarantine.ts).
alter table connection add column quarantined_at timestamptz;
-- Why, in words a person can act on.
alter table connection add column quarantine_reason text;
-- Whether a person is to say when writing starts; else it starts when all is read.
alter table connection add column quarantine_asks boolean not null default false;
