-- Since when something smells of a change of a stream's fields at its vendor that was not looked at yet. Null: nothing does.
alter table stream add column suspected_at timestamptz;
