-- As what somebody acts for a group, for the records of every act.

-- In plpgsql, which keeps the plan: a function in SQL that cannot be part of the statement is planned each time.
create function acting_role(of_group uuid, of_network uuid, person uuid) returns text language plpgsql stable parallel safe as $$
begin
  return (
    select role from (
      select m.role, case m.role when 'viewer' then 2 else 0 end as rank from memberships m where m.group_id = of_group and m.user_id = person
      union all
      select case when of_network is null or of_network = a.network_id then s.role else 'editor' end, 1
        from assisted_groups a join network_staff s on s.network_id = a.network_id
        where a.group_id = of_group and a.state = 'begun' and s.user_id = person
      union all
      select s.role, 3 from network_staff s where s.network_id = of_network and s.user_id = person
    ) roles order by rank limit 1);
end $$;
comment on function acting_role(uuid, uuid, uuid) is
  'As what a person acts for a group now: its owner or editor, else staff (coordinator, broker) of the network that acts for it because it is not online (to another network, its editor), else its viewer, else staff of the network in which it is done; null: nothing.';

comment on column audit_entries.actor_role is
  'As what it was done: coordinator, broker, owner, editor, operator, program ...; null: a person for nobody but themselves, or from before it was kept.';
comment on column audit_entries.group_id is 'The group that it was done for, or that a decision of staff concerns.';
