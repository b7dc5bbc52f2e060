-- People who sign in, and how they stay signed in.

create table users (
  id uuid primary key,
  email text not null constraint users_email_key unique check (email = lower(email) and char_length(email) <= 254),
  name text not null check (char_length(name) between 1 and 100),
  password_hash text not null,
  password_changed_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
comment on table users is 'People who sign in. Never a party to an exchange: groups are.';
comment on column users.id is 'UUIDv7.';
comment on column users.email is 'E-mail address in lower case. Shown to nobody but the user.';
comment on column users.name is 'The name that other members of the user''s groups see.';
comment on column users.password_hash is 'argon2id, PHC string.';
comment on column users.password_changed_at is 'When the password was set (UTC).';
comment on column users.created_at is 'When the account was made (UTC).';
comment on column users.updated_at is 'When the account last changed (UTC).';

create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  device text check (char_length(device) between 1 and 100),
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text check (end_reason in ('signed_out', 'signed_out_everywhere', 'password_changed', 'token_reused')),
  constraint sessions_end_has_reason check ((ended_at is null) = (end_reason is null))
);
create index sessions_user on sessions (user_id, created_at);
comment on table sessions is 'One sign-in on one device: the family of its refresh tokens.';
comment on column sessions.id is 'UUIDv7; the sid claim of its access tokens.';
comment on column sessions.user_id is 'Who signed in.';
comment on column sessions.device is 'What the user called the device when signing in, if anything.';
comment on column sessions.created_at is 'When the user signed in (UTC).';
comment on column sessions.last_used_at is 'When a token was last renewed (UTC).';
comment on column sessions.expires_at is 'When it ends if it is not used (UTC).';
comment on column sessions.ended_at is 'When it was ended (UTC); null while it lives.';
comment on column sessions.end_reason is 'Why it was ended.';

create table refresh_tokens (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  session_id uuid not null references sessions (id) on delete cascade,
  created_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens_session on refresh_tokens (session_id);
create unique index refresh_tokens_one_unused on refresh_tokens (session_id) where used_at is null;
comment on table refresh_tokens is 'Refresh tokens of a session. Each is good once; using one again ends the session, because one of two holders has stolen it.';
comment on column refresh_tokens.token_hash is 'SHA-256 of the token; the token itself is not stored.';
comment on column refresh_tokens.session_id is 'The session it renews.';
comment on column refresh_tokens.created_at is 'When it was given out (UTC).';
comment on column refresh_tokens.used_at is 'When it was used (UTC); null while it is good.';

create table signing_keys (
  id text primary key check (char_length(id) between 8 and 64),
  pkcs8 bytea not null,
  created_at timestamptz not null,
  retired_at timestamptz
);
comment on table signing_keys is 'Ed25519 keys that sign access tokens, shared by all API processes.';
comment on column signing_keys.id is 'The kid header of tokens: the key''s RFC 7638 thumbprint.';
comment on column signing_keys.pkcs8 is 'The private key, PKCS#8 DER. Whoever reads this table can sign in as anybody: protect backups.';
comment on column signing_keys.created_at is 'When it was made (UTC).';
comment on column signing_keys.retired_at is 'When it stopped signing (UTC); it still verifies for the life of a token.';

create table idempotency_keys (
  user_id uuid not null references users (id) on delete cascade,
  key text not null check (char_length(key) between 1 and 255),
  operation text not null,
  request_hash bytea not null check (octet_length(request_hash) = 32),
  status smallint,
  headers jsonb,
  body json,
  created_at timestamptz not null,
  primary key (user_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
comment on table idempotency_keys is 'First answers to creating requests, kept 24 hours, so that a repeated request creates nothing twice.';
comment on column idempotency_keys.user_id is 'Who sent the request.';
comment on column idempotency_keys.key is 'The Idempotency-Key header.';
comment on column idempotency_keys.operation is 'operationId and path of the request.';
comment on column idempotency_keys.request_hash is 'SHA-256 of operation and body: the same key with another request is refused.';
comment on column idempotency_keys.status is 'HTTP status of the first answer; null until its transaction is done.';
comment on column idempotency_keys.headers is 'Headers of the first answer that a repeat gets too (Location, ETag).';
comment on column idempotency_keys.body is 'Body of the first answer, without what is shown once only.';
comment on column idempotency_keys.created_at is 'When the first request came (UTC).';
