update safeguarding_flags set outcome = left(outcome, 2000);
alter table safeguarding_flags drop constraint safeguarding_flags_outcome_check,
  add constraint safeguarding_flags_outcome_check check (char_length(outcome) between 1 and 2000);
alter table assisted_groups drop column begun_at, alter column state set default 'begun';
