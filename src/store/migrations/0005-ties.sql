-- Records whose id has its parent's before a colon are asked for by that parent.
create index link_part on link (stream_id, split_part(record_id, ':', 1)) where strpos(record_id, ':') > 0;

-- What was merged into an entity: a tie of either is a tie of both.
create index entity_merged on entity (merged_into) where merged_into is not null;
