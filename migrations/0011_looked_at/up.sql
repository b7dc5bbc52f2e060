-- What somebody has looked at: which version of what waits a coordinator has read, and what a second network had approved before an edit.

alter table queue_items
  add column version integer not null default 1,
  add column changes jsonb,
  add constraint queue_items_changes_are_of_guests check (changes is null or kind = 'cross_post' and jsonb_typeof(changes) = 'object');
comment on column queue_items.version is 'Counts changes of what waits, so that nobody decides about words that they have not read.';
comment on column queue_items.changes is 'Of a listing of another network that was edited after it had been approved in this one: each field that says something else, as it was then (before) and as it is (after). Null: it was not approved here.';
