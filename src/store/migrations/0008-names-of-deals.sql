-- Deals are looked for by their name alone too, where their account is not known: those that are here get that key.

insert into identity (kind, key, value, entity_id, strong)
select 'deal', 'name', case when length(named.value) <= 300 then named.value else 'sha256:' || encode(sha256(convert_to(named.value, 'UTF8')), 'hex') end, named.id, false
from (
  select id, lower(regexp_replace(btrim(normalize(fields ->> 'name', NFC), E' \t\n\r'), '\s+', ' ', 'g')) as value
  from entity where kind = 'deal' and merged_into is null and jsonb_typeof(fields -> 'name') = 'string') as named
where named.value <> ''
on conflict do nothing;
