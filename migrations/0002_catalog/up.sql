-- The two trees by which things are matched. Both number their nodes so that a subtree is a range of codes.

create function category_width(code integer) returns integer language sql immutable parallel safe as $$
  select case when code % 100000000 = 0 then 100000000 when code % 1000000 = 0 then 1000000 when code % 10000 = 0 then 10000 else 1 end $$;
comment on function category_width is 'How many codes the subtree of a category spans: its own code and the width - 1 codes that follow.';

create function category_parent(code integer) returns integer language sql immutable parallel safe as $$
  select case public.category_width(code) when 1 then code / 10000 * 10000 when 10000 then code / 1000000 * 1000000 when 1000000 then code / 100000000 * 100000000 end $$;
comment on function category_parent is 'Code of the category one step up; null for a resource type.';

create table categories (
  code integer primary key check (code between 100000000 and 699999999),
  slug text not null constraint categories_slug_key unique check (slug ~ '^[a-z0-9]+([.-][a-z0-9]+)*$' and char_length(slug) <= 80),
  parent_code integer references categories (code),
  resource_type text not null check (resource_type in ('thing', 'space', 'skill', 'time', 'transport', 'food')),
  name text not null check (char_length(name) between 1 and 80),
  description text not null check (char_length(description) <= 300),
  network_id uuid,
  constraint categories_parent_fits_code check (parent_code is not distinct from category_parent(code)),
  constraint categories_root_fits_code check (resource_type = (array['thing', 'space', 'skill', 'time', 'transport', 'food'])[code / 100000000]),
  constraint categories_networks_add_children check ((network_id is not null) = (code % 10000 <> 0))
);
create index categories_parent on categories (parent_code);
create index categories_network on categories (network_id) where network_id is not null;
comment on table categories is 'What is exchanged, as a tree below the six resource types. Loaded from data/catalog; networks add children below the leaves.';
comment on column categories.code is 'R PP LL CCCC: resource type, parent, leaf, child of a network. A subtree is a range of codes. Permanent.';
comment on column categories.slug is 'The id on the wire, for example seating.';
comment on column categories.parent_code is 'The category one step up; null for a resource type.';
comment on column categories.resource_type is 'Root of the tree: thing, space, skill, time, transport or food.';
comment on column categories.name is 'Name on screens.';
comment on column categories.description is 'What belongs here, in one sentence.';
comment on column categories.network_id is 'The network that added it; null for the common catalogue.';

create table localities (
  code bigint primary key check (code between 10000000000000 and 99999999999999),
  slug text not null constraint localities_slug_key unique check (slug ~ '^[a-z0-9]+([.-][a-z0-9]+)*$' and char_length(slug) <= 120),
  kind text not null check (kind in ('country', 'region', 'district', 'ward', 'place', 'postcode_district', 'sub_area')),
  name text not null check (char_length(name) between 1 and 100),
  also_known_as text[] not null default '{}',
  parent_code bigint references localities (code),
  lat double precision not null check (lat between -90 and 90),
  lng double precision not null check (lng between -180 and 180),
  population integer not null default 0 check (population >= 0),
  network_id uuid,
  search_text text not null,
  published boolean not null default false,
  constraint localities_position_key unique (code, lat, lng),
  constraint localities_countries_have_no_parent check ((kind = 'country') = (parent_code is null)),
  constraint localities_sub_areas_belong_to_networks check ((kind = 'sub_area') = (network_id is not null))
);
create index localities_parent on localities (parent_code);
create index localities_network on localities (network_id) where network_id is not null;
-- Without fastupdate: after an import the list of pending entries would make the planner prefer reading the whole table.
create index localities_search on localities using gin (search_text gin_trgm_ops) with (fastupdate = off);
create index localities_prefix on localities (search_text text_pattern_ops);
create index localities_nearest on localities using gist (point(lng * 0.58, lat)) where kind = 'place';
comment on table localities is 'Where things are: country, region, district, then place, ward or postcode district, then a network''s own sub-area. Positions are never finer than this.';
comment on column localities.code is 'N RR DDD PPPPP SSS: country, region, district, place, sub-area. A subtree is a range of codes. Permanent.';
comment on column localities.slug is 'The id on the wire, for example hanley-stoke-on-trent.';
comment on column localities.kind is 'country, region, district, ward, place, postcode_district or sub_area.';
comment on column localities.name is 'Name on screens, with its diacritics.';
comment on column localities.also_known_as is 'Other names, for example Caerdydd.';
comment on column localities.parent_code is 'The locality one step up; null for a country.';
comment on column localities.lat is 'Latitude of the centroid, degrees, WGS 84.';
comment on column localities.lng is 'Longitude of the centroid, degrees, WGS 84.';
comment on column localities.population is 'People living there, 0 when not known; orders look-ups only.';
comment on column localities.network_id is 'The network that drew this sub-area; null for public geography.';
comment on column localities.search_text is 'Name and other names, lower case, without diacritics, for look-up by prefix and misspelling.';
comment on column localities.published is 'Last written from an officially published file, which the common localities of the program do not overwrite.';
