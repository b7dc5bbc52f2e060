-- Moderation: what a network allows, what waits for its coordinators, what was decided and why, who may be trusted, and records of it.

-- What a network allows.

create table network_policies (
  network_id uuid primary key references networks (id) on delete cascade,
  review text not null default 'after' check (review in ('before', 'after', 'trust')),
  trust_after integer not null default 3 check (trust_after between 1 and 100),
  most_active_listings integer check (most_active_listings between 1 and 100000),
  most_new_a_day integer check (most_new_a_day between 1 and 10000),
  repeat_after_days integer not null default 7 check (repeat_after_days between 0 and 365),
  area_margin_km integer not null default 30 check (area_margin_km between 0 and 500),
  cross_posting text not null default 'review' check (cross_posting in ('off', 'review', 'open')),
  hide_reported boolean not null default true,
  decide_within_hours integer not null default 24 check (decide_within_hours between 1 and 336),
  undecided_then text not null default 'wait' check (undecided_then in ('wait', 'approve', 'reject')),
  quiet_from smallint check (quiet_from between 0 and 23),
  quiet_until smallint check (quiet_until between 0 and 23),
  rules_grace_days integer not null default 14 check (rules_grace_days between 0 and 90),
  recheck_after_days integer not null default 365 check (recheck_after_days between 30 and 1095),
  version integer not null default 1,
  updated_at timestamptz not null,
  constraint network_policies_quiet_has_both check ((quiet_from is null) = (quiet_until is null)),
  constraint network_policies_quiet_lasts check (quiet_from <> quiet_until)
);
comment on table network_policies is 'What a network allows and how it decides, as settings: one row for each network, made with it.';
comment on column network_policies.network_id is 'The network.';
comment on column network_policies.review is 'When listings are reviewed: before publishing, after, or by trust: before until a group has trust_after approved listings, then after.';
comment on column network_policies.trust_after is 'Approved listings after which a group is trusted.';
comment on column network_policies.most_active_listings is 'How many listings a group may have active at once; null: any number.';
comment on column network_policies.most_new_a_day is 'How many listings a group may post in 24 hours; null: any number.';
comment on column network_policies.repeat_after_days is 'A group''s listing that says the same within so many days is repeated too soon.';
comment on column network_policies.area_margin_km is 'A listing farther than this from the network''s area is out of it, kilometres.';
comment on column network_policies.cross_posting is 'Listings of other networks: off, after review, or open to groups in good standing.';
comment on column network_policies.hide_reported is 'Whether a listing that two report independently is hidden until somebody has decided.';
comment on column network_policies.decide_within_hours is 'The promise to posters: decided within so many hours.';
comment on column network_policies.undecided_then is 'What happens when the promise is broken: wait, approve or reject.';
comment on column network_policies.quiet_from is 'Hour of the day (Europe/London) from which no mail leaves; null: no quiet hours.';
comment on column network_policies.quiet_until is 'Hour of the day (Europe/London) from which mail leaves again.';
comment on column network_policies.rules_grace_days is 'How long groups may post after the ground rules changed before they must have accepted them.';
comment on column network_policies.recheck_after_days is 'How long an approval of a group lasts before it is checked again.';
comment on column network_policies.version is 'Counts edits; the ETag.';
comment on column network_policies.updated_at is 'When it last changed (UTC).';

create table network_checks (
  network_id uuid not null references networks (id) on delete cascade,
  rule text not null check (rule ~ '^[a-z_]{3,40}$'),
  action text not null check (action in ('off', 'warn', 'hold', 'refuse')),
  constraint network_checks_pkey primary key (network_id, rule)
);
comment on table network_checks is 'What a network does about a finding of an automatic check, where it differs from the usual (src/checks/rules.rs).';
comment on column network_checks.network_id is 'The network.';
comment on column network_checks.rule is 'The check, or the kind of thing that is regulated.';
comment on column network_checks.action is 'off, warn the poster, hold for review, or refuse.';

alter table networks
  add column rules_version integer not null default 1,
  add column safeguarding_lead uuid;
comment on column networks.rules_version is 'Counts versions of the ground rules, each of which is in ground_rules.';
comment on column networks.safeguarding_lead is 'The only person who reads safeguarding flags: one of the staff; null: nobody is named.';
alter table networks add constraint networks_safeguarding_lead_fkey
  foreign key (id, safeguarding_lead) references network_staff (network_id, user_id) on delete set null (safeguarding_lead);
