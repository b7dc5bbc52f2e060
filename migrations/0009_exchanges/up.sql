-- From a match to a hand-over: interests, exchanges, the talk about them, what each group hears of it, and listings that stay true.

alter table groups
  add column size text check (size in ('small', 'medium', 'large')),
  add column registered_as text check (registered_as in ('charity', 'cic', 'other')),
  add column registered_number text check (registered_number ~ '^[A-Z0-9]{3,12}$'),
  add column closed_at timestamptz,
  add constraint groups_registered_with_number check ((registered_as is null) = (registered_number is null));
comment on column groups.size is 'How many people it serves: small (up to 20), medium (up to 100), large; null: not said.';
comment on column groups.registered_as is 'charity, cic (community interest company) or other; null: not said.';
comment on column groups.registered_number is 'Its number in that register, capitals and digits alone.';
comment on column groups.closed_at is 'When it was closed for good (UTC). Its exchanges stay readable to the other side.';

alter table network_groups drop constraint network_groups_state_check;
alter table network_groups add constraint network_groups_state_check
  check (state in ('awaiting_review', 'approved', 'rejected', 'suspended', 'closed'));

alter table listings drop constraint listings_state_check;
alter table listings
  add constraint listings_state_check check (state in ('draft', 'active', 'paused', 'fulfilled', 'withdrawn', 'expired')),
  add column wakes_at timestamptz,
  add column choose_first text[] not null default '{}',
  add column choose_after_hours integer not null default 0 check (choose_after_hours between 0 and 336),
  add constraint listings_owner_key unique (id, kind, group_id),
  add constraint listings_wake_from_sleep check (wakes_at is null or state = 'paused'),
  add constraint listings_choose_first_check check (choose_first <@ array['small_groups', 'this_locality', 'registered_charities']);
create index listings_wake on listings (wakes_at) where wakes_at is not null;
comment on column listings.state is 'Life cycle: draft, active, paused, fulfilled, withdrawn or expired.';
comment on column listings.wakes_at is 'When a paused listing comes back by itself (UTC); null: when its group brings it back.';
comment on column listings.choose_first is 'Who comes first when the group chooses: small_groups, this_locality, registered_charities.';
comment on column listings.choose_after_hours is 'How long after publishing the group waits before it chooses, hours, so that slower groups have a chance.';

create table threads (
  id uuid primary key,
  created_at timestamptz not null
);
comment on table threads is 'A talk between two groups about an interest and the exchange that may come of it.';
comment on column threads.id is 'UUIDv7.';
comment on column threads.created_at is 'When it began (UTC).';

create table thread_groups (
  thread_id uuid not null references threads (id),
  group_id uuid not null references groups (id),
  read_until timestamptz,
  constraint thread_groups_pkey primary key (thread_id, group_id)
);
create index thread_groups_group on thread_groups (group_id);
comment on table thread_groups is 'The two groups of a thread.';
comment on column thread_groups.thread_id is 'The thread.';
comment on column thread_groups.group_id is 'One of its groups.';
comment on column thread_groups.read_until is 'When somebody of the group last read it (UTC).';

create table messages (
  id uuid primary key,
  thread_id uuid not null,
  group_id uuid not null,
  sender_id uuid references users (id) on delete set null,
  body text not null check (char_length(body) between 1 and 2000),
  created_at timestamptz not null,
  constraint messages_thread_fkey foreign key (thread_id, group_id) references thread_groups (thread_id, group_id)
);
create index messages_thread on messages (thread_id, group_id);
create index messages_newest on messages (thread_id, created_at desc, id desc);
create index messages_sender on messages (sender_id) where sender_id is not null;
comment on table messages is 'What one group wrote to the other.';
comment on column messages.id is 'UUIDv7.';
comment on column messages.thread_id is 'Where it was written.';
comment on column messages.group_id is 'The group that wrote it: one of the thread''s two.';
comment on column messages.sender_id is 'Who wrote it for the group; null when that person has left.';
comment on column messages.body is 'The words.';
comment on column messages.created_at is 'When it was written (UTC).';

