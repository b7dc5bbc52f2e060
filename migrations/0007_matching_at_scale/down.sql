drop function ring_km;
create or replace function freshness_part(fresh_at timestamptz, as_of timestamptz) returns double precision language sql immutable parallel safe as $$
  select exp(least(0, extract(epoch from fresh_at - as_of)::double precision / 2592000)) $$;
drop function words_part;
create function words_part(words_in_common integer, a text[], b text[]) returns double precision language sql immutable parallel safe as $$
  select words_in_common::double precision / greatest(cardinality(a), cardinality(b), 1) $$;
comment on function words_part is 'Words in common as a share of the longer title''s words.';
drop function words_in_common;
create function shared_words(a text[], b text[]) returns integer language sql immutable parallel safe as $$
  select cardinality(array(select unnest(a) intersect select unnest(b))) $$;
comment on function shared_words is 'How many words two titles have in common.';
drop function times_overlap;
drop function category_lineage;
drop index listings_group_shelf;
drop index listings_match_remote;
drop index listings_match_far;
drop index listings_match_near;
create index listings_match on listings using gist (shelf, position) where is_open;
alter table listings drop column terms, drop column basis_mask;
