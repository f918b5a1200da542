-- What a request came to, stored in the transaction of what it did: while `done` stands and `status` does not, its process was killed between
-- the two, and a repeat answers from here instead of doing it again.
alter table idempotency add column done jsonb;