create table interests (
  id uuid primary key,
  listing_id uuid not null,
  listing_kind text not null check (listing_kind in ('offer', 'want')),
  owner_group_id uuid not null,
  group_id uuid not null references groups (id),
  with_listing_id uuid,
  with_kind text not null generated always as (case listing_kind when 'offer' then 'want' else 'offer' end) stored,
  thread_id uuid not null constraint interests_thread_key unique,
  quantity integer not null check (quantity between 1 and 1000000),
  message text not null check (char_length(message) <= 1000),
  state text not null check (state in ('open', 'chosen', 'declined', 'withdrawn')),
  end_reason text check (end_reason ~ '^[a-z_]{3,40}$'),
  end_words text check (char_length(end_words) between 1 and 1000),
  created_by uuid references users (id) on delete set null,
  answered_by uuid references users (id) on delete set null,
  created_at timestamptz not null,
  waits_from timestamptz,
  answered_at timestamptz,
  updated_at timestamptz not null,
  constraint interests_listing_fkey foreign key (listing_id, listing_kind, owner_group_id) references listings (id, kind, group_id),
  constraint interests_with_fkey foreign key (with_listing_id, with_kind, group_id) references listings (id, kind, group_id),
  constraint interests_group_in_thread_fkey foreign key (thread_id, group_id) references thread_groups (thread_id, group_id),
  constraint interests_owner_in_thread_fkey foreign key (thread_id, owner_group_id) references thread_groups (thread_id, group_id),
  constraint interests_of_another_group check (group_id <> owner_group_id),
  constraint interests_answer_has_time check ((state = 'open') = (answered_at is null)),
  constraint interests_parties_key unique (id, thread_id)
);
create unique index interests_one_open on interests (listing_id, group_id) where state = 'open';
create index interests_listing on interests (listing_id, listing_kind, owner_group_id);
create index interests_with on interests (with_listing_id, with_kind, group_id) where with_listing_id is not null;
create index interests_group_thread on interests (thread_id, group_id);
create index interests_owner_thread on interests (thread_id, owner_group_id);
create index interests_group on interests (group_id, created_at desc, id desc);
create index interests_waiting on interests (created_at) where state = 'open';
create index interests_author on interests (created_by) where created_by is not null;
create index interests_answerer on interests (answered_by) where answered_by is not null;
comment on table interests is 'A group says of another''s listing: we could, or we would like it.';
comment on column interests.id is 'UUIDv7.';
comment on column interests.listing_id is 'What it is interested in.';
comment on column interests.listing_kind is 'Kind of that listing: offer or want.';
comment on column interests.owner_group_id is 'Whose listing it is: who answers.';
comment on column interests.group_id is 'The group that is interested.';
comment on column interests.with_listing_id is 'Its own listing that this is about, when it came from a match.';
comment on column interests.with_kind is 'Kind of its own listing: the opposite.';
comment on column interests.thread_id is 'Where the two talk about it.';
comment on column interests.quantity is 'How many it asks for or could give.';
comment on column interests.message is 'A few words to the owner.';
comment on column interests.state is 'open, chosen (an exchange came of it), declined or withdrawn.';
comment on column interests.end_reason is 'Why it was declined: not_chosen, listing_fulfilled, no_answer ...';
comment on column interests.end_words is 'The owner''s own words about that.';
comment on column interests.created_by is 'Who said it for the group; null when that person has left.';
comment on column interests.answered_by is 'Who answered; null when that person has left, or the program did.';
comment on column interests.created_at is 'When it was said (UTC).';
comment on column interests.waits_from is 'Since when it has been waiting, when that is not since it was said: its listing came back from a pause then (UTC).';
comment on column interests.answered_at is 'When it ended (UTC); null while it is open.';
comment on column interests.updated_at is 'When it last changed (UTC).';

create function wait_anew() returns trigger language plpgsql as $$
begin
  update interests set waits_from = new.updated_at where listing_id = new.id and state = 'open';
  return null;
end $$;
comment on function wait_anew is 'When a listing comes back from a pause, the days that its owner has for an answer begin anew.';
create trigger listings_wait_anew after update of state on listings
  for each row when (old.state = 'paused' and new.state = 'active') execute function wait_anew();