create index networks_lead on networks (id, safeguarding_lead);

create table ground_rules (
  network_id uuid not null references networks (id) on delete cascade,
  version integer not null,
  text text not null check (char_length(text) <= 10000),
  published_at timestamptz not null,
  constraint ground_rules_pkey primary key (network_id, version)
);
comment on table ground_rules is 'Every version of every network''s ground rules; written by the trigger of networks, never changed.';
comment on column ground_rules.network_id is 'The network.';
comment on column ground_rules.version is '1, 2, 3 ...';
comment on column ground_rules.text is 'The rules.';
comment on column ground_rules.published_at is 'Since when they hold (UTC).';

create function count_ground_rules() returns trigger language plpgsql as $$
begin
  new.rules_version := old.rules_version + 1;
  return new;
end $$;
comment on function count_ground_rules is 'Changed ground rules are another version.';
create trigger networks_count_ground_rules before update of rules on networks
  for each row when (old.rules is distinct from new.rules) execute function count_ground_rules();

create function keep_ground_rules() returns trigger language plpgsql as $$
begin
  insert into public.ground_rules (network_id, version, text, published_at) values (new.id, new.rules_version, new.rules, new.updated_at)
    on conflict do nothing;
  insert into public.network_policies (network_id, updated_at) values (new.id, new.updated_at) on conflict do nothing;
  return null;
end $$;
comment on function keep_ground_rules is 'Keeps each version of a network''s ground rules, and gives a new network a policy.';
create trigger networks_keep_ground_rules after insert or update of rules on networks for each row execute function keep_ground_rules();

insert into ground_rules (network_id, version, text, published_at) select id, 1, rules, updated_at from networks;
insert into network_policies (network_id, updated_at) select id, updated_at from networks;

-- Groups that can be trusted.

alter table listings drop constraint listings_network_group_fkey;
alter table network_groups
  drop constraint network_groups_standing_key,
  drop column in_good_standing,
  drop constraint network_groups_state_check,
  drop constraint network_groups_decision_has_time;
alter table network_groups
  add constraint network_groups_state_check check (state in
    ('invited', 'awaiting_review', 'approved', 'changes_requested', 'rejected', 'suspended', 'recertification_required', 'closed')),
  add constraint network_groups_decision_has_time check ((state in ('invited', 'awaiting_review')) = (decided_at is null)),
  add column in_good_standing boolean not null generated always as (state in ('approved', 'recertification_required')) stored,
  add column recheck_at timestamptz,
  add column sign_of_life_at timestamptz,
  add constraint network_groups_standing_key unique (group_id, network_id, in_good_standing);
alter table listings add constraint listings_network_group_fkey foreign key (group_id, network_id, in_good_standing)
  references network_groups (group_id, network_id, in_good_standing) on update cascade;
create index network_groups_recheck on network_groups (recheck_at) where state in ('approved', 'recertification_required');
update network_groups set recheck_at = decided_at + interval '365 days', sign_of_life_at = decided_at where state = 'approved';
comment on column network_groups.state is 'invited, awaiting_review, approved, changes_requested, rejected, suspended, recertification_required or closed.';
comment on column network_groups.in_good_standing is 'Whether the group''s listings in this network may be found: approved, or approved and due for its yearly check. Listings follow it through a foreign key that cascades.';
comment on column network_groups.recheck_at is 'When the group must next say that it is still there and what it says is true (UTC); in recertification_required: until when it may.';
comment on column network_groups.sign_of_life_at is 'When somebody of the group last said so (UTC).';

create table ground_rules_acceptances (
  network_id uuid not null,
  group_id uuid not null,
  version integer not null,
  accepted_by uuid references users (id) on delete set null,
  accepted_at timestamptz not null,
  constraint ground_rules_acceptances_pkey primary key (network_id, group_id, version),
  constraint ground_rules_acceptances_rules_fkey foreign key (network_id, version) references ground_rules (network_id, version),
  constraint ground_rules_acceptances_group_fkey foreign key (network_id, group_id) references network_groups (network_id, group_id) on delete cascade
);
create index ground_rules_acceptances_rules on ground_rules_acceptances (network_id, version);
create index ground_rules_acceptances_user on ground_rules_acceptances (accepted_by) where accepted_by is not null;
comment on table ground_rules_acceptances is 'Which group has accepted which version of a network''s ground rules.';
comment on column ground_rules_acceptances.network_id is 'The network.';
comment on column ground_rules_acceptances.group_id is 'The group.';
comment on column ground_rules_acceptances.version is 'The version.';
comment on column ground_rules_acceptances.accepted_by is 'Who accepted for the group; null when that person has left, or it was the operator.';
comment on column ground_rules_acceptances.accepted_at is 'When (UTC).';
insert into ground_rules_acceptances (network_id, group_id, version, accepted_at)
  select network_id, group_id, 1, coalesce(decided_at, requested_at) from network_groups;

