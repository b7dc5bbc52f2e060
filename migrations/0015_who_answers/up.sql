-- Groups that asked before there was a queue wait in it, from now on.
insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at)
  select gen_random_uuid(), g.network_id, 'group', g.group_id, g.group_id, g.requested_at, now() + p.decide_within_hours * interval '1 hour'
  from network_groups g join network_policies p on p.network_id = g.network_id
  where g.state = 'awaiting_review'
  on conflict (network_id, kind, subject_id) where state = 'waiting' do nothing;

-- Nobody could say of a group without members and without helpers that it is still there.
update network_groups g set recheck_at = null
  where g.state = 'approved' and g.recheck_at is not null
    and not exists (select from memberships m where m.group_id = g.group_id)
    and not exists (select from assisted_groups a where a.group_id = g.group_id);

-- Since when staff read for a group; recording the consent anew does not change it.
alter table assisted_groups add column begun_at timestamptz;
update assisted_groups set begun_at = recorded_at where state = 'begun';
alter table assisted_groups alter column state drop default, add constraint assisted_groups_begun_has_time check ((state = 'begun') = (begun_at is not null));
comment on column assisted_groups.begun_at is 'Since when staff act for it (UTC); null while it is asked.';

-- As long as what was said about it.
alter table safeguarding_flags drop constraint safeguarding_flags_outcome_check,
  add constraint safeguarding_flags_outcome_check check (char_length(outcome) between 1 and 4000);
