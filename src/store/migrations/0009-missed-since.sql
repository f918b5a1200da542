-- Since when the vendor says that the record of this intent is not there; null where it last said otherwise.
alter table intent add column missed_at timestamptz;
