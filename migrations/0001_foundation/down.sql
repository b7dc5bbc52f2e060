drop table credential_attempts;
drop table outbox_events;
drop table audit_entries;
drop extension btree_gist;
drop extension pg_trgm;
