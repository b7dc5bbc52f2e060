-- What groups have got and what they want.

create sequence listing_numbers;
comment on sequence listing_numbers is 'Counts listings; short codes are made from it.';

create function short_code(number bigint) returns text language plpgsql immutable strict parallel safe as $$
declare
  alphabet constant text := '23456789BCDFGHJKMNPQRTVWXY';
  -- 26^5 codes of five characters, then 26^6 of six; the factors share no divisor with 26, so no two numbers meet.
  five constant bigint := 11881376;
  six constant bigint := 308915776;
  scattered bigint := case when number < five then (number * 7368787 + 1234577) % five else ((number - five) * 190392491 + 98765431) % six end;
  code text := '';
begin
  for position in 1 .. case when number < five then 5 else 6 end loop
    code := substr(alphabet, (scattered % 26)::int + 1, 1) || code;
    scattered := scattered / 26;
  end loop;
  return code;
end $$;
comment on function short_code is 'A code that people can say on the telephone: no vowels, so no words; none of 0, 1, I, L, O, S, U and Z. Different numbers give different codes.';

create table listings (
  id uuid primary key,
  code text not null constraint listings_code_key unique default short_code(nextval('listing_numbers')),
  group_id uuid not null,
  network_id uuid not null,
  in_good_standing boolean not null,
  kind text not null check (kind in ('offer', 'want')),
  title text not null check (char_length(title) between 3 and 120),
  description text not null check (char_length(description) <= 4000),
  category_code integer not null references categories (code),
  locality_code bigint not null,
  lat double precision not null,
  lng double precision not null,
  position point not null generated always as (point(lng, lat)) stored,
  reach_km integer not null check (reach_km between 0 and 500),
  remote boolean not null,
  basis text[] not null check (basis <@ array['give', 'lend', 'share'] and cardinality(basis) between 1 and 3),
  quantity integer not null check (quantity between 1 and 1000000),
  quantity_promised integer not null default 0 check (quantity_promised >= 0),
  quantity_left integer not null generated always as (quantity - quantity_promised) stored,
  unit text check (char_length(unit) between 1 and 40),
  available_from timestamptz,
  available_until timestamptz,
  availability_note text check (char_length(availability_note) between 1 and 200),
  delivery_possible boolean not null,
  urgency text not null check (urgency in ('low', 'normal', 'high')),
  state text not null check (state in ('draft', 'active', 'fulfilled', 'withdrawn', 'expired')),
  moderation text not null check (moderation in ('pending', 'approved', 'changes_requested', 'rejected', 'held')),
  published_at timestamptz,
  confirmed_at timestamptz,
  fresh_at timestamptz not null generated always as (greatest(published_at, confirmed_at, created_at)) stored,
  expires_at timestamptz,
  words text[] not null,
  search_text text not null,
  external_id text check (char_length(external_id) between 1 and 200),
  created_by uuid references users (id) on delete set null,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  is_open boolean not null generated always as (state = 'active' and moderation = 'approved' and in_good_standing and quantity > quantity_promised) stored,
  shelf integer not null generated always as (category_code + case kind when 'want' then 1000000000 else 0 end) stored,
  constraint listings_network_group_fkey foreign key (group_id, network_id, in_good_standing)
    references network_groups (group_id, network_id, in_good_standing) on update cascade,
  constraint listings_locality_fkey foreign key (locality_code, lat, lng) references localities (code, lat, lng) on update cascade,
  constraint listings_kind_key unique (id, kind),
  constraint listings_external_key unique (group_id, external_id),
  constraint listings_never_promise_more_than_there_is check (quantity_promised <= quantity),
  constraint listings_available_in_order check (available_from < available_until),
  constraint listings_drafts_are_unpublished check (state <> 'draft' or published_at is null),
  constraint listings_published_before_it_ends check (state in ('draft', 'withdrawn') or published_at is not null),
  constraint listings_offers_have_one_basis check (kind = 'want' or cardinality(basis) = 1),
  constraint listings_wants_take_gifts check (kind = 'offer' or 'give' = any (basis))
);
create index listings_match on listings using gist (shelf, position) where is_open;
create index listings_newest on listings (fresh_at desc, id desc) where is_open;
create index listings_shelf on listings (shelf, fresh_at desc, id desc) where is_open;
create index listings_place on listings (locality_code, fresh_at desc, id desc) where is_open;
create index listings_position on listings using gist (position) where is_open;
create index listings_search on listings using gin (search_text gin_trgm_ops) where is_open;
create index listings_network on listings (network_id, fresh_at desc, id desc) where is_open;
create index listings_group on listings (group_id, network_id, in_good_standing);
create index listings_group_newest on listings (group_id, created_at desc, id desc);
create index listings_locality on listings (locality_code, lat, lng);
create index listings_category on listings (category_code);
create index listings_author on listings (created_by) where created_by is not null;
create index listings_expiry on listings (expires_at) where state = 'active';
comment on table listings is 'What a group has got (offer) or wants (want).';
comment on column listings.id is 'UUIDv7.';
comment on column listings.code is 'Short code to say on the telephone, for example G7K2M.';
comment on column listings.group_id is 'Whose it is.';
comment on column listings.network_id is 'The network it was posted in, which moderates it.';
comment on column listings.in_good_standing is 'The group''s standing in that network; follows network_groups by foreign key.';
comment on column listings.kind is 'offer (Got it) or want (Want it).';
comment on column listings.title is 'What it is, in a few words.';
comment on column listings.description is 'More about it. Never about a private person.';
comment on column listings.category_code is 'What kind of thing it is.';
comment on column listings.locality_code is 'Where it is, never finer than a locality.';
comment on column listings.lat is 'Latitude of the locality''s centroid; follows the locality.';
comment on column listings.lng is 'Longitude of the locality''s centroid; follows the locality.';
comment on column listings.position is 'The centroid as (lng, lat), for distances and indexes.';
comment on column listings.reach_km is 'How far the group will bring it (offer) or come for it (want), kilometres.';
comment on column listings.remote is 'True when place does not matter.';
comment on column listings.basis is 'give, lend or share: the one basis of an offer, all that a want accepts.';
comment on column listings.quantity is 'How many there are or are wanted.';
comment on column listings.quantity_promised is 'How many are in open or completed exchanges.';
comment on column listings.quantity_left is 'What can still be promised.';
comment on column listings.unit is 'What is counted, for example chairs or boxes.';
comment on column listings.available_from is 'Not before (UTC); null: now.';
comment on column listings.available_until is 'Not after (UTC); null: open end.';
comment on column listings.availability_note is 'When, in words, for example Tuesdays 9 to 12.';
comment on column listings.delivery_possible is 'Whether the group can bring or fetch it.';
comment on column listings.urgency is 'low, normal or high.';
comment on column listings.state is 'Life cycle: draft, active, fulfilled, withdrawn or expired.';
comment on column listings.moderation is 'Moderation state: pending, approved, changes_requested, rejected or held.';
comment on column listings.published_at is 'When it was published (UTC); null for a draft.';
comment on column listings.confirmed_at is 'When the group last said it is still there (UTC).';
comment on column listings.fresh_at is 'When it was published or last confirmed; freshness counts from here.';
comment on column listings.expires_at is 'When it expires by itself (UTC); null: standing.';
comment on column listings.words is 'The words of the title: stop words dropped, stemmed, synonyms folded; sorted, each once.';
comment on column listings.search_text is 'Title, description and folded words, lower case, without diacritics, for search.';
comment on column listings.external_id is 'The importer''s id of this listing, unique within the group.';
comment on column listings.created_by is 'Who posted it; null when that person has left.';
comment on column listings.version is 'Counts edits; the ETag.';
comment on column listings.created_at is 'When it was made (UTC).';
comment on column listings.updated_at is 'When it last changed (UTC).';
comment on column listings.is_open is 'Whether it may match and be found, apart from its expiry, which the clock decides.';
comment on column listings.shelf is 'Kind and category as one number: a listing''s matches stand on the opposite shelf.';
