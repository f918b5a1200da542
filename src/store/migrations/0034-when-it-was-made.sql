-- When the record was made, by its vendor's own clock, where its answer told: a later stamp says that it was changed before anybody looked.
alter table unsent add column made_at timestamptz;
