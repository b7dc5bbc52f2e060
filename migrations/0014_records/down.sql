alter table messages drop column network_id;
drop index exchanges_completed;
drop index listings_published;
drop index queue_items_withdrawn;
drop index queue_items_opened;
create index queue_items_closed on queue_items (network_id, closed_at) where state = 'decided';
alter table audit_entries
  alter column action reset (n_distinct), alter column subject_type reset (n_distinct),
  alter column actor_id reset (n_distinct), alter column group_id reset (n_distinct), alter column subject_id reset (n_distinct);
drop index audit_entries_subject;
drop index audit_entries_denied;
drop index audit_entries_kind;
drop index audit_entries_action;
drop index audit_entries_group;
drop index audit_entries_actor;
drop index audit_entries_network;
create index audit_entries_subject on audit_entries (subject_type, subject_id, occurred_at);
create index audit_entries_network on audit_entries (network_id, occurred_at) where network_id is not null;
create index audit_entries_actor on audit_entries (network_id, actor_id, occurred_at) where network_id is not null and actor_id is not null;