-- Listings: edits that wait, other networks.

create table listing_edits (
  id uuid primary key,
  listing_id uuid not null references listings (id),
  network_id uuid not null references networks (id),
  changes jsonb not null check (jsonb_typeof(changes) = 'object'),
  before jsonb not null check (jsonb_typeof(before) = 'object'),
  applied boolean not null,
  state text not null default 'waiting' check (state in ('waiting', 'approved', 'rejected', 'withdrawn')),
  made_by uuid references users (id) on delete set null,
  made_at timestamptz not null,
  decided_at timestamptz,
  constraint listing_edits_decision_has_time check ((state = 'waiting') = (decided_at is null))
);
create unique index listing_edits_one_waiting on listing_edits (listing_id, applied) where state = 'waiting';
create index listing_edits_listing on listing_edits (listing_id, made_at);
create index listing_edits_network on listing_edits (network_id);
create index listing_edits_author on listing_edits (made_by) where made_by is not null;
comment on table listing_edits is 'Edits of approved listings: those that change the meaning wait (applied is false) while the approved version stays visible; small ones are live and looked at afterwards.';
comment on column listing_edits.id is 'UUIDv7.';
comment on column listing_edits.listing_id is 'The listing.';
comment on column listing_edits.network_id is 'The network that decides.';
comment on column listing_edits.changes is 'JSON Merge Patch on what the listing says, as the API writes it.';
comment on column listing_edits.before is 'The same fields as they were in the last approved version.';
comment on column listing_edits.applied is 'Whether it is live already.';
comment on column listing_edits.state is 'waiting, approved, rejected, or withdrawn because the listing ended or said so again.';
comment on column listing_edits.made_by is 'Who made it; null when that person has left.';
comment on column listing_edits.made_at is 'When (UTC).';
comment on column listing_edits.decided_at is 'When it was decided (UTC); null while it waits.';

create table cross_posts (
  listing_id uuid not null references listings (id) on delete cascade,
  network_id uuid not null,
  group_id uuid not null,
  in_good_standing boolean not null,
  moderation text not null check (moderation in ('pending', 'approved', 'changes_requested', 'rejected', 'held')),
  is_shown boolean not null generated always as (moderation = 'approved' and in_good_standing) stored,
  asked_by uuid references users (id) on delete set null,
  asked_at timestamptz not null,
  constraint cross_posts_pkey primary key (listing_id, network_id),
  constraint cross_posts_standing_fkey foreign key (group_id, network_id, in_good_standing)
    references network_groups (group_id, network_id, in_good_standing) on update cascade
);
create index cross_posts_standing on cross_posts (group_id, network_id, in_good_standing);
create index cross_posts_shown on cross_posts (network_id, listing_id) where is_shown;
create index cross_posts_asker on cross_posts (asked_by) where asked_by is not null;
comment on table cross_posts is 'Listings that are shown in a second network. Each network decides for itself; what the home network does not show (listings.is_open) is shown nowhere.';
comment on column cross_posts.listing_id is 'The listing.';
comment on column cross_posts.network_id is 'The other network.';
comment on column cross_posts.group_id is 'Its group.';
comment on column cross_posts.in_good_standing is 'The group''s standing in the other network; follows network_groups by foreign key.';
comment on column cross_posts.moderation is 'Moderation state in the other network.';
comment on column cross_posts.is_shown is 'Whether the other network shows it, if its home network does.';
comment on column cross_posts.asked_by is 'Who asked; null when that person has left.';
comment on column cross_posts.asked_at is 'When (UTC).';

-- Reports, flags, complaints.