create table exchanges (
  id uuid primary key,
  offer_id uuid,
  offer_kind text not null default 'offer' check (offer_kind = 'offer'),
  want_id uuid,
  want_kind text not null default 'want' check (want_kind = 'want'),
  giver_group_id uuid not null references groups (id),
  receiver_group_id uuid not null references groups (id),
  network_id uuid not null references networks (id),
  interest_id uuid constraint exchanges_interest_key unique,
  thread_id uuid not null constraint exchanges_thread_key unique,
  title text not null check (char_length(title) between 3 and 120),
  resource_type text not null check (resource_type in ('thing', 'space', 'skill', 'time', 'transport', 'food')),
  basis text not null check (basis in ('give', 'lend', 'share')),
  quantity integer not null check (quantity between 1 and 1000000),
  unit text check (char_length(unit) between 1 and 40),
  requested integer not null check (requested between 1 and 1000000),
  state text not null
    check (state in ('proposed', 'accepted', 'scheduled', 'handed_over', 'completed', 'declined', 'withdrawn', 'cancelled', 'no_show')),
  proposed_by text not null check (proposed_by in ('giver', 'receiver', 'staff')),
  giver_agreed_at timestamptz,
  receiver_agreed_at timestamptz,
  message text not null check (char_length(message) <= 1000),
  scheduled_for timestamptz,
  scheduled_until timestamptz,
  place text check (char_length(place) between 1 and 300),
  return_by timestamptz,
  returned_at timestamptz,
  giver_quantity integer,
  receiver_quantity integer,
  received_quantity integer,
  handed_over_at timestamptz,
  completed_at timestamptz,
  ended_by text check (ended_by in ('giver', 'receiver', 'staff', 'system')),
  end_reason text check (end_reason ~ '^[a-z_]{3,40}$'),
  end_words text check (char_length(end_words) between 1 and 1000),
  version integer not null default 1,
  created_by uuid references users (id) on delete set null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  counts_on_offer integer not null generated always as (
    case when offer_id is null then 0
      when state in ('accepted', 'scheduled', 'handed_over') then quantity
      when state = 'completed' and returned_at is null then received_quantity
      else 0 end) stored,
  counts_on_want integer not null generated always as (
    case when want_id is null then 0
      when state in ('accepted', 'scheduled', 'handed_over') then quantity
      when state = 'completed' then received_quantity
      else 0 end) stored,
  constraint exchanges_offer_fkey foreign key (offer_id, offer_kind, giver_group_id) references listings (id, kind, group_id),
  constraint exchanges_want_fkey foreign key (want_id, want_kind, receiver_group_id) references listings (id, kind, group_id),
  constraint exchanges_giver_in_thread_fkey foreign key (thread_id, giver_group_id) references thread_groups (thread_id, group_id),
  constraint exchanges_receiver_in_thread_fkey foreign key (thread_id, receiver_group_id) references thread_groups (thread_id, group_id),
  constraint exchanges_interest_fkey foreign key (interest_id, thread_id) references interests (id, thread_id),
  constraint exchanges_of_two_groups check (giver_group_id <> receiver_group_id),
  constraint exchanges_of_a_listing check (offer_id is not null or want_id is not null),
  constraint exchanges_agreed_by_both check (
    state in ('proposed', 'declined', 'withdrawn') or (giver_agreed_at is not null and receiver_agreed_at is not null)),
  constraint exchanges_scheduled_has_time check (state <> 'scheduled' or scheduled_for is not null),
  constraint exchanges_schedule_in_order check (scheduled_for < scheduled_until),
  constraint exchanges_handed_over_has_time check (state not in ('handed_over', 'completed') or handed_over_at is not null),
  constraint exchanges_completed_has_quantity check ((state = 'completed') = (received_quantity is not null and completed_at is not null)),
  constraint exchanges_given_within_quantity check (giver_quantity between 1 and quantity),
  constraint exchanges_taken_within_quantity check (receiver_quantity between 1 and quantity),
  constraint exchanges_received_within_quantity check (received_quantity between 1 and quantity),
  constraint exchanges_end_has_reason check ((state in ('declined', 'withdrawn', 'cancelled', 'no_show')) = (end_reason is not null and ended_by is not null)),
  constraint exchanges_return_what_was_lent check (basis <> 'give' or (return_by is null and returned_at is null)),
  constraint exchanges_return_after_completion check (returned_at is null or state = 'completed')
);
create index exchanges_offer on exchanges (offer_id, offer_kind, giver_group_id) where offer_id is not null;
create index exchanges_want on exchanges (want_id, want_kind, receiver_group_id) where want_id is not null;
create index exchanges_interest on exchanges (interest_id, thread_id) where interest_id is not null;
create index exchanges_giver_thread on exchanges (thread_id, giver_group_id);
create index exchanges_receiver_thread on exchanges (thread_id, receiver_group_id);
create index exchanges_giver on exchanges (giver_group_id, created_at desc, id desc);
create index exchanges_receiver on exchanges (receiver_group_id, created_at desc, id desc);
create index exchanges_network on exchanges (network_id, created_at desc, id desc);
create index exchanges_author on exchanges (created_by) where created_by is not null;
create index exchanges_unanswered on exchanges (created_at) where state = 'proposed';
create index exchanges_unconfirmed on exchanges (handed_over_at) where state = 'handed_over';
create index exchanges_to_come_back on exchanges (return_by)
  where state in ('handed_over', 'completed') and returned_at is null and return_by is not null;
