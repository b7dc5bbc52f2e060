//! The statements of matching, as text. What makes a pair, and what it scores, stands here once and in the SQL functions of the
//! migrations; docs/MATCHING.md has the definition and explains the ring.
//!
//! Every statement looks from one listing, the seeker (alias `s`), at others, the counterparts (alias `c`). `$1` is the seeker's
//! id and `$2` the time as of which is reckoned.

mod explain;

use std::sync::LazyLock;

use super::rules::MOST_REACH_KM;

/// What a counterpart must satisfy besides place and thing, each with the name under which it is explained.
/// The first one is what makes the partial indexes fit.
pub const CONDITIONS: [(&str, &str); 5] = [
    ("open", "c.is_open and (c.expires_at is null or c.expires_at > $2)"),
    ("basis", "c.basis_mask & s.basis_mask <> 0"),
    ("times", "times_overlap(s.available_from, s.available_until, c.available_from, c.available_until)"),
    ("groups", "c.group_id <> all (s.avoided)"),
    ("not_dismissed", "c.id <> all (s.dismissed)"),
];

/// Place: within the larger reach of the two. Pairs of remote ones need no place; see [`Arm::Remote`].
pub const PLACE: &str = "km <= greatest(s.reach_km, c.reach_km)";

/// What the first of [`CONDITIONS`] is made of, for the group that wants to know why its listing is not open. A test holds the two
/// to each other.
pub const OPEN_PARTS: [(&str, &str); 5] = [
    ("state", "c.state = 'active'"),
    ("moderation", "c.moderation = 'approved'"),
    ("standing", "c.in_good_standing"),
    ("left", "c.quantity_left > 0"),
    ("expiry", "c.expires_at is null or c.expires_at > $2"),
];

/// Which thing a pair is: 1 the thing itself, 0 something like it, null neither.
const CATEGORY: &str = "category_part(case s.kind when 'offer' then s.category_code else c.category_code end,
                             case s.kind when 'offer' then c.category_code else s.category_code end,
                             words_in_common(c.terms, s.words))";

/// What is asked of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The thing itself: category part 1.
    Itself,
    /// Something like it: category part 0.
    Like,
    /// The thing itself, as its owners will see the seeker: it is new to them, so its freshness is 1.
    Hearers,
    /// Listings of the seeker's own kind for the same thing: the seeker's category, what is below it and what it is below.
    Similar,
}

/// What can match lies in three indexes.
#[derive(Debug, Clone, Copy)]
enum Arm {
    /// Reach up to [`NEAR_KM`].
    Near,
    /// Longer reach.
    Far,
    /// Both remote. Place does not matter.
    Remote,
}

/// The reach up to which listings stand in the index `listings_match_near`.
const NEAR_KM: u16 = 50;

/// How many times the answer's length is looked at first, nearest first, to find the floor.
const SAMPLE: u8 = 2;

/// The statement of each question, in the order of [`Question`].
static BEST: LazyLock<[String; 4]> = LazyLock::new(|| [Question::Itself, Question::Like, Question::Hearers, Question::Similar].map(best));

/// See [`fits`].
pub static FITS: LazyLock<String> = LazyLock::new(fits);

/// See [`with_groups`].
pub static WITH_GROUPS: LazyLock<String> = LazyLock::new(with_groups);

/// See [`groups_that_fit`].
pub static GROUPS_THAT_FIT: LazyLock<String> = LazyLock::new(groups_that_fit);

/// The category part of a pair, words left out: null when they are alike by nothing but perhaps their words.
const ALIKE: &str = "category_part(
  case s.kind when 'offer' then s.category_code else c.category_code end,
  case s.kind when 'offer' then c.category_code else s.category_code end, 0)";

/// The open listings (alias `l`) of the group $1.
const OPEN_OF_GROUP: &str = "l.group_id = $1 and l.is_open and (l.expires_at is null or l.expires_at > $2)";

/// See [`explain::statement`].
pub static EXPLAIN: LazyLock<String> = LazyLock::new(explain::statement);