create table reports (
  id uuid primary key,
  code text not null constraint reports_code_key unique check (code ~ '^[2-9A-Z]{8,16}$'),
  network_id uuid not null references networks (id),
  listing_id uuid references listings (id),
  group_id uuid not null references groups (id),
  message_id uuid references messages (id),
  reason text not null check (reason ~ '^[a-z_]{3,40}$'),
  words text check (char_length(words) <= 2000),
  reporter_id uuid references users (id) on delete set null,
  reporter_mark bytea not null check (octet_length(reporter_mark) = 32),
  address_mark bytea check (octet_length(address_mark) = 32),
  made_at timestamptz not null,
  outcome text check (outcome in ('acted', 'not_acted', 'decided_before')),
  closed_at timestamptz,
  told_at timestamptz,
  constraint reports_outcome_has_time check ((outcome is null) = (closed_at is null)),
  constraint reports_of_one_thing check (listing_id is null or message_id is null)
);
create unique index reports_one_open on reports (coalesce(listing_id, message_id, group_id), network_id, reporter_mark) where outcome is null;
create index reports_network on reports (network_id, made_at desc, id desc);
create index reports_listing on reports (listing_id, made_at) where listing_id is not null;
create index reports_group on reports (group_id, made_at);
create index reports_message on reports (message_id) where message_id is not null;
create index reports_reporter on reports (reporter_id, made_at desc) where reporter_id is not null;
create index reports_to_forget on reports (closed_at) where address_mark is not null;
comment on table reports is 'What people say is wrong with a listing, a group or a message.';
comment on column reports.id is 'UUIDv7.';
comment on column reports.code is 'What the reporter looks the outcome up by, signed in or not.';
comment on column reports.network_id is 'The network whose coordinators decide.';
comment on column reports.listing_id is 'The listing, when it is about one.';
comment on column reports.group_id is 'The group: the one it is about, or whose listing or message it is about.';
comment on column reports.message_id is 'The message, when it is about one.';
comment on column reports.reason is 'What is wrong, as a word.';
comment on column reports.words is 'What is wrong, in words.';
comment on column reports.reporter_id is 'Who says so; null for a visitor, and when that person has left.';
comment on column reports.reporter_mark is 'SHA-256 of what is reported and the person or the network address: the same for two reports of the same reporter about the same. Of visitors it is made anew 30 days after the end.';
comment on column reports.address_mark is 'SHA-256 of what is reported and the network address, so that nobody reports once signed in and once as a visitor; erased 30 days after the end.';
comment on column reports.made_at is 'When (UTC).';
comment on column reports.outcome is 'acted, not_acted, or decided_before (a recent decision stands); null while it waits.';
comment on column reports.closed_at is 'When that was settled (UTC).';
comment on column reports.told_at is 'When the reporter was told (UTC).';

create table safeguarding_flags (
  id uuid primary key,
  code text not null constraint safeguarding_flags_code_key unique check (code ~ '^[2-9A-Z]{8,16}$'),
  network_id uuid not null references networks (id),
  listing_id uuid references listings (id),
  group_id uuid references groups (id),
  message_id uuid references messages (id),
  words text not null check (char_length(words) between 1 and 4000),
  reporter_id uuid references users (id) on delete set null,
  made_at timestamptz not null,
  read_at timestamptz,
  closed_at timestamptz,
  outcome text check (char_length(outcome) between 1 and 2000),
  constraint safeguarding_flags_closed_with_outcome check ((closed_at is null) = (outcome is null))
);
create index safeguarding_flags_network on safeguarding_flags (network_id, made_at desc, id desc);
create index safeguarding_flags_listing on safeguarding_flags (listing_id) where listing_id is not null;
create index safeguarding_flags_group on safeguarding_flags (group_id) where group_id is not null;
create index safeguarding_flags_message on safeguarding_flags (message_id) where message_id is not null;
create index safeguarding_flags_reporter on safeguarding_flags (reporter_id) where reporter_id is not null;
comment on table safeguarding_flags is 'Worries about somebody''s safety. Read by the network''s safeguarding lead alone; every reading is an audit entry.';
comment on column safeguarding_flags.id is 'UUIDv7.';
comment on column safeguarding_flags.code is 'What the reporter can quote.';
comment on column safeguarding_flags.network_id is 'The network whose lead reads it.';
comment on column safeguarding_flags.listing_id is 'The listing, when it is about one.';
comment on column safeguarding_flags.group_id is 'The group, when it is about one.';
comment on column safeguarding_flags.message_id is 'The message, when it is about one.';
comment on column safeguarding_flags.words is 'The worry, in words.';
comment on column safeguarding_flags.reporter_id is 'Who says so; null for a visitor, and when that person has left.';
comment on column safeguarding_flags.made_at is 'When (UTC).';
comment on column safeguarding_flags.read_at is 'When the lead first read it (UTC).';
comment on column safeguarding_flags.closed_at is 'When the lead closed it (UTC).';
comment on column safeguarding_flags.outcome is 'What the lead did.';