create unique index exchanges_one_proposal_for_offer on exchanges (offer_id, receiver_group_id) where state = 'proposed' and proposed_by = 'receiver';
create unique index exchanges_one_proposal_for_want on exchanges (want_id, giver_group_id) where state = 'proposed' and proposed_by = 'giver';
comment on index exchanges_one_proposal_for_offer is 'A group that would like some of an offer has one open proposal about it.';
comment on index exchanges_one_proposal_for_want is 'A group that could give some of what is wanted has one open proposal about it.';
comment on table exchanges is 'One hand-over of a quantity between two groups. docs/EXCHANGES.md has the table of its states.';
comment on column exchanges.id is 'UUIDv7.';
comment on column exchanges.offer_id is 'The giver''s offer, when there is one.';
comment on column exchanges.offer_kind is 'Always offer: for the foreign key.';
comment on column exchanges.want_id is 'The receiver''s want, when there is one.';
comment on column exchanges.want_kind is 'Always want: for the foreign key.';
comment on column exchanges.giver_group_id is 'The group that gives, lends or shares.';
comment on column exchanges.receiver_group_id is 'The group that receives.';
comment on column exchanges.network_id is 'The network of the listing that it came of: whose staff may see it.';
comment on column exchanges.interest_id is 'The interest that it came of, if any.';
comment on column exchanges.thread_id is 'Where the two talk about it.';
comment on column exchanges.title is 'Title of the listing when it was proposed.';
comment on column exchanges.resource_type is 'Resource type of the listing: thing, space, skill, time, transport or food.';
comment on column exchanges.basis is 'give, lend or share.';
comment on column exchanges.quantity is 'How many are promised.';
comment on column exchanges.unit is 'What is counted, for example chairs.';
comment on column exchanges.requested is 'How many the receiver had asked for.';
comment on column exchanges.state is 'proposed, accepted, scheduled, handed_over, completed, declined, withdrawn, cancelled or no_show.';
comment on column exchanges.proposed_by is 'Who proposed it: giver, receiver or staff.';
comment on column exchanges.giver_agreed_at is 'When the giver agreed (UTC).';
comment on column exchanges.receiver_agreed_at is 'When the receiver agreed (UTC).';
comment on column exchanges.message is 'A few words with the proposal.';
comment on column exchanges.scheduled_for is 'When it is to be handed over (UTC). Seen by the two parties alone.';
comment on column exchanges.scheduled_until is 'Until when (UTC).';
comment on column exchanges.place is 'Where, in words. Seen by the two parties alone.';
comment on column exchanges.return_by is 'When a loan is due back (UTC).';
comment on column exchanges.returned_at is 'When it came back (UTC).';
comment on column exchanges.giver_quantity is 'How many the giver says were handed over.';
comment on column exchanges.receiver_quantity is 'How many the receiver says were handed over.';
comment on column exchanges.received_quantity is 'How many were received, as settled at completion.';
comment on column exchanges.handed_over_at is 'When a side first said that it was handed over (UTC).';
comment on column exchanges.completed_at is 'When it was completed (UTC).';
comment on column exchanges.ended_by is 'Who ended it before completion: giver, receiver, staff or system.';
comment on column exchanges.end_reason is 'Why it ended before completion.';
comment on column exchanges.end_words is 'Why, in words.';
comment on column exchanges.version is 'Counts changes; the ETag.';
comment on column exchanges.created_by is 'Who proposed it; null when that person has left.';
comment on column exchanges.created_at is 'When it was proposed (UTC).';
comment on column exchanges.updated_at is 'When it last changed (UTC).';
comment on column exchanges.counts_on_offer is 'How much of the offer this takes: what is promised, then what was received, and nothing once a loan has come back.';
comment on column exchanges.counts_on_want is 'How much of the want this meets.';