impl Question {
    /// The statement that answers it; see [`best`] for its parameters.
    pub fn statement(self) -> &'static str {
        let [itself, like, hearers, similar] = &*BEST;
        match self {
            Self::Itself => itself,
            Self::Like => like,
            Self::Hearers => hearers,
            Self::Similar => similar,
        }
    }

    /// The category part of every pair that answers the question.
    fn category(self) -> u8 {
        u8::from(self != Self::Like)
    }

    /// Where counterparts stand: on the opposite side of the shelves, or on the seeker's own.
    fn side(self) -> &'static str {
        match self {
            Self::Similar => "case s.kind when 'want' then 1000000000 else 0 end",
            Self::Itself | Self::Like | Self::Hearers => "case s.kind when 'offer' then 1000000000 else 0 end",
        }
    }

    /// The ranges of categories (lo, hi) to look through: whatever is not in them is no answer.
    fn lanes(self) -> &'static str {
        match self {
            // What an offer is for: its own category and those above. What a want is met by: its own and those below.
            Self::Itself | Self::Hearers => {
                "select code as lo, code + case s.kind when 'want' then category_width(code) - 1 else 0 end as hi
                 from unnest(case s.kind when 'offer' then category_lineage(s.category_code) else array[s.category_code] end) code"
            }
            // Those with the same parent, what is below an offer, what is above a want. The others with a word in common are found
            // by the word: see `by_word`.
            Self::Like => {
                "select parent as lo, parent + category_width(parent) - 1 as hi
                 from (select coalesce(category_parent(s.category_code), s.category_code) as parent offset 0) p
                 union all select code, code from unnest(category_lineage(s.category_code)) code
                 where s.kind = 'want' and code < category_parent(s.category_code)"
            }
            Self::Similar => {
                "select code as lo, code + case code when s.category_code then category_width(code) - 1 else 0 end as hi
                 from unnest(category_lineage(s.category_code)) code"
            }
        }
    }

    /// Which of those in the ranges are meant. Of the thing itself, all.
    fn alike(self) -> String {
        match self {
            Self::Like => format!("and {ALIKE} = 0"),
            Self::Itself | Self::Hearers | Self::Similar => String::new(),
        }
    }

    fn freshness(self) -> &'static str {
        match self {
            Self::Hearers => "1::double precision",
            Self::Itself | Self::Like | Self::Similar => "freshness_part(c.fresh_at, $2)",
        }
    }

    /// How much of the want is covered. Two of a kind do not cover each other.
    fn quantity(self) -> &'static str {
        match self {
            Self::Similar => "1::double precision",
            Self::Itself | Self::Like | Self::Hearers => {
                "case s.kind when 'offer' then quantity_part(s.quantity_left, c.quantity_left) else quantity_part(c.quantity_left, s.quantity_left) end"
            }
        }
    }
}

/// The listing that asks, with what is worked out once for it: the groups that it is not to meet (its own and those with a block
/// between them) and the listings that were dismissed for it. `whose` narrows the table `listings`, alias `l`; `besides` adds groups
/// not to meet.
fn seeker(whose: &str, besides: &str) -> String {
    format!(
        "select l.id, l.kind, l.group_id, l.category_code, l.position, l.reach_km, l.remote, l.basis_mask, l.quantity_left,
           l.available_from, l.available_until, l.words, cardinality(l.words) as word_count,
           array_to_string(array(select quote_literal(word) from unnest(l.words) word), '|')::tsquery as any_word,
           l.group_id || array(
             select b.blocked_group_id from group_blocks b where b.group_id = l.group_id
             union all select b.group_id from group_blocks b where b.blocked_group_id = l.group_id){besides} as avoided,
           array(select case l.kind when 'offer' then d.want_id else d.offer_id end
             from match_dismissals d where d.offer_id = l.id or d.want_id = l.id) as dismissed
         from listings l where {whose}"
    )
}

/// The best answers to a question, exactly, by a bound: the nearest few give a floor that the last of the best cannot be below;
/// beyond some distance, the ring, nothing scores the floor; so what lies within is all that need be scored.
///
/// $1 the seeker, $2 as of, $3 how many, $4 to $6 after which pair (score, counterpart, seeker), $7 the least score that is of
/// use, $8 groups to leave out,
/// $9 whether to take the seeker even while it is a draft.
fn best(question: Question) -> String {
    let (category, lanes, side) = (question.category(), question.lanes(), question.side());
    let after = "(-score, c.id, s.id) > (-$4, $5, $6)";
    let nearest =
        candidates(Arm::Near, &format!("ring_km($7, {category}, greatest(s.reach_km, {NEAR_KM}))"), "order by c.position <-> s.position");
    let (marks, by_word) = match question {
        Question::Like => (by_word_marks(), format!("union all select * from ({}) c", scored("", &by_word(), question, "ring.floor"))),
        Question::Itself | Question::Hearers | Question::Similar => Default::default(),
    };
    format!(
        "with s as materialized ({seeker}),
         lane as materialized (select lo, hi, {side} as side from s, lateral ({lanes}) lane),
         sample as materialized (
           select best.score from s, lane, lateral (select score from ({sample}) c where {after} limit $3 * {SAMPLE}) best),
         floor as materialized (
           select greatest($7, (select score from sample order by score desc offset $3 - 1 limit 1)) as score),
         ring as materialized (
           select floor.score as floor, ring_km(floor.score, {category}, greatest(s.reach_km, {NEAR_KM})) as near,
             ring_km(floor.score, {category}, {MOST_REACH_KM}) as far
           from s, floor){marks}
         select s.id as seeker_id, s.kind as seeker_kind, s.group_id as seeker_group, c.id as counterpart_id, c.group_id as counterpart_group,
           c.score, {category}::double precision as category, c.nearness, c.words, c.freshness, c.quantity,
           greatest(s.word_count, length(c.terms)) as most_words, c.km, c.both_remote, false as two_way
         from s, ring, lateral (select c.* from lane, lateral ({ring}) c {by_word}) c
         where {after} and c.score >= $7
         order by c.score desc, c.id, s.id limit $3",
        seeker = seeker("l.id = $1 and (l.is_open and (l.expires_at is null or l.expires_at > $2) or $9 and l.state = 'draft')", " || $8"),
        sample = scored(&question.alike(), &nearest, question, "$7"),
        ring = scored(&question.alike(), &all_arms("ring.near", "ring.far"), question, "ring.floor"),
    )
}

