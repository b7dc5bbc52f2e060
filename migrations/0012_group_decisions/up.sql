-- What staff decided about groups beside the queue is among the decisions, as what they decide there from now on is. An entry of the audit
-- trail gives its id to the decision and, where nothing had waited, to the item of the queue.
with direct as (
  select a.id, a.network_id, g.id as group_id, a.occurred_at, a.actor_id, a.reason,
    case a.action
      when 'ask_group_for_changes' then 'ask_changes' when 'reject_group' then 'reject' when 'suspend_group' then 'suspend' else 'approve'
    end as deed,
    coalesce(a.before, jsonb_build_object('state', a.detail ->> 'from')) as before,
    coalesce(a.after, jsonb_build_object('state', a.detail ->> 'to')) as after,
    q.id as item_id
  from audit_entries a
  join groups g on g.id::text = a.subject_id
  join networks n on n.id = a.network_id
  left join queue_items q on q.network_id = a.network_id and q.kind = 'group' and q.subject_id = g.id
    and q.state = 'decided' and q.closed_at = a.occurred_at
    and not exists (select from decisions d where d.queue_item_id = q.id and d.undone_at is null)
  where a.subject_type = 'group' and a.outcome = 'done' and a.actor_id is not null
    and a.action in ('approve_group', 'ask_group_for_changes', 'reject_group', 'suspend_group', 'reinstate_group')
    and coalesce(a.before ->> 'state', a.detail ->> 'from') is not null and coalesce(a.after ->> 'state', a.detail ->> 'to') is not null
    -- Those from the queue are decisions already.
    and not exists (
      select from decisions d
      where d.network_id = a.network_id and d.group_id = g.id and d.listing_id is null and d.decided_at = a.occurred_at)
), items as (
  insert into queue_items (id, network_id, kind, subject_id, group_id, opened_at, due_at, state, closed_at)
  select id, network_id, 'group', group_id, group_id, occurred_at, occurred_at, 'decided', occurred_at from direct where item_id is null
)
insert into decisions (id, queue_item_id, network_id, group_id, deed, reason, words, decided_by, decided_at, final_at, told_at, before, after)
select id, coalesce(item_id, id), network_id, group_id, deed, case when deed <> 'approve' then 'other' end, reason, actor_id, occurred_at,
  occurred_at, occurred_at, jsonb_build_object('standing', before), jsonb_build_object('standing', after)
from direct;

-- Staff begin to act for a group that has members once an owner has said yes.
alter table assisted_groups add column state text not null default 'begun' check (state in ('asked', 'begun'));
comment on column assisted_groups.state is 'asked: it has members, and none of its owners has said yes yet; begun: staff act for it.';
