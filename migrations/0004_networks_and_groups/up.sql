-- Networks (the tenants of moderation), groups (the parties), and who may act for them.

create table networks (
  id uuid primary key,
  slug text not null constraint networks_slug_key unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) between 2 and 40),
  name text not null check (char_length(name) between 2 and 120),
  description text not null check (char_length(description) <= 2000),
  rules text not null check (char_length(rules) <= 10000),
  locality_code bigint not null references localities (code),
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index networks_locality on networks (locality_code);
comment on table networks is 'Local networks that groups belong to. A network owns its rules, its staff and its sub-areas.';
comment on column networks.id is 'UUIDv7.';
comment on column networks.slug is 'Short name in addresses and on the command line.';
comment on column networks.name is 'Name on screens.';
comment on column networks.description is 'Who it is for.';
comment on column networks.rules is 'What may be posted and how people treat each other, in plain words.';
comment on column networks.locality_code is 'The area it covers.';
comment on column networks.version is 'Counts edits; the ETag.';
comment on column networks.created_at is 'When it was made (UTC).';
comment on column networks.updated_at is 'When it last changed (UTC).';

alter table categories add constraint categories_network_fkey foreign key (network_id) references networks (id);
alter table localities add constraint localities_network_fkey foreign key (network_id) references networks (id);