create function count_promises() returns trigger language plpgsql as $$
declare
  line record;
begin
  -- In the order of their ids, so that two exchanges of the same two listings never wait for each other.
  for line in
    select id, sum(change)::integer as change
    from (values (new.offer_id, new.counts_on_offer), (new.want_id, new.counts_on_want),
                 (old.offer_id, -old.counts_on_offer), (old.want_id, -old.counts_on_want)) as lines (id, change)
    where id is not null
    group by id having sum(change) <> 0 order by id
  loop
    update listings set quantity_promised = quantity_promised + line.change, updated_at = greatest(updated_at, new.updated_at)
    where id = line.id;
  end loop;
  return null;
end $$;
comment on function count_promises is 'Keeps listings.quantity_promised equal to what the exchanges of the listing count, so that the check of listings refuses to promise more than there is, whoever writes.';
create trigger exchanges_count_promises after insert or update or delete on exchanges for each row execute function count_promises();

create table outcomes (
  exchange_id uuid not null references exchanges (id),
  group_id uuid not null references groups (id),
  how_it_went text not null check (how_it_went in ('well', 'fairly', 'badly')),
  people_helped integer check (people_helped between 0 and 1000000),
  amount double precision check (amount between 0 and 1000000),
  measure text check (measure in ('kilograms', 'hours', 'room_hours', 'miles')),
  story text check (char_length(story) between 1 and 4000),
  may_publish boolean not null,
  created_by uuid references users (id) on delete set null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint outcomes_pkey primary key (exchange_id, group_id),
  constraint outcomes_amount_has_measure check ((amount is null) = (measure is null)),
  constraint outcomes_publish_a_story check (not may_publish or story is not null)
);
create index outcomes_group on outcomes (group_id);
create index outcomes_author on outcomes (created_by) where created_by is not null;
comment on table outcomes is 'What became of an exchange, as each of its groups tells it.';
comment on column outcomes.exchange_id is 'The exchange.';
comment on column outcomes.group_id is 'The group that tells it.';
comment on column outcomes.how_it_went is 'well, fairly or badly.';
comment on column outcomes.people_helped is 'How many people it helped.';
comment on column outcomes.amount is 'How much, in the measure.';
comment on column outcomes.measure is 'kilograms (thing, food), hours (skill, time), room_hours (space) or miles (transport).';
comment on column outcomes.story is 'A story about it.';
comment on column outcomes.may_publish is 'Whether the group agrees that the story is published.';
comment on column outcomes.created_by is 'Who wrote it; null when that person has left.';
comment on column outcomes.created_at is 'When it was first told (UTC).';
comment on column outcomes.updated_at is 'When it last changed (UTC).';

create table contact_reveals (
  id uuid primary key,
  exchange_id uuid not null references exchanges (id),
  group_id uuid not null references groups (id),
  revealed_by uuid references users (id) on delete set null,
  name text check (char_length(name) between 1 and 100),
  email text check (char_length(email) between 3 and 254),
  phone text check (char_length(phone) between 5 and 40),
  created_at timestamptz not null,
  erased_at timestamptz,
  constraint contact_reveals_say_something check (erased_at is not null or email is not null or phone is not null),
  constraint contact_reveals_erased_are_empty check (erased_at is null or num_nonnulls(name, email, phone) = 0)
);
create unique index contact_reveals_one_each on contact_reveals (exchange_id, group_id) where erased_at is null;
create index contact_reveals_exchange on contact_reveals (exchange_id, group_id);
create index contact_reveals_group on contact_reveals (group_id);
create index contact_reveals_person on contact_reveals (revealed_by) where revealed_by is not null;
comment on table contact_reveals is 'Contact details that a group has shown to the other party of an accepted exchange, by pressing a button.';
comment on column contact_reveals.id is 'UUIDv7.';
comment on column contact_reveals.exchange_id is 'The exchange.';
comment on column contact_reveals.group_id is 'The group that shows them.';
comment on column contact_reveals.revealed_by is 'Who pressed the button; null when that person has left.';
comment on column contact_reveals.name is 'Whom to ask for.';
comment on column contact_reveals.email is 'E-mail address.';
comment on column contact_reveals.phone is 'Telephone number.';
comment on column contact_reveals.created_at is 'When they were shown (UTC).';
comment on column contact_reveals.erased_at is 'When they were taken back or no longer needed (UTC); that they were shown stays on record.';