create table complaints (
  id uuid primary key,
  code text not null constraint complaints_code_key unique check (code ~ '^[2-9A-Z]{8,16}$'),
  network_id uuid not null references networks (id),
  about text not null check (about in ('service', 'decision', 'staff', 'data_protection', 'accessibility', 'other')),
  words text not null check (char_length(words) between 1 and 4000),
  user_id uuid references users (id) on delete set null,
  email text check (email = lower(email) and char_length(email) <= 254),
  made_at timestamptz not null,
  acknowledged_at timestamptz,
  answer_by timestamptz not null,
  outcome text check (outcome in ('upheld', 'partly_upheld', 'not_upheld', 'withdrawn')),
  answer text check (char_length(answer) between 1 and 4000),
  answered_by uuid,
  answered_at timestamptz,
  constraint complaints_answer_has_time check ((outcome is null) = (answered_at is null))
);
create index complaints_open on complaints (network_id, answer_by, id) where answered_at is null;
create index complaints_network on complaints (network_id, made_at desc, id desc);
create index complaints_user on complaints (user_id) where user_id is not null;
comment on table complaints is 'Complaints about how the service is run (Online Safety Act 2023, section 21) and about personal data (Data Protection Act 2018, section 164A, since June 2026), with their clock.';
comment on column complaints.id is 'UUIDv7.';
comment on column complaints.code is 'What the complainant looks the answer up by.';
comment on column complaints.network_id is 'The network that answers.';
comment on column complaints.about is 'service, decision, staff, data_protection, accessibility or other.';
comment on column complaints.words is 'The complaint.';
comment on column complaints.user_id is 'Who complains; null for a visitor, and when that person has left.';
comment on column complaints.email is 'Where to write to a visitor; erased 30 days after the answer.';
comment on column complaints.made_at is 'When it came (UTC).';
comment on column complaints.acknowledged_at is 'When the complainant was told that it has come (UTC). The law gives 30 days.';
comment on column complaints.answer_by is 'When it is to be answered (UTC).';
comment on column complaints.outcome is 'upheld, partly_upheld, not_upheld or withdrawn; null while it waits.';
comment on column complaints.answer is 'The answer, in words.';
comment on column complaints.answered_by is 'Who answered. Not a foreign key: records outlive people.';
comment on column complaints.answered_at is 'When it was answered (UTC).';

-- The queue, decisions, appeals.

create table queue_items (
  id uuid primary key,
  network_id uuid not null references networks (id),
  kind text not null check (kind in ('listing', 'edit', 'cross_post', 'group', 'report', 'appeal')),
  subject_id uuid not null,
  listing_id uuid references listings (id),
  group_id uuid not null references groups (id),
  findings jsonb not null default '[]' check (jsonb_typeof(findings) = 'array'),
  opened_at timestamptz not null,
  due_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'decided', 'withdrawn')),
  closed_at timestamptz,
  claimed_by uuid references users (id) on delete set null,
  claimed_until timestamptz,
  warned_at timestamptz,
  constraint queue_items_tenant_key unique (id, network_id),
  constraint queue_items_closed_has_time check ((state = 'waiting') = (closed_at is null)),
  constraint queue_items_listing_where_needed check ((kind in ('listing', 'edit', 'cross_post')) <= (listing_id is not null))
);
create unique index queue_items_one_waiting on queue_items (network_id, kind, subject_id) where state = 'waiting';
create index queue_items_page on queue_items (network_id, due_at, id) where state = 'waiting';
create index queue_items_kind_page on queue_items (network_id, kind, due_at, id) where state = 'waiting';
create index queue_items_claims on queue_items (claimed_by) where claimed_by is not null;
create index queue_items_late on queue_items (due_at, id) where state = 'waiting' and warned_at is null;
create index queue_items_listing on queue_items (listing_id, opened_at) where listing_id is not null;
create index queue_items_group on queue_items (group_id, opened_at);
create index queue_items_closed on queue_items (network_id, closed_at) where state = 'decided';
comment on table queue_items is 'Everything that waits, or waited, for a network''s coordinators.';
comment on column queue_items.id is 'UUIDv7.';
comment on column queue_items.network_id is 'The network whose coordinators decide.';
comment on column queue_items.kind is 'listing, edit, cross_post, group, report or appeal.';
comment on column queue_items.subject_id is 'What waits: the listing (listing, cross_post), the edit, the group, what is reported (listing, group or message), the appeal.';
comment on column queue_items.listing_id is 'The listing that it is about, if any.';
comment on column queue_items.group_id is 'The group that it is about.';
comment on column queue_items.findings is 'What the automatic checks found when it came.';
comment on column queue_items.opened_at is 'When it came (UTC).';
comment on column queue_items.due_at is 'The promise: decided by then (UTC).';
comment on column queue_items.state is 'waiting, decided, or withdrawn because what waited has gone.';
comment on column queue_items.closed_at is 'When it ceased to wait (UTC).';
comment on column queue_items.claimed_by is 'The coordinator who is at it.';
comment on column queue_items.claimed_until is 'The claim ends by itself (UTC).';
comment on column queue_items.warned_at is 'When the staff were told that the promise is broken (UTC).';

