alter table users drop column mail_notices;
drop table reminders;
drop table inbox_readers;
drop table notices;
drop table inboxes;
drop table contact_reveals;
drop table outcomes;
drop table exchanges;
drop function count_promises;
drop trigger listings_wait_anew on listings;
drop function wait_anew;
drop table interests;
drop table messages;
drop table thread_groups;
drop table threads;
alter table listings
  drop constraint listings_choose_first_check,
  drop constraint listings_wake_from_sleep,
  drop constraint listings_owner_key,
  drop column choose_after_hours,
  drop column choose_first,
  drop column wakes_at;
update listings set state = 'withdrawn' where state = 'paused';
alter table listings drop constraint listings_state_check;
alter table listings add constraint listings_state_check check (state in ('draft', 'active', 'fulfilled', 'withdrawn', 'expired'));
comment on column listings.state is 'Life cycle: draft, active, fulfilled, withdrawn or expired.';
update network_groups set state = 'suspended' where state = 'closed';
alter table network_groups drop constraint network_groups_state_check;
alter table network_groups add constraint network_groups_state_check check (state in ('awaiting_review', 'approved', 'rejected', 'suspended'));
alter table groups drop constraint groups_registered_with_number, drop column closed_at, drop column registered_number, drop column registered_as, drop column size;
create or replace function keep_an_owner() returns trigger language plpgsql as $$
begin
  perform from groups where id = old.group_id for update;
  if found
    and exists (select from memberships where group_id = old.group_id)
    and not exists (select from memberships where group_id = old.group_id and role = 'owner')
  then
    raise exception 'a group with members keeps an owner' using errcode = '23514', constraint = 'memberships_keep_an_owner';
  end if;
  return null;
end $$;
