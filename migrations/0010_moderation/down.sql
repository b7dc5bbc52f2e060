do $$
begin
  if exists (select from pg_roles where rolname = 'gotit_program') then
    alter default privileges in schema public revoke all on tables from gotit_program;
    alter default privileges in schema public revoke all on sequences from gotit_program;
    revoke all on all tables in schema public from gotit_program;
    revoke all on all sequences in schema public from gotit_program;
    revoke all on schema public from gotit_program;
  end if;
end $$;
drop trigger audit_entries_stay on audit_entries;
drop function refuse_change;
drop index audit_entries_actor;
alter table audit_entries drop column after, drop column before, drop column outcome, drop column actor_role;
drop table follow_ups;
alter table listings drop column posted_by_staff;
drop table assisted_groups;
alter table network_staff
  drop constraint network_staff_pause_ends,
  drop constraint network_staff_works_on_days,
  drop column paused_until,
  drop column paused,
  drop column works_on,
  drop column carries_at_once;
drop table standard_replies;
drop table appeals;
drop table decisions;
drop table queue_items;
drop table complaints;
drop table safeguarding_flags;
drop table reports;
drop table cross_posts;
drop table listing_edits;
drop table ground_rules_acceptances;

alter table listings drop constraint listings_network_group_fkey;
drop index network_groups_recheck;
alter table network_groups
  drop constraint network_groups_standing_key,
  drop column sign_of_life_at,
  drop column recheck_at,
  drop column in_good_standing,
  drop constraint network_groups_decision_has_time,
  drop constraint network_groups_state_check;
update network_groups set state = 'awaiting_review', decided_at = null where state in ('invited', 'changes_requested');
update network_groups set state = 'approved' where state = 'recertification_required';
alter table network_groups
  add constraint network_groups_state_check check (state in ('awaiting_review', 'approved', 'rejected', 'suspended', 'closed')),
  add constraint network_groups_decision_has_time check ((state = 'awaiting_review') = (decided_at is null)),
  add column in_good_standing boolean not null generated always as (state = 'approved') stored,
  add constraint network_groups_standing_key unique (group_id, network_id, in_good_standing);
alter table listings add constraint listings_network_group_fkey foreign key (group_id, network_id, in_good_standing)
  references network_groups (group_id, network_id, in_good_standing) on update cascade;
comment on column network_groups.in_good_standing is 'Whether the group''s listings in this network may be found. Listings follow it through a foreign key that cascades.';
comment on column network_groups.state is 'awaiting_review, approved, rejected, suspended or closed.';

drop trigger networks_keep_ground_rules on networks;
drop function keep_ground_rules;
drop trigger networks_count_ground_rules on networks;
drop function count_ground_rules;
drop table ground_rules;
drop index networks_lead;
alter table networks drop constraint networks_safeguarding_lead_fkey, drop column safeguarding_lead, drop column rules_version;
drop table network_checks;
drop table network_policies;