create table decisions (
  id uuid primary key,
  queue_item_id uuid not null,
  network_id uuid not null,
  listing_id uuid references listings (id),
  group_id uuid not null references groups (id),
  deed text not null check (deed in ('approve', 'ask_changes', 'reject', 'hold', 'turn', 'merge', 'remove', 'keep', 'suspend', 'overturn')),
  reason text check (reason ~ '^[a-z_]{3,40}$'),
  words text check (char_length(words) <= 2000),
  decided_by uuid,
  decided_at timestamptz not null,
  final_at timestamptz not null,
  before jsonb not null default '{}',
  after jsonb not null default '{}',
  undone_by uuid,
  undone_at timestamptz,
  told_at timestamptz,
  constraint decisions_item_fkey foreign key (queue_item_id, network_id) references queue_items (id, network_id),
  constraint decisions_decider_key unique (id, decided_by),
  constraint decisions_explain check (deed in ('approve', 'keep') or reason is not null),
  constraint decisions_told_or_undone check (told_at is null or undone_at is null)
);
create unique index decisions_one_standing on decisions (queue_item_id) where undone_at is null;
create index decisions_item on decisions (queue_item_id, network_id);
create index decisions_due on decisions (final_at) where told_at is null and undone_at is null;
create index decisions_network on decisions (network_id, decided_at);
create index decisions_listing on decisions (listing_id, decided_at) where listing_id is not null;
create index decisions_group on decisions (group_id, decided_at);
comment on table decisions is 'What coordinators decided, and why. One that is undone within 30 seconds stays here; nobody but staff hears of it.';
comment on column decisions.id is 'UUIDv7.';
comment on column decisions.queue_item_id is 'What had waited.';
comment on column decisions.network_id is 'The network that decided.';
comment on column decisions.listing_id is 'The listing that it is about, if any.';
comment on column decisions.group_id is 'The group that it is about.';
comment on column decisions.deed is 'approve, ask_changes, reject, hold, turn (offer into want or back), merge (with a duplicate), remove, keep (a reported thing), suspend (a group), overturn (an appealed decision).';
comment on column decisions.reason is 'Which rule, as a word; the poster reads it.';
comment on column decisions.words is 'Why, in words; the poster reads them.';
comment on column decisions.decided_by is 'Who decided; null for the program. Not a foreign key: records outlive people. The poster reads the role only.';
comment on column decisions.decided_at is 'When (UTC).';
comment on column decisions.final_at is 'Until when it can be undone (UTC). Then those concerned are told.';
comment on column decisions.before is 'What it changed, as it was.';
comment on column decisions.after is 'What it changed, as it is.';
comment on column decisions.undone_by is 'Who took it back.';
comment on column decisions.undone_at is 'When it was taken back (UTC).';
comment on column decisions.told_at is 'When those concerned were told (UTC).';

