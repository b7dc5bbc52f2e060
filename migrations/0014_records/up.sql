-- Records that are found by an index of their own, whatever is asked of them: who looks for the rare does not walk through all.

drop index audit_entries_network;
drop index audit_entries_actor;
drop index audit_entries_subject;
create index audit_entries_network on audit_entries (network_id, occurred_at, id) where network_id is not null;
create index audit_entries_actor on audit_entries (network_id, actor_id, occurred_at, id) where network_id is not null and actor_id is not null;
create index audit_entries_group on audit_entries (network_id, group_id, occurred_at, id) where network_id is not null and group_id is not null;
create index audit_entries_action on audit_entries (network_id, action, occurred_at, id) where network_id is not null;
create index audit_entries_kind on audit_entries (network_id, subject_type, occurred_at, id) where network_id is not null;
create index audit_entries_denied on audit_entries (network_id, occurred_at, id) where network_id is not null and outcome = 'denied';
create index audit_entries_subject on audit_entries (subject_id, network_id, occurred_at, id);
-- A statement is planned once for all values. Counting a sample misses what is rare, and must not make the planner believe that all entries are
-- by one person, or of one kind, so that going through all of them is as good.
alter table audit_entries
  alter column action set (n_distinct = 100), alter column subject_type set (n_distinct = 20),
  alter column actor_id set (n_distinct = 1000), alter column group_id set (n_distinct = 1000), alter column subject_id set (n_distinct = -0.1);

-- What came, went or was published in a period. Nobody reads when what was decided ceased to wait: decisions have their own time.
drop index queue_items_closed;
create index queue_items_opened on queue_items (network_id, opened_at) include (kind);
create index queue_items_withdrawn on queue_items (network_id, closed_at) include (kind) where state = 'withdrawn';
create index listings_published on listings (network_id, published_at) where published_at is not null;
create index exchanges_completed on exchanges (network_id, completed_at) where completed_at is not null;

alter table messages add column network_id uuid;
update messages m set network_id = coalesce(
  (select e.network_id from exchanges e where e.thread_id = m.thread_id),
  (select l.network_id from interests i join listings l on l.id = i.listing_id where i.thread_id = m.thread_id));
alter table messages alter column network_id set not null, add constraint messages_network_fkey foreign key (network_id) references networks (id);
create index messages_network on messages (network_id, created_at) include (group_id);
comment on column messages.network_id is 'The network of what the two groups talk about.';