/// All candidates of the lanes: those with a short reach within one distance, those with a longer one within another, and the
/// remote ones of a remote seeker.
fn all_arms(near: &str, far: &str) -> String {
    [candidates(Arm::Near, near, ""), candidates(Arm::Far, far, ""), candidates(Arm::Remote, "", "")].join(" union all ")
}

/// What to ask the index of words and marks for (`listing_marks` in the migrations): any of the seeker's words, on the opposite
/// side of its resource type, in the squares of degrees that hold the ring, or anywhere where place does not matter to either.
fn by_word_marks() -> String {
    ", mark as materialized (
       select ('(' || (select string_agg(quote_literal('=' || word), '|') from unnest(s.words) word) || ')&'
         || quote_literal('/' || case s.kind when 'offer' then 'w' else 'o' end || s.category_code / 100000000) || '&('
         || (select string_agg(quote_literal('#' || size || ' ' || y || ' ' || x), '|')
             from generate_series(floor((area[1])[1] * per_degree)::integer, floor((area[0])[1] * per_degree)::integer) y,
               generate_series(floor((area[1])[0] * per_degree)::integer, floor((area[0])[0] * per_degree)::integer) x)
         || case when s.remote then '|''~''' else '' end || ')')::tsquery as query
       from s, ring, lateral (select
         box_around(s.position, ring.far) as area,
         case when ring.far < 40 then 1 when ring.far < 150 then 2 else 3 end as size,
         case when ring.far < 40 then 4 when ring.far < 150 then 1 else 0.25 end as per_degree offset 0) square)"
        .to_owned()
}

/// Candidates that have nothing but words in common with the seeker. The marks only say where to look: a text can hold what reads
/// like one, so kind and type are asked of the listing itself.
fn by_word() -> String {
    let conditions = CONDITIONS.map(|(_, condition)| condition).join(" and ");
    format!(
        "select c.id, c.group_id, c.category_code, c.reach_km, c.quantity_left, c.terms, c.fresh_at,
           s.remote and c.remote as both_remote, km_between(s.position, c.position) as km
         from mark, listings c
         where c.found_by @@ mark.query and c.kind <> s.kind and c.category_code / 100000000 = s.category_code / 100000000
           and {conditions} and c.terms @@ s.any_word and {ALIKE} is null"
    )
}

/// The counterparts of one index that satisfy the conditions, with their distance, within so many kilometres.
fn candidates(arm: Arm, within_km: &str, order: &str) -> String {
    let (class, place) = match arm {
        Arm::Near => (
            format!("c.reach_km <= {NEAR_KM}"),
            format!("c.position <@ box_around(s.position, {within_km}) and not (s.remote and c.remote)"),
        ),
        Arm::Far => (
            format!("c.reach_km > {NEAR_KM}"),
            format!("c.position <@ box_around(s.position, {within_km}) and not (s.remote and c.remote)"),
        ),
        Arm::Remote => ("c.remote".to_owned(), "s.remote".to_owned()),
    };
    let both_remote = matches!(arm, Arm::Remote);
    let conditions = CONDITIONS.map(|(_, condition)| condition).join(" and ");
    format!(
        "select c.id, c.group_id, c.shelf - lane.side as category_code, c.reach_km, c.quantity_left, c.terms, c.fresh_at,
           {both_remote} as both_remote, km_between(s.position, c.position) as km
         from listings c where {class} and c.shelf between lane.side + lane.lo and lane.side + lane.hi and {place} and {conditions} {order}",
    )
}

