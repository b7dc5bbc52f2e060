alter table queue_items
  drop constraint queue_items_changes_are_of_guests,
  drop column changes,
  drop column version;
