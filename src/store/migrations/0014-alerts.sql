-- Alerts: what is wrong and should be told, whom it was told to, and where it is told.

-- Health asks for the last run that ended well, for what failed since, and for what is under way.
create index run_done on run (stream_id, lane, started_at desc) where state = 'done';
create index run_failed on run (stream_id, lane, started_at) where state = 'failed';
create index run_running on run (stream_id, lane) where state = 'running';

-- One cause of one subject, for as long as it lasts.
create table alert (
  id uuid primary key,
  kind text not null,
  -- What it is about, as its source names it: "connection:<id>", "stream:<id>".
  subject text not null,
  connection_id uuid,
  -- watched: its cause is there, but not for long enough to be told.
  state text not null check (state in ('watched', 'open', 'resolved')),
  severity text not null check (severity in ('warning', 'critical')),
  title text not null,
  message text not null,
  -- The streams it is about, by their keys.
  scope jsonb not null default '[]',
  seen_at timestamptz not null,
  raised_at timestamptz,
  -- What was told last: only what is worse than that is told again before its time.
  told_at timestamptz,
  told_severity text,
  told_scope jsonb not null default '[]',
  -- Since when the cause is gone; it may come back.
  clear_since timestamptz,
  -- How often it came back: the longer it must be gone.
  flaps integer not null default 0,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz
);
create unique index alert_one on alert (kind, subject) where state <> 'resolved';
create index alert_resolved on alert (resolved_at) where state = 'resolved';

create table alert_channel (
  id uuid primary key,
  name text not null unique,
  type text not null check (type in ('webhook', 'slack', 'email')),
  settings jsonb not null,
  -- Sealed by src/vault/.
  sealed bytea not null,
  key_id text not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  -- Why the last try failed; null while all is well.
  problem text
);

-- One event of one alert to one channel.
create table alert_delivery (
  id uuid primary key,
  alert_id uuid not null references alert on delete cascade,
  channel_id uuid not null references alert_channel on delete cascade,
  event text not null,
  -- What is told, as it was then.
  body jsonb not null,
  state text not null default 'due' check (state in ('due', 'sent', 'given_up')),
  tries integer not null default 0,
  not_before timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  problem text
);
create index alert_delivery_due on alert_delivery (channel_id, not_before) where state = 'due';
create index alert_delivery_alert on alert_delivery (alert_id);