create table inboxes (
  id uuid primary key,
  group_id uuid constraint inboxes_group_key unique references groups (id),
  user_id uuid constraint inboxes_user_key unique references users (id) on delete cascade,
  last_number bigint not null default 0 check (last_number >= 0),
  constraint inboxes_of_a_group_or_a_user check (num_nonnulls(group_id, user_id) = 1)
);
comment on table inboxes is 'Where a group or a user finds what has happened. Made with the first notice.';
comment on column inboxes.id is 'UUIDv7.';
comment on column inboxes.group_id is 'The group, unless it is a user''s.';
comment on column inboxes.user_id is 'The user, unless it is a group''s.';
comment on column inboxes.last_number is 'Number of the last notice. Its row is locked until the notice is committed, so that numbers appear in order and without gaps.';

create table notices (
  inbox_id uuid not null references inboxes (id) on delete cascade,
  number bigint not null check (number > 0),
  topic text not null check (topic ~ '^[a-z_]{3,40}$'),
  listing_id uuid references listings (id),
  interest_id uuid references interests (id),
  exchange_id uuid references exchanges (id),
  other_group_id uuid references groups (id),
  facts jsonb not null,
  created_at timestamptz not null,
  constraint notices_pkey primary key (inbox_id, number)
);
create index notices_listing on notices (listing_id) where listing_id is not null;
create index notices_interest on notices (interest_id) where interest_id is not null;
create index notices_exchange on notices (exchange_id) where exchange_id is not null;
create index notices_other_group on notices (other_group_id) where other_group_id is not null;
create index notices_age on notices (created_at);
comment on table notices is 'What a group or a user is told. The words are made from it when it is read.';
comment on column notices.inbox_id is 'Whose it is.';
comment on column notices.number is 'Counts up by one in each inbox.';
comment on column notices.topic is 'What happened, for example exchange_accepted.';
comment on column notices.listing_id is 'The listing that it is about, if any.';
comment on column notices.interest_id is 'The interest that it is about, if any.';
comment on column notices.exchange_id is 'The exchange that it is about, if any.';
comment on column notices.other_group_id is 'The other group, if any.';
comment on column notices.facts is 'What else the words need. Never a name, an address or a message.';
comment on column notices.created_at is 'When it happened (UTC).';

create table inbox_readers (
  inbox_id uuid not null references inboxes (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  read_until bigint not null check (read_until >= 0),
  constraint inbox_readers_pkey primary key (inbox_id, user_id)
);
create index inbox_readers_user on inbox_readers (user_id);
comment on table inbox_readers is 'How far a person has read an inbox.';
comment on column inbox_readers.inbox_id is 'The inbox.';
comment on column inbox_readers.user_id is 'The person.';
comment on column inbox_readers.read_until is 'Number of the last notice that the person has read.';

create table reminders (
  kind text not null check (kind ~ '^[a-z_]{3,40}$'),
  subject_id uuid not null,
  due_at timestamptz not null,
  created_at timestamptz not null,
  constraint reminders_pkey primary key (kind, subject_id, due_at)
);
create index reminders_age on reminders (created_at);
comment on table reminders is 'What somebody has been reminded of, so that nobody is reminded twice of the same.';
comment on column reminders.kind is 'What for, for example listing_ends_in_a_week.';
comment on column reminders.subject_id is 'Id of the listing, interest or exchange.';
comment on column reminders.due_at is 'What it was due by (UTC): a new end has its own reminders.';
comment on column reminders.created_at is 'When it was sent (UTC).';

-- As before, with a lock that does not keep others from referring to the group meanwhile: an exchange, a notice.
create or replace function keep_an_owner() returns trigger language plpgsql as $$
begin
  perform from groups where id = old.group_id for no key update;
  if found
    and exists (select from memberships where group_id = old.group_id)
    and not exists (select from memberships where group_id = old.group_id and role = 'owner')
  then
    raise exception 'a group with members keeps an owner' using errcode = '23514', constraint = 'memberships_keep_an_owner';
  end if;
  return null;
end $$;

alter table users add column mail_notices boolean not null default true;
comment on column users.mail_notices is 'Whether notices of the person''s groups are mailed to them.';
