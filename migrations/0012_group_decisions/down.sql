-- Who has not said yes is not acted for.
delete from assisted_groups where state = 'asked';
alter table assisted_groups drop column state;
-- The decisions stay: they are as true as the entries that they were made from.
