-- Whether an entity ever had a record at a connection is asked of every entity at once, when a first load ends.
create index link_closed on link (entity_id, connection_id) where state <> 'active';