create table appeals (
  id uuid primary key,
  decision_id uuid not null constraint appeals_once unique,
  first_decider uuid,
  network_id uuid not null references networks (id),
  group_id uuid not null references groups (id),
  words text not null check (char_length(words) between 1 and 2000),
  made_by uuid references users (id) on delete set null,
  made_at timestamptz not null,
  outcome text check (outcome in ('upheld', 'overturned', 'withdrawn')),
  answer text check (char_length(answer) <= 2000),
  decided_by uuid,
  decided_at timestamptz,
  constraint appeals_decision_fkey foreign key (decision_id) references decisions (id),
  constraint appeals_decider_fkey foreign key (decision_id, first_decider) references decisions (id, decided_by),
  constraint appeals_decided_by_another check (decided_by <> first_decider),
  constraint appeals_outcome_has_time check ((outcome is null) = (decided_at is null))
);
create index appeals_decider on appeals (decision_id, first_decider);
create index appeals_network on appeals (network_id, made_at);
create index appeals_group on appeals (group_id, made_at);
create index appeals_author on appeals (made_by) where made_by is not null;
comment on table appeals is 'A group asks once for another coordinator to look at a decision again.';
comment on column appeals.id is 'UUIDv7.';
comment on column appeals.decision_id is 'The decision.';
comment on column appeals.first_decider is 'Who decided first, and so does not decide now; null: the program did.';
comment on column appeals.network_id is 'The network.';
comment on column appeals.group_id is 'The group that asks.';
comment on column appeals.words is 'Why it should be decided otherwise.';
comment on column appeals.made_by is 'Who asks for the group; null when that person has left.';
comment on column appeals.made_at is 'When (UTC).';
comment on column appeals.outcome is 'upheld (the decision stands), overturned or withdrawn; null while it waits.';
comment on column appeals.answer is 'Why, in words.';
comment on column appeals.decided_by is 'Who decided now. Not a foreign key: records outlive people.';
comment on column appeals.decided_at is 'When (UTC).';

create table standard_replies (
  id uuid primary key,
  network_id uuid not null references networks (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 80),
  deed text check (deed in ('approve', 'ask_changes', 'reject', 'hold', 'turn', 'merge', 'remove', 'keep', 'suspend', 'overturn')),
  reason text check (reason ~ '^[a-z_]{3,40}$'),
  words text not null check (char_length(words) between 1 and 2000),
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint standard_replies_name_key unique (network_id, name)
);
comment on table standard_replies is 'Words that a network''s coordinators use again and again.';
comment on column standard_replies.id is 'UUIDv7.';
comment on column standard_replies.network_id is 'The network.';
comment on column standard_replies.name is 'What the reply is called in a list.';
comment on column standard_replies.deed is 'The decision it goes with; null: any.';
comment on column standard_replies.reason is 'The reason it goes with; null: any.';
comment on column standard_replies.words is 'The words, with placeholders such as {title}.';
comment on column standard_replies.version is 'Counts edits; the ETag.';
comment on column standard_replies.created_at is 'When it was made (UTC).';
comment on column standard_replies.updated_at is 'When it last changed (UTC).';