/// Candidates scored; those that cannot reach the floor even with all words in common are left out before words are compared.
fn scored(alike: &str, candidates: &str, question: Question, floor: &str) -> String {
    let (category, freshness, quantity) = (question.category(), question.freshness(), question.quantity());
    format!(
        "select c.*, match_score({category}, c.nearness, c.words, c.freshness, c.quantity) as score
         from (
           select c.*, words_part(words_in_common(c.terms, s.words), s.word_count, length(c.terms)) as words
           from (
             select c.*, nearness_part(c.both_remote, c.km, greatest(s.reach_km, c.reach_km)) as nearness,
               {freshness} as freshness, {quantity} as quantity
             from ({candidates} offset 0) c
             where (c.both_remote or c.{PLACE}) {alike} offset 0) c
           where match_score({category}, c.nearness, 1, c.freshness, c.quantity) >= {floor} offset 0) c"
    )
}

/// The matches of a group's ($1) listings with those of certain other groups ($3), best first: $4 how many, $5 to $7 after which. For
/// few groups: it looks at all that they have of the same resource type, pair by pair.
fn with_groups() -> String {
    let conditions = CONDITIONS.map(|(_, condition)| condition).join(" and ");
    format!(
        "with s as materialized ({seeker}),
         pair as (
           select s.id as seeker_id, s.kind as seeker_kind, s.group_id as seeker_group, c.id as counterpart_id, c.group_id as counterpart_group,
             match_score(part.category, part.nearness, part.words, part.freshness, part.quantity) as score,
             part.*, greatest(s.word_count, length(c.terms)) as most_words, fact.km, fact.both_remote, true as two_way
           from s
           join (select * from listings where group_id = any ($3) and is_open offset 0) c
             on c.shelf / 100000000 = ({side} + s.category_code) / 100000000
           cross join lateral (select km_between(s.position, c.position) as km, s.remote and c.remote as both_remote,
             words_in_common(c.terms, s.words) as in_common offset 0) fact
           cross join lateral (select
             category_part(case s.kind when 'offer' then s.category_code else c.category_code end,
                           case s.kind when 'offer' then c.category_code else s.category_code end, fact.in_common) as category,
             nearness_part(fact.both_remote, fact.km, greatest(s.reach_km, c.reach_km)) as nearness,
             words_part(fact.in_common, s.word_count, length(c.terms)) as words,
             {freshness} as freshness, {quantity} as quantity) part
           where {conditions} and (fact.both_remote or {PLACE}) and part.category is not null)
         select * from pair where (-score, counterpart_id, seeker_id) > (-$5, $6, $7)
         order by score desc, counterpart_id, seeker_id limit $4",
        side = Question::Itself.side(),
        freshness = Question::Itself.freshness(),
        quantity = Question::Itself.quantity(),
        seeker = seeker(OPEN_OF_GROUP, ""),
    )
}

/// Which of these kinds ($4) of a group's ($1) listings fit something of which of certain other groups ($3). Of each group it looks
/// at what lies on the shelves in question, one listing after the other, and stops at the first that fits.
fn fits() -> String {
    let conditions = CONDITIONS.map(|(_, condition)| condition).join(" and ");
    format!(
        "with s as materialized ({seeker}),
         shelves as materialized (
           select min(type) as lo, max(type) + 99999999 as hi
           from (select ({side} + s.category_code) / 100000000 * 100000000 as type from s) opposite)
         select ours.kind, other.id as group_id
         from unnest($4) ours (kind), unnest($3) other (id)
         where exists (
           select
           from (select l.* from shelves, listings l
                 where l.group_id = other.id and l.is_open and l.shelf between shelves.lo and shelves.hi offset 0) c
           cross join lateral (
             select from s
             cross join lateral (select km_between(s.position, c.position) as km, s.remote and c.remote as both_remote) fact
             where s.kind = ours.kind and c.shelf / 100000000 = ({side} + s.category_code) / 100000000 and {conditions}
               and (both_remote or {PLACE}) and ({ALIKE} is not null or c.terms @@ s.any_word) offset 0) pair)",
        side = Question::Itself.side(),
        seeker = seeker(&format!("{OPEN_OF_GROUP} and l.kind = any ($4)"), ""),
    )
}

/// The groups that have something for the offers of a group ($1), or for its wants: whatever kind ($3) says. All of them.
fn groups_that_fit() -> String {
    format!(
        "with s as materialized ({seeker}),
         lane as materialized (
           select s.id, root as lo, root + 99999999 as hi, {side} as side
           from s, lateral (select s.category_code / 100000000 * 100000000 as root offset 0) r)
         select distinct c.group_id as counterpart_group
         from s join lane using (id), lateral ({arms}) c
         where (c.both_remote or c.{PLACE}) and ({ALIKE} is not null or c.terms @@ s.any_word)",
        seeker = seeker(&format!("{OPEN_OF_GROUP} and l.kind = $3"), ""),
        side = Question::Itself.side(),
        arms = all_arms("greatest(s.reach_km, 50)", &MOST_REACH_KM.to_string()),
    )
}
