//! The statement behind "why not?": one pair, seen from one side.

use super::{CATEGORY, CONDITIONS, OPEN_PARTS, PLACE, Question, seeker};

/// Every condition for one pair, met or not, and what it scores or would score: $1 the seeker, $2 as of, $3 the counterpart.
/// Parts are 0 where there are none; `scored` says whether they mean anything.
pub(super) fn statement() -> String {
    let conditions = CONDITIONS.map(|(name, condition)| format!("({condition}) as {name}")).join(", ");
    let eligible = [&["seeker_open"][..], &CONDITIONS.map(|(name, _)| name), &["place", "thing"]].concat().join(" and ");
    let (_, open) = CONDITIONS[0];
    let shut = OPEN_PARTS.map(|(name, part)| format!("case when not ({part}) then '{name}' end")).join(", ");
    let shut = format!("array_remove(array[{shut}], null)");
    // The same of the seeker, which is the counterpart of nobody here.
    let of_seeker = |what: &str| format!("(select {what} from listings c where c.id = s.id)");
    let (open_seeker, shut_seeker) = (of_seeker(open), of_seeker(&shut));
    let (freshness, quantity) = (Question::Itself.freshness(), Question::Itself.quantity());
    format!(
        "with s as materialized ({seeker}),
         pair as (
           select s.id as seeker_id, s.kind as seeker_kind, s.group_id as seeker_group, c.id as counterpart_id, c.group_id as counterpart_group,
             {conditions}, {open_seeker} as seeker_open, {shut_seeker} as seeker_shut, {shut} as shut,
             way.both_remote or {PLACE} as place, {CATEGORY} is not null as thing, way.km, way.both_remote,
             coalesce({CATEGORY}, 0) as category,
             coalesce(nearness_part(way.both_remote, way.km, greatest(s.reach_km, c.reach_km)), 0) as nearness,
             words_part(words_in_common(c.terms, s.words), s.word_count, length(c.terms)) as words,
             {freshness} as freshness, case when least(s.quantity_left, c.quantity_left) > 0 then {quantity} else 0 end as quantity,
             least(s.quantity_left, c.quantity_left) > 0 as both_left, greatest(s.word_count, length(c.terms)) as most_words,
             c.group_id = s.group_id as same_group,
             exists (select from group_blocks b where b.group_id = s.group_id and b.blocked_group_id = c.group_id) as seeker_blocks,
             exists (select from group_blocks b where b.group_id = c.group_id and b.blocked_group_id = s.group_id) as counterpart_blocks,
             {dismissed_by_seeker} as seeker_dismissed, {dismissed_by_counterpart} as counterpart_dismissed
           from s
           join listings c on c.id = $3 and c.kind <> s.kind
           cross join lateral (select km_between(s.position, c.position) as km, s.remote and c.remote as both_remote offset 0) way)
         select pair.*, {eligible} as eligible, place and thing and both_left as scored, match_score(category, nearness, words, freshness, quantity) as score,
           false as two_way
         from pair",
        seeker = seeker("l.id = $1", ""),
        dismissed_by_seeker = dismissed_by("s.group_id"),
        dismissed_by_counterpart = dismissed_by("c.group_id"),
    )
}

/// Whether this group has dismissed the pair.
fn dismissed_by(group: &str) -> String {
    format!(
        "exists (select from match_dismissals d where d.group_id = {group}
           and d.offer_id = case s.kind when 'offer' then s.id else c.id end and d.want_id = case s.kind when 'offer' then c.id else s.id end)"
    )
}