alter table network_staff
  add column carries_at_once integer not null default 20 check (carries_at_once between 1 and 200),
  add column works_on text[] not null default array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  add column paused boolean not null default false,
  add column paused_until timestamptz,
  add constraint network_staff_works_on_days check (works_on <@ array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
  add constraint network_staff_pause_ends check (paused or paused_until is null);
comment on column network_staff.carries_at_once is 'How many queue items the person claims at once.';
comment on column network_staff.works_on is 'The days on which the person wants to hear of the queue.';
comment on column network_staff.paused is 'Whether the person has a break from the queue.';
comment on column network_staff.paused_until is 'When the break ends by itself (UTC); null: when the person says so.';

-- People who are not online.

create table assisted_groups (
  group_id uuid primary key references groups (id) on delete cascade,
  network_id uuid not null,
  way text not null check (way in ('call', 'text', 'post', 'through_helper')),
  contact text not null check (char_length(contact) between 1 and 300),
  consent_given text not null check (consent_given in ('spoken', 'written')),
  consent_words text not null check (char_length(consent_words) between 1 and 500),
  consent_at timestamptz not null,
  recorded_by uuid,
  recorded_at timestamptz not null,
  constraint assisted_groups_network_fkey foreign key (network_id, group_id) references network_groups (network_id, group_id) on delete cascade
);
create index assisted_groups_network on assisted_groups (network_id, group_id);
comment on table assisted_groups is 'Groups that are not online: a network''s staff act for them, with their consent. Seen by that staff alone; deleted when the consent ends.';
comment on column assisted_groups.group_id is 'The group.';
comment on column assisted_groups.network_id is 'The network whose staff act for it.';
comment on column assisted_groups.way is 'How to reach it: call, text, post or through_helper.';
comment on column assisted_groups.contact is 'The number, address or helper by which it is reached.';
comment on column assisted_groups.consent_given is 'spoken or written.';
comment on column assisted_groups.consent_words is 'What they agreed to, and who said so.';
comment on column assisted_groups.consent_at is 'When they agreed (UTC).';
comment on column assisted_groups.recorded_by is 'Who recorded it. Not a foreign key: records outlive people.';
comment on column assisted_groups.recorded_at is 'When it was recorded (UTC).';

alter table listings add column posted_by_staff boolean not null default false;
comment on column listings.posted_by_staff is 'Whether staff posted it for a group that is not online. Shown to staff alone.';

create table follow_ups (
  id uuid primary key,
  network_id uuid not null references networks (id),
  group_id uuid not null references groups (id),
  topic text not null check (topic ~ '^[a-z_]{3,40}$'),
  listing_id uuid references listings (id),
  exchange_id uuid references exchanges (id),
  due_at timestamptz not null,
  made_at timestamptz not null,
  done_at timestamptz,
  done_by uuid,
  note text check (char_length(note) between 1 and 1000)
);
create unique index follow_ups_one_open on follow_ups (group_id, topic, coalesce(listing_id, exchange_id, group_id)) where done_at is null;
create index follow_ups_due on follow_ups (network_id, due_at, id) where done_at is null;
create index follow_ups_done on follow_ups (network_id, done_at) where done_at is not null;
create index follow_ups_listing on follow_ups (listing_id) where listing_id is not null;
create index follow_ups_exchange on follow_ups (exchange_id) where exchange_id is not null;
comment on table follow_ups is 'The call list: what a group that is not online has to be told or asked.';
comment on column follow_ups.id is 'UUIDv7.';
comment on column follow_ups.network_id is 'The network whose staff call.';
comment on column follow_ups.group_id is 'Whom.';
comment on column follow_ups.topic is 'About what: the topic of the notice, or call_back.';
comment on column follow_ups.listing_id is 'The listing that it is about, if any.';
comment on column follow_ups.exchange_id is 'The exchange that it is about, if any.';
comment on column follow_ups.due_at is 'By when (UTC).';
comment on column follow_ups.made_at is 'When it was put on the list (UTC).';
comment on column follow_ups.done_at is 'When it was done (UTC).';
comment on column follow_ups.done_by is 'Who did it. Not a foreign key: records outlive people.';
comment on column follow_ups.note is 'What came of it. Never about a private person.';

-- Audit: only ever added to.

alter table audit_entries
  add column actor_role text check (actor_role ~ '^[a-z_]{3,40}$'),
  add column outcome text not null default 'done' check (outcome in ('done', 'denied')),
  add column before jsonb,
  add column after jsonb;
create index audit_entries_actor on audit_entries (network_id, actor_id, occurred_at) where network_id is not null and actor_id is not null;
comment on column audit_entries.actor_role is 'As what it was done: coordinator, broker, owner, operator ...; null: not said.';
comment on column audit_entries.outcome is 'done, or denied because the person may not.';
comment on column audit_entries.before is 'What changed, as it was.';
comment on column audit_entries.after is 'What changed, as it is.';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit entries are only ever added' using errcode = '42501';
end $$;
comment on function refuse_change is 'Keeps audit entries from being changed or deleted, whoever tries.';
create trigger audit_entries_stay before update or delete or truncate on audit_entries for each statement execute function refuse_change();

-- The role that the program works as (src/db.rs): it may use the tables and change none of them, and only add audit entries. Whoever runs
-- the migrations owns the tables. Where that user may not make roles, an operator makes this one (docs/OPERATIONS.md).
do $$
begin
  if not exists (select from pg_roles where rolname = 'gotit_program') then
    create role gotit_program nologin;
  end if;
exception
  when duplicate_object or unique_violation or insufficient_privilege then null;
end $$;
do $$
begin
  if exists (select from pg_roles where rolname = 'gotit_program') then
    grant usage on schema public to gotit_program;
    grant select, insert, update, delete on all tables in schema public to gotit_program;
    grant usage on all sequences in schema public to gotit_program;
    revoke update, delete on audit_entries from gotit_program;
    alter default privileges in schema public grant select, insert, update, delete on tables to gotit_program;
    alter default privileges in schema public grant usage on sequences to gotit_program;
    -- From PostgreSQL 16 on, whoever makes a role may grant it, and not work as it.
    if not pg_has_role(current_user, 'gotit_program', case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end) then
      execute format('grant gotit_program to %I', current_user);
    end if;
  end if;
exception
  when insufficient_privilege then null;
end $$;
