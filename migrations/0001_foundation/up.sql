-- What every feature stands on: extensions, the audit trail, the outbox and the memory of idempotent requests.
create extension if not exists pg_trgm;
create extension if not exists btree_gist;

create table audit_entries (
  id uuid primary key,
  occurred_at timestamptz not null,
  actor_id uuid,
  group_id uuid,
  network_id uuid,
  action text not null check (action ~ '^[a-z_]{3,60}$'),
  subject_type text not null check (subject_type ~ '^[a-z_]{3,40}$'),
  subject_id text not null check (char_length(subject_id) <= 100),
  reason text check (char_length(reason) <= 2000),
  detail jsonb not null default '{}'
);
create index audit_entries_subject on audit_entries (subject_type, subject_id, occurred_at);
create index audit_entries_network on audit_entries (network_id, occurred_at) where network_id is not null;
comment on table audit_entries is 'What was done, by whom, for which group, when and why. Only ever added to; ids of people and groups outlive them, so they are not foreign keys.';
comment on column audit_entries.id is 'UUIDv7, so entries sort by time.';
comment on column audit_entries.occurred_at is 'When it was done (UTC).';
comment on column audit_entries.actor_id is 'The user who did it; null for the system itself.';
comment on column audit_entries.group_id is 'The group it was done for, if any.';
comment on column audit_entries.network_id is 'The network whose staff may read the entry, if any.';
comment on column audit_entries.action is 'What was done: verb_resource, for example approve_group.';
comment on column audit_entries.subject_type is 'What it was done to: group, listing, membership ...';
comment on column audit_entries.subject_id is 'Id of what it was done to.';
comment on column audit_entries.reason is 'Why, in words that the person concerned can read.';
comment on column audit_entries.detail is 'Facts of the act. Never an e-mail address, a name or a password.';

create table outbox_events (
  id uuid primary key,
  topic text not null check (topic ~ '^[a-z_.]{3,60}$'),
  payload jsonb not null,
  created_at timestamptz not null,
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null,
  delivered_at timestamptz,
  given_up_at timestamptz,
  last_error text check (char_length(last_error) <= 500)
);
create index outbox_events_due on outbox_events (next_attempt_at) where delivered_at is null and given_up_at is null;
comment on table outbox_events is 'What must leave the program (mail, later webhooks), written in the transaction of the change it announces and delivered at least once after it commits.';
comment on column outbox_events.id is 'UUIDv7; receivers drop repeats by it.';
comment on column outbox_events.topic is 'What happened, for example invitation.created.';
comment on column outbox_events.payload is 'What the delivery needs; emptied when it is over, as it may hold secrets and personal data.';
comment on column outbox_events.created_at is 'When the change was made (UTC).';
comment on column outbox_events.attempts is 'How often delivery was tried.';
comment on column outbox_events.next_attempt_at is 'Not tried before this time (UTC).';
comment on column outbox_events.delivered_at is 'When it was delivered (UTC); null while it waits.';
comment on column outbox_events.given_up_at is 'When it was given up, or had become pointless (UTC); last_error says why.';
comment on column outbox_events.last_error is 'Why the last attempt failed. Never an e-mail address, nor what a mail server said, which may hold one.';

create table credential_attempts (
  bucket bytea primary key check (octet_length(bucket) = 32),
  window_start timestamptz not null,
  attempts integer not null check (attempts > 0)
);
create index credential_attempts_age on credential_attempts (window_start);
comment on table credential_attempts is 'Counts of tries on doors that check a credential, shared by all API processes.';
comment on column credential_attempts.bucket is 'SHA-256 of the door and the account or network address that is counted, so that neither is stored.';
comment on column credential_attempts.window_start is 'When the current window of counting began (UTC).';
comment on column credential_attempts.attempts is 'Tries in the current window.';
