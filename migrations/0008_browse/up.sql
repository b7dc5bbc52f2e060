-- Browsing at any size (docs/decisions/0022-browse-without-cliffs.md): one inverted index that knows the words, kind, category,
-- place and network of every open listing, and the spellings that words are found by.

create function listing_marks(kind text, category_code integer, locality_code bigint, lat double precision, lng double precision, network_id uuid, remote boolean, words text[])
  returns text[] language sql immutable parallel safe as $$
  select array[
    '/' || left(kind, 1), '/' || left(kind, 1) || left(category_code::text, 1), '/' || left(kind, 1) || left(category_code::text, 3),
    '/' || left(kind, 1) || left(category_code::text, 5), '/' || left(kind, 1) || category_code::text,
    '@' || left(locality_code::text, 1), '@' || left(locality_code::text, 3), '@' || left(locality_code::text, 6),
    '@' || left(locality_code::text, 11), '@' || locality_code::text,
    '#0 ' || floor(lat * 16)::integer::text || ' ' || floor(lng * 16)::integer::text,
    '#1 ' || floor(lat * 4)::integer::text || ' ' || floor(lng * 4)::integer::text,
    '#2 ' || floor(lat)::integer::text || ' ' || floor(lng)::integer::text,
    '#3 ' || floor(lat / 4)::integer::text || ' ' || floor(lng / 4)::integer::text,
    '%' || right(network_id::text, 8),
    case when remote then '~' else '%' || right(network_id::text, 8) end]
    || array(select '=' || word from unnest(words) word) $$;
comment on function listing_marks is 'What a listing is besides its words, as marks of the search index: kind with each category that it is in, each locality that it is in, squares of degrees of four sizes, network, whether place does not matter, and the words of the title as matching knows them. A text can hold words that read like marks, so whoever asks for marks checks the columns too. src/listings/queries/terms.rs and src/matching/sql.rs ask for them by the same names.';

alter table listings add column found_by tsvector not null generated always as (
  case when state = 'active'
    then strip(to_tsvector('simple', search_text)) || array_to_tsvector(public.listing_marks(kind, category_code, locality_code, lat, lng, network_id, remote, words))
    else '' end) stored;
comment on column listings.found_by is 'The words of search_text, and the marks of listing_marks, while it is active; else empty. Without positions: a search asks whether a word is there, not where.';

drop index listings_search;
-- New listings wait in a list, which each search reads to its end, and are sorted in together: at most 256 kB, about 150 listings. A
-- longer list makes searches slow, none at all makes posting take twice as long.
create index listings_search on listings using gin (found_by) with (gin_pending_list_limit = 256) where is_open;
drop index listings_position;
create index listings_edited on listings (updated_at) where is_open and updated_at <> fresh_at;
create index localities_position on localities using gist (point(lng, lat));

create table listing_words (
  id bigint primary key generated always as identity,
  word text not null
);
create index listing_words_word on listing_words (word);
create index listing_words_alike on listing_words using gin (word gin_trgm_ops) with (fastupdate = off);
comment on table listing_words is 'Each word of five letters or more that an active listing has or had: what a misspelt word of a search is compared with. Only ever added to, by the trigger of listings; a word that no listing has any more finds nothing.';
comment on column listing_words.id is 'Number of the row; the same word may be there twice.';
comment on column listing_words.word is 'The word, as in listings.found_by.';

create function note_listing_words() returns trigger language plpgsql as $$
begin
  insert into public.listing_words (word)
    select lexeme from unnest(new.found_by) where char_length(lexeme) between 5 and 40 and lexeme !~ '[^[:alpha:]]'
      and not exists (select from public.listing_words known where known.word = lexeme)
    order by lexeme;
  return null;
end $$;
comment on function note_listing_words is 'Keeps listing_words: adds the words of a listing that are new. Two transactions that add the same word at the same time both add it, which does no harm: were words unique, the second would wait for the end of the first, and an import can be long.';
create trigger listings_words after insert or update of search_text, state on listings for each row execute function note_listing_words();
insert into listing_words (word)
  select distinct lexeme from listings, unnest(found_by) where char_length(lexeme) between 5 and 40 and lexeme !~ '[^[:alpha:]]';
