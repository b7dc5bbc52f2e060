-- Long queues, each part of which an index of its own serves; and work that fails, which steps back so that it keeps nothing else waiting.

create table queue_findings (
  item_id uuid not null references queue_items (id) on delete cascade,
  rule text not null check (rule ~ '^[a-z_]{3,40}$'),
  network_id uuid not null,
  kind text not null,
  due_at timestamptz not null,
  constraint queue_findings_pkey primary key (item_id, rule)
);
create index queue_findings_page on queue_findings (network_id, rule, due_at, item_id) include (kind);
comment on table queue_findings is 'Which checks found something in what waits, in the order of the queue: written by triggers of queue_items, and gone when the item waits no more.';
comment on column queue_findings.item_id is 'The item that waits.';
comment on column queue_findings.rule is 'The check that found something.';
comment on column queue_findings.network_id is 'The network of the item.';
comment on column queue_findings.kind is 'The kind of the item.';
comment on column queue_findings.due_at is 'The promise of the item (UTC).';

create function keep_queue_findings() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from public.queue_findings where item_id = new.id;
  end if;
  if new.state = 'waiting' then
    insert into public.queue_findings (item_id, rule, network_id, kind, due_at)
      select distinct new.id, finding ->> 'rule', new.network_id, new.kind, new.due_at
      from jsonb_array_elements(new.findings) finding where finding ->> 'rule' is not null;
  end if;
  return null;
end $$;
comment on function keep_queue_findings is 'Writes down what was found in an item for as long as it waits.';
create trigger queue_items_keep_findings_of_new after insert on queue_items
  for each row when (new.findings <> '[]') execute function keep_queue_findings();
create trigger queue_items_keep_findings after update of state, findings, due_at on queue_items
  for each row when (
    (old.state <> new.state or old.findings <> new.findings or old.due_at <> new.due_at)
    and (old.findings <> '[]' or new.findings <> '[]'))
  execute function keep_queue_findings();

insert into queue_findings (item_id, rule, network_id, kind, due_at)
  select distinct q.id, finding ->> 'rule', q.network_id, q.kind, q.due_at
  from queue_items q, jsonb_array_elements(q.findings) finding
  where q.state = 'waiting' and finding ->> 'rule' is not null;

create index queue_items_group_page on queue_items (network_id, group_id, due_at, id) where state = 'waiting';
create index queue_items_subject on queue_items (subject_id) where state = 'waiting';
-- A statement is planned once for all kinds and groups. A kind that is so rare that counting misses it must not make the planner believe that
-- all are of one kind, and that the page of all serves as well as the page of a kind.
alter table queue_items alter column kind set (n_distinct = 6), alter column group_id set (n_distinct = -0.01);
-- A person's claims, too, by when they end: those that have run out are passed over, however many.
drop index queue_items_claims;
create index queue_items_claims on queue_items (claimed_by, network_id, claimed_until, id) where claimed_by is not null;
create index queue_items_live_claims on queue_items (network_id, claimed_until, claimed_by, id) where state = 'waiting' and claimed_by is not null;
create index decisions_decider on decisions (network_id, decided_by, decided_at) where undone_at is null and decided_by is not null;

create table setbacks (
  job text not null check (job ~ '^[a-z_]{3,40}$'),
  subject_id uuid not null,
  attempts integer not null check (attempts >= 0),
  retry_at timestamptz not null,
  constraint setbacks_pkey primary key (job, subject_id)
);
create index setbacks_age on setbacks (retry_at);
comment on table setbacks is 'What a job of the worker could not do, and when it is tried again: until then it keeps nothing else waiting.';
comment on column setbacks.job is 'The job, as logs name it.';
comment on column setbacks.subject_id is 'Id of the decision, listing, interest, exchange ... that it could not deal with.';
comment on column setbacks.attempts is 'How often it has failed; not how often the database was too busy.';
comment on column setbacks.retry_at is 'When it is tried again (UTC).';
