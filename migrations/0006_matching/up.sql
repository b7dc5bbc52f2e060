-- The rules of matching (docs/MATCHING.md), each in one place. All are plain SQL functions that the planner inlines:
-- immutable, not strict, and the scalar ones without a FROM, so that they cost no call.

create function km_between(a point, b point) returns double precision language sql immutable parallel safe as $$
  select 12742.0176 * asin(least(1, sqrt(power(sin(radians(b[1] - a[1]) / 2), 2)
    + cos(radians(a[1])) * cos(radians(b[1])) * power(sin(radians(b[0] - a[0]) / 2), 2)))) $$;
comment on function km_between is 'Great-circle distance of two points (lng, lat) in kilometres: haversine, mean Earth radius 6371.0088 km (IUGG).';

create function box_around(centre point, km double precision) returns box language sql immutable parallel safe as $$
  select case
    when abs(centre[1]) + km / 111 >= 89 or abs(centre[0]) + km / (111 * cos(radians(abs(centre[1]) + km / 111))) >= 180
    then box(point(-180, centre[1] - km / 111), point(180, centre[1] + km / 111))
    else box(point(centre[0] - km / (111 * cos(radians(abs(centre[1]) + km / 111))), centre[1] - km / 111),
             point(centre[0] + km / (111 * cos(radians(abs(centre[1]) + km / 111))), centre[1] + km / 111)) end $$;
comment on function box_around is 'A box of degrees that holds the circle of so many kilometres around a point (lng, lat); a whole belt near the poles and the date line. For indexes: the exact test is km_between.';

create function is_within(place point, centre point, km double precision) returns boolean language sql immutable parallel safe as $$
  select place <@ public.box_around(centre, km) and public.km_between(place, centre) <= km $$;
comment on function is_within is 'Whether a place is within so many kilometres of another. Inlined, so that an index on the place serves.';

create function shared_words(a text[], b text[]) returns integer language sql immutable parallel safe as $$
  select cardinality(array(select unnest(a) intersect select unnest(b))) $$;
comment on function shared_words is 'How many words two titles have in common.';

create function category_part(offer_category integer, want_category integer, words_in_common integer) returns double precision language sql immutable parallel safe as $$
  select case
    when offer_category between want_category and want_category + public.category_width(want_category) - 1 then 1.0
    when public.category_parent(offer_category) = public.category_parent(want_category)
      or want_category between offer_category and offer_category + public.category_width(offer_category) - 1
      or (offer_category / 100000000 = want_category / 100000000 and words_in_common > 0) then 0.0 end::double precision $$;
comment on function category_part is '1: the thing itself (same category, or the want''s is an ancestor of the offer''s). 0: something like it. Null: not alike, no match.';

create function nearness_part(both_remote boolean, km double precision, reach_km integer) returns double precision language sql immutable parallel safe as $$
  select case when both_remote or km = 0 then 1.0 else (1 - km / nullif(reach_km, 0)) / (1 + km / 10) end::double precision $$;
comment on function nearness_part is '1 in the same locality or when both are remote, falling to 0 at the larger reach.';

create function words_part(words_in_common integer, a text[], b text[]) returns double precision language sql immutable parallel safe as $$
  select words_in_common::double precision / greatest(cardinality(a), cardinality(b), 1) $$;
comment on function words_part is 'Words in common as a share of the longer title''s words.';

create function freshness_part(fresh_at timestamptz, as_of timestamptz) returns double precision language sql immutable parallel safe as $$
  select exp(least(0, extract(epoch from fresh_at - as_of)::double precision / 2592000)) $$;
comment on function freshness_part is '1 when just published or confirmed, falling by e in 30 days.';

create function quantity_part(offered integer, wanted integer) returns double precision language sql immutable parallel safe as $$
  select least(1, offered::double precision / wanted) $$;
comment on function quantity_part is 'How much of the want the offer covers.';

create function match_score(category double precision, nearness double precision, words double precision, freshness double precision, quantity double precision)
  returns double precision language sql immutable parallel safe as $$
  select 0.50 * category + 0.30 * nearness + 0.10 * words + 0.05 * freshness + 0.05 * quantity $$;
comment on function match_score is 'The score of a match, 0 to 1. The parts below category sum to 0.50, so the thing itself always comes before something like it.';

create table match_dismissals (
  offer_id uuid not null,
  want_id uuid not null,
  group_id uuid not null references groups (id) on delete cascade,
  offer_kind text not null default 'offer' check (offer_kind = 'offer'),
  want_kind text not null default 'want' check (want_kind = 'want'),
  created_at timestamptz not null,
  constraint match_dismissals_pkey primary key (offer_id, want_id, group_id),
  constraint match_dismissals_offer_fkey foreign key (offer_id, offer_kind) references listings (id, kind) on delete cascade,
  constraint match_dismissals_want_fkey foreign key (want_id, want_kind) references listings (id, kind) on delete cascade
);
create index match_dismissals_offer on match_dismissals (offer_id, offer_kind);
create index match_dismissals_want on match_dismissals (want_id, want_kind);
create index match_dismissals_group on match_dismissals (group_id);
comment on table match_dismissals is 'Pairs that one of the two groups does not want to see again. Either group''s dismissal hides the pair from both.';
comment on column match_dismissals.offer_id is 'The offer of the pair.';
comment on column match_dismissals.want_id is 'The want of the pair.';
comment on column match_dismissals.group_id is 'The group that dismissed it, and may undo that.';
comment on column match_dismissals.offer_kind is 'Always offer: lets the foreign key see to it that offer_id is one.';
comment on column match_dismissals.want_kind is 'Always want: lets the foreign key see to it that want_id is one.';
comment on column match_dismissals.created_at is 'When (UTC).';
