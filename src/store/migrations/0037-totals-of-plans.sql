-- What a plan comes to, counted once when it is ready. Null of one made before, or with a state in which its lines still move.
alter table plan add column totals jsonb;