create table network_staff (
  network_id uuid not null references networks (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null check (role in ('coordinator', 'broker')),
  created_at timestamptz not null,
  constraint network_staff_pkey primary key (network_id, user_id)
);
create index network_staff_user on network_staff (user_id);
comment on table network_staff is 'Who works for a network. Power ends at the network''s edge.';
comment on column network_staff.network_id is 'The network.';
comment on column network_staff.user_id is 'The person.';
comment on column network_staff.role is 'coordinator decides; broker may propose matches and post for others.';
comment on column network_staff.created_at is 'Since when (UTC).';

create table groups (
  id uuid primary key,
  name text not null check (char_length(name) between 2 and 120),
  description text not null check (char_length(description) <= 2000),
  activities text[] not null default '{}' check (cardinality(activities) <= 10),
  locality_code bigint not null,
  lat double precision not null,
  lng double precision not null,
  position point not null generated always as (point(lng, lat)) stored,
  search_text text not null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint groups_locality_fkey foreign key (locality_code, lat, lng) references localities (code, lat, lng) on update cascade
);
create index groups_locality on groups (locality_code, lat, lng);
create index groups_position on groups using gist (position);
create index groups_search on groups using gin (search_text gin_trgm_ops);
create index groups_activities on groups using gin (activities);
create index groups_newest on groups (created_at desc, id desc);
comment on table groups is 'Organisations that offer and want: the party to every exchange.';
comment on column groups.id is 'UUIDv7.';
comment on column groups.name is 'Name on screens.';
comment on column groups.description is 'What the group does, in its own words.';
comment on column groups.activities is 'What the group does, from a fixed list, for the directory.';
comment on column groups.locality_code is 'Where it is, never finer than a locality.';
comment on column groups.lat is 'Latitude of the locality''s centroid; follows the locality.';
comment on column groups.lng is 'Longitude of the locality''s centroid; follows the locality.';
comment on column groups.position is 'The centroid as (lng, lat), for distances.';
comment on column groups.search_text is 'Name and description, lower case, without diacritics, for search.';
comment on column groups.version is 'Counts edits; the ETag.';
comment on column groups.created_at is 'When it signed up (UTC).';
comment on column groups.updated_at is 'When it last changed (UTC).';

create table network_groups (
  network_id uuid not null references networks (id),
  group_id uuid not null references groups (id) on delete cascade,
  state text not null check (state in ('awaiting_review', 'approved', 'rejected', 'suspended')),
  in_good_standing boolean not null generated always as (state = 'approved') stored,
  external_id text check (char_length(external_id) between 1 and 200),
  reason text check (char_length(reason) <= 2000),
  decided_by uuid references users (id) on delete set null,
  decided_at timestamptz,
  requested_at timestamptz not null,
  constraint network_groups_pkey primary key (network_id, group_id),
  constraint network_groups_standing_key unique (group_id, network_id, in_good_standing),
  constraint network_groups_external_key unique (network_id, external_id),
  constraint network_groups_decision_has_time check ((state = 'awaiting_review') = (decided_at is null))
);
create index network_groups_waiting on network_groups (network_id, requested_at) where state = 'awaiting_review';
create index network_groups_decider on network_groups (decided_by) where decided_by is not null;
comment on table network_groups is 'Which groups belong to which networks, and how they stand there.';
comment on column network_groups.network_id is 'The network.';
comment on column network_groups.group_id is 'The group.';
comment on column network_groups.state is 'awaiting_review, approved, rejected or suspended.';
comment on column network_groups.in_good_standing is 'Whether the group''s listings in this network may be found. Listings follow it through a foreign key that cascades.';
comment on column network_groups.external_id is 'The importer''s id of the group in this network.';
comment on column network_groups.reason is 'Why it was decided so, readable by the group.';
comment on column network_groups.decided_by is 'Who decided.';
comment on column network_groups.decided_at is 'When it was decided (UTC).';
comment on column network_groups.requested_at is 'When the group asked to join (UTC).';

create table memberships (
  group_id uuid not null references groups (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null check (role in ('owner', 'editor', 'viewer')),
  created_at timestamptz not null,
  constraint memberships_pkey primary key (group_id, user_id)
);
create index memberships_user on memberships (user_id);
comment on table memberships is 'Who may act for a group.';
comment on column memberships.group_id is 'The group.';
comment on column memberships.user_id is 'The person.';
comment on column memberships.role is 'owner runs the group; editor posts for it; viewer reads.';
comment on column memberships.created_at is 'Since when (UTC).';

create function keep_an_owner() returns trigger language plpgsql as $$
begin
  perform from groups where id = old.group_id for update;
  if found
    and exists (select from memberships where group_id = old.group_id)
    and not exists (select from memberships where group_id = old.group_id and role = 'owner')
  then
    raise exception 'a group with members keeps an owner' using errcode = '23514', constraint = 'memberships_keep_an_owner';
  end if;
  return null;
end $$;
comment on function keep_an_owner is 'A group that has members has an owner among them, whoever leaves or changes role at the same moment.';
create trigger memberships_keep_an_owner after update of role or delete on memberships
  for each row when (old.role = 'owner') execute function keep_an_owner();

create table invitations (
  id uuid primary key,
  group_id uuid not null references groups (id) on delete cascade,
  email text not null check (email = lower(email) and char_length(email) <= 254),
  role text not null check (role in ('owner', 'editor', 'viewer')),
  code_hash bytea not null constraint invitations_code_key unique check (octet_length(code_hash) = 32),
  invited_by uuid references users (id) on delete set null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz
);
create unique index invitations_one_open on invitations (group_id, email) where accepted_at is null and revoked_at is null;
create index invitations_inviter on invitations (invited_by) where invited_by is not null;
create index invitations_group on invitations (group_id, created_at);
comment on table invitations is 'People asked by e-mail address to act for a group.';
comment on column invitations.id is 'UUIDv7.';
comment on column invitations.group_id is 'The group they are asked into.';
comment on column invitations.email is 'Whom: only an account with this address can accept.';
comment on column invitations.role is 'The role they would have.';
comment on column invitations.code_hash is 'SHA-256 of the code that the invited person must know.';
comment on column invitations.invited_by is 'Who asked.';
comment on column invitations.created_at is 'When (UTC).';
comment on column invitations.expires_at is 'Good until (UTC).';
comment on column invitations.accepted_at is 'When it was accepted (UTC).';
comment on column invitations.revoked_at is 'When it was taken back (UTC).';

create table group_blocks (
  group_id uuid not null references groups (id) on delete cascade,
  blocked_group_id uuid not null references groups (id) on delete cascade,
  created_at timestamptz not null,
  constraint group_blocks_pkey primary key (group_id, blocked_group_id),
  constraint group_blocks_not_oneself check (group_id <> blocked_group_id)
);
create index group_blocks_blocked on group_blocks (blocked_group_id, group_id);
comment on table group_blocks is 'Groups that do not want to deal with each other: neither sees the other in matches.';
comment on column group_blocks.group_id is 'Who blocked.';
comment on column group_blocks.blocked_group_id is 'Whom.';
comment on column group_blocks.created_at is 'When (UTC).';
