-- Of a request that brought something of a page: the moment of the step that stored it. Null where no page did, or where the request is older.
alter table exchange add column taken_at timestamptz;
-- Of a change that settled a reference which waited for what it names: the moment of the step that stored the record with it.
alter table change add column waited_since timestamptz;
