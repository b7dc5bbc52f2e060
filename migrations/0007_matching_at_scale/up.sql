-- Matching at millions of listings (docs/MATCHING.md, docs/decisions/0021-match-index.md): indexes that hold all that the match
-- query looks at, and the rules in the shape that they are cheap in.

alter table listings
  add column basis_mask smallint not null generated always as (
    case when 'give' = any (basis) then 1 else 0 end
    + case when 'lend' = any (basis) then 2 else 0 end
    + case when 'share' = any (basis) then 4 else 0 end) stored,
  add column terms tsvector not null generated always as (array_to_tsvector(words)) stored;
comment on column listings.basis_mask is 'The basis as bits: give 1, lend 2, share 4. Two that have a bit in common have a basis in common.';
comment on column listings.terms is 'The words of the title again, as PostgreSQL counts what two have in common fastest.';

-- The match query reads these indexes and no table: hence all the columns. Three, because how far one has to look depends on the
-- largest reach there may be, and place is nothing to go by when it does not matter.
drop index listings_match;
create index listings_match_near on listings using gist (shelf, position)
  include (id, group_id, reach_km, remote, basis_mask, quantity_left, available_from, available_until, fresh_at, expires_at, terms)
  where is_open and reach_km <= 50;
create index listings_match_far on listings using gist (shelf, position)
  include (id, group_id, reach_km, remote, basis_mask, quantity_left, available_from, available_until, fresh_at, expires_at, terms)
  where is_open and reach_km > 50;
create index listings_match_remote on listings (shelf, id)
  include (group_id, position, reach_km, basis_mask, quantity_left, available_from, available_until, fresh_at, expires_at, terms)
  where is_open and remote;
-- For two-way matches: what a group has open on a shelf.
create index listings_group_shelf on listings (group_id, shelf) where is_open;

create function category_lineage(code integer) returns integer[] language sql immutable parallel safe as $$
  select array_remove(array[
    code,
    nullif(code / 10000 * 10000, code),
    nullif(code / 1000000 * 1000000, code / 10000 * 10000),
    nullif(code / 100000000 * 100000000, code / 1000000 * 1000000)], null) $$;
comment on function category_lineage is 'A category and its ancestors, itself first.';

create function times_overlap(a_from timestamptz, a_until timestamptz, b_from timestamptz, b_until timestamptz) returns boolean
  language sql immutable parallel safe as $$
  select (a_from is null or b_until is null or a_from < b_until) and (b_from is null or a_until is null or b_from < a_until) $$;
comment on function times_overlap is 'Whether two spans of time overlap. Null is an open end; ends that touch do not overlap.';

drop function shared_words;
create function words_in_common(a tsvector, b text[]) returns integer language sql immutable parallel safe as $$
  select length(a) - length(ts_delete(a, b)) $$;
comment on function words_in_common is 'How many words two titles have in common: as many as go from the one when those of the other are taken out.';

drop function words_part;
create function words_part(in_common integer, words integer, other_words integer) returns double precision language sql immutable parallel safe as $$
  select in_common::double precision / greatest(words, other_words, 1) $$;
comment on function words_part is 'Words in common as a share of the longer title''s words.';

-- date_part and not extract, whose numeric costs more than all the rest of the score.
create or replace function freshness_part(fresh_at timestamptz, as_of timestamptz) returns double precision language sql immutable parallel safe as $$
  select exp(least(0, date_part('epoch', fresh_at - as_of) / 2592000)) $$;

create function ring_km(floor double precision, category double precision, reach_km double precision) returns double precision
  language sql immutable parallel safe as $$
  select case
    when floor <= public.match_score(category, 0, 1, 1, 1) then reach_km
    when floor > public.match_score(category, 1, 1, 1, 1) then 0
    else (1 - (floor - public.match_score(category, 0, 1, 1, 1)) / public.match_score(0, 1, 0, 0, 0))
      / (1 / reach_km + (floor - public.match_score(category, 0, 1, 1, 1)) / public.match_score(0, 1, 0, 0, 0) / 10) end + 0.001 $$;
comment on function ring_km is 'Beyond this distance no pair of a band scores the floor, whatever its other parts: match_score and nearness_part solved for the distance, with all other parts 1 and the reach at its largest, and a metre on top for rounding.';
