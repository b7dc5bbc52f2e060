comment on column audit_entries.group_id is 'The group it was done for, if any.';
comment on column audit_entries.actor_role is 'As what it was done: coordinator, broker, owner, operator ...; null: not said.';
drop function acting_role(uuid, uuid, uuid);
