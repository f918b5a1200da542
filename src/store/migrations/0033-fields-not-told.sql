-- Since when a vendor has refused to describe the fields of a stream, and in which words: until it does, they are taken as described last.
alter table stream add column undescribed_since timestamptz;
alter table stream add column undescribed_words text;
