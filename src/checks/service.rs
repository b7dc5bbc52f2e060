//! Runs the checks on what is about to be posted.

use chrono::{DateTime, Utc};
use futures_util::future::LocalBoxFuture;

use super::{
    Action, Finding, Outcome, Rule, queries,
    rules::{self, Draft, Found, alike::Said, area},
};
use crate::{
    catalog::Catalogue,
    db::{Conn, rehearse},
    error::{Code, Error, Problem, Result},
    listings::{
        self, Kind, Moderation,
        model::{Content, Listing, NewListing},
        service::{Posted, Posting},
    },
    policies::{
        self,
        service::{Settings, too_soon_since},
    },
    types::{
        Position, Refusal,
        fields::FieldError,
        ids::{GroupId, ListingId, NetworkId},
    },
};

/// What becomes of something that is posted.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What the checks found, refusals excepted: those are an error.
    pub findings: Vec<Finding>,
    /// Where it begins: approved, or pending.
    pub moderation: Moderation,
    /// Whether a coordinator is to look at it, before or afterwards.
    pub is_reviewed: bool,
}

/// A listing as the checks look at it: what it says, whose it is, where.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The listing.
    pub id: ListingId,
    /// Whose it is.
    pub group: GroupId,
    /// The network whose checks they are.
    pub network: NetworkId,
    /// Offer or want.
    pub kind: Kind,
    /// What it says.
    pub content: Content,
    /// The folded words of its title.
    pub words: Vec<Option<String>>,
}

impl From<&NewListing> for Subject {
    fn from(listing: &NewListing) -> Self {
        let content = listing.content.clone();
        let words = content.words.clone();
        Self { id: listing.id, group: listing.group_id, network: listing.network_id, kind: listing.kind, content, words }
    }
}

impl Subject {
    /// A listing that is there, with what it says or is to say.
    pub fn of(listing: &Listing, content: Content) -> Self {
        let words = content.words.clone();
        Self { id: listing.id, group: listing.group_id, network: listing.network_id, kind: listing.kind, content, words }
    }

    /// The same as another network looks at it.
    pub fn seen_by(self, network: NetworkId) -> Self {
        Self { network, ..self }
    }

    fn draft(&self) -> Draft<'_> {
        let content = &self.content;
        Draft {
            kind: self.kind,
            resource_type: resource_type(content.category_code),
            title: &content.title,
            description: &content.description,
            note: content.availability_note.as_deref().unwrap_or_default(),
            unit: content.unit.as_deref().unwrap_or_default(),
            lends: self.kind == Kind::Offer && content.basis.iter().flatten().any(|basis| basis == "lend"),
            is_dated: content.available_from.is_some() || content.available_until.is_some(),
        }
    }

    fn said(&self) -> Said {
        Said::new(self.words.iter().flatten(), &self.content.title, &self.content.description)
    }
}

/// The first digit of a category's code is its resource type (migrations/0002_catalog).
fn resource_type(category_code: i32) -> &'static str {
    match category_code / 100_000_000 {
        1 => "thing",
        2 => "space",
        3 => "skill",
        4 => "time",
        5 => "transport",
        _ => "food",
    }
}

/// Judges a listing that is about to be published, by the network's policy and its checks. 422 when it is refused, 409 when the group
/// has reached a limit or has not accepted the ground rules. What the operator imports, and drafts, are not judged.
pub fn judge<'a>(tx: &'a mut Conn, posting: &'a Posting, listing: impl Into<Subject>) -> LocalBoxFuture<'a, Result<Verdict>> {
    // Boxed: inside the futures of posting it would be too deep for the compiler.
    let subject = listing.into();
    Box::pin(verdict(tx, posting, subject))
}

async fn verdict(tx: &mut Conn, posting: &Posting, subject: Subject) -> Result<Verdict> {
    if posting.user.is_none() || posting.draft {
        return Ok(Verdict { findings: Vec::new(), moderation: Moderation::Approved, is_reviewed: false });
    }
    let settings = policies::service::find(tx, subject.network).await?;
    policies::service::may_publish(tx, posting.now, (subject.group, subject.network), subject.id, &settings.policy).await?;
    let judged = judgement(tx, posting.now, &settings, &subject).await?;
    refuse(&judged.findings)?;
    let moderation = if judged.outcome() == Outcome::Held { Moderation::Pending } else { Moderation::Approved };
    Ok(Verdict { findings: judged.findings, moderation, is_reviewed: true })
}

/// What the checks say of a listing.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What was found; the most serious first.
    pub findings: Vec<Finding>,
    /// Whether coordinators look first, whatever is found.
    pub is_reviewed_before: bool,
}

impl Judged {
    /// What becomes of it.
    pub fn outcome(&self) -> Outcome {
        match self.findings.iter().map(|finding| finding.action).max() {
            Some(Action::Refuse) => Outcome::Refused,
            Some(Action::Hold) => Outcome::Held,
            _ if self.is_reviewed_before => Outcome::Held,
            _ => Outcome::Published,
        }
    }
}

/// What the checks would say if this were posted; posts nothing.
pub async fn check(conn: &mut Conn, catalogue: &Catalogue, posting: &Posting, posted: Posted) -> Result<Judged> {
    rehearse(conn, async |tx| {
        let listing = listings::service::new_listing(tx, catalogue, posting, posted).await?;
        let settings = policies::service::find(tx, listing.network_id).await?;
        let subject = Subject::from(&listing);
        judgement(tx, posting.now, &settings, &subject).await
    })
    .await
}

async fn judgement(tx: &mut Conn, now: DateTime<Utc>, settings: &Settings, subject: &Subject) -> Result<Judged> {
    let findings = examine(tx, now, settings, subject).await?;
    let is_reviewed_before = policies::service::is_reviewed_before(tx, subject.group, &settings.policy).await?;
    Ok(Judged { findings, is_reviewed_before })
}

/// What the network's checks find in a listing, one finding for each, the most serious first; what it does not look for is left out.
pub async fn examine(tx: &mut Conn, now: DateTime<Utc>, settings: &Settings, subject: &Subject) -> Result<Vec<Finding>> {
    let found = rules::read(&subject.draft());
    findings(tx, now, settings, subject, found).await
}

/// What they find in a listing that says something else than it did: of what stops it, only what they had not found there before, as somebody
/// may have approved that.
pub async fn examine_edit(tx: &mut Conn, now: DateTime<Utc>, settings: &Settings, (was, is): (&Subject, &Subject)) -> Result<Vec<Finding>> {
    let all = rules::read_all(&is.draft());
    let mut found = findings(tx, now, settings, is, all).await?;
    if found.iter().any(Finding::stops) {
        let all = rules::read_all(&was.draft());
        let known = findings(tx, now, settings, was, all).await?;
        found.retain(|finding| !finding.stops() || !known.contains(finding));
    }
    let mut seen = Vec::new();
    found.retain(|finding| {
        let is_first = !seen.contains(&finding.rule);
        seen.push(finding.rule);
        is_first
    });
    Ok(found)
}

/// What the network makes of what was found in the words of a listing, together with what it finds by way of other listings and the map.
async fn findings(tx: &mut Conn, now: DateTime<Utc>, settings: &Settings, subject: &Subject, found: Vec<Found>) -> Result<Vec<Finding>> {
    let finding =
        |rule, pointer: &str, words, listing| Finding { rule, action: settings.action(rule), pointer: pointer.to_owned(), words, listing };
    let mut findings: Vec<Finding> = found.into_iter().map(|found| finding(found.rule, found.pointer, found.words, None)).collect();
    for (rule, id, title) in repeated(tx, now, settings, subject).await? {
        findings.push(finding(rule, "/title", Some(title), Some(id)));
    }
    if settings.action(Rule::OutOfArea) != Action::Off && is_out_of_area(tx, settings, subject).await? {
        findings.push(finding(Rule::OutOfArea, "/locality", None, None));
    }
    findings.retain(|finding| finding.action != Action::Off);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.action));
    Ok(findings)
}

/// The listings that this one repeats: one of the group's own that lives, or else one that has ended a short while ago; and one of another
/// group.
async fn repeated(tx: &mut Conn, now: DateTime<Utc>, settings: &Settings, subject: &Subject) -> Result<Vec<(Rule, ListingId, String)>> {
    let (said, mut found) = (subject.said(), Vec::new());
    let on = |rule| settings.action(rule) != Action::Off;
    if on(Rule::DuplicateOwn) || on(Rule::RepeatedTooSoon) {
        let own = queries::own(tx, subject, (too_soon_since(&settings.policy, now), now)).await?;
        let alike = own.into_iter().filter(|other| said.repeats(&other.said()));
        let (alive, over): (Vec<_>, Vec<_>) = alike.partition(|other| other.is_alive(now));
        let first =
            alive.into_iter().map(|other| (Rule::DuplicateOwn, other)).chain(over.into_iter().map(|other| (Rule::RepeatedTooSoon, other)));
        found.extend(first.take(1).map(|(rule, other)| (rule, other.id, other.title)));
    }
    if on(Rule::DuplicateOther) && said.is_telling() {
        let others = queries::others(tx, subject, now).await?;
        let also = others.into_iter().find(|other| said.is_also(&other.said()));
        found.extend(also.map(|other| (Rule::DuplicateOther, other.id, other.title)));
    }
    Ok(found)
}

async fn is_out_of_area(tx: &mut Conn, settings: &Settings, subject: &Subject) -> Result<bool> {
    if subject.content.remote {
        return Ok(false);
    }
    let network_area = queries::area(tx, subject.network).await?;
    if network_area.subtree().contains(&subject.content.locality_code) {
        return Ok(false);
    }
    let places = queries::places_of(tx, &network_area).await?;
    let place = Position { lat: subject.content.lat, lng: subject.content.lng };
    Ok(area::is_out(place, &places, settings.policy.terms.area_margin_km))
}

/// 422 when something is found that the network refuses, naming each.
pub fn refuse(findings: &[Finding]) -> Result<()> {
    refuse_by("The network", findings)
}

/// The same of a network that is not the listing's own, by its name.
pub fn refuse_by(network: &str, findings: &[Finding]) -> Result<()> {
    let refused = findings.iter().filter(|finding| finding.action == Action::Refuse);
    let errors: Vec<FieldError> =
        refused.map(|finding| FieldError::body(finding.pointer.clone(), Refusal::new(finding.rule.as_str(), finding.sentence()))).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let detail = format!("{network} does not take this as it is. {}", first.detail);
    Err(Error::from(Problem { errors, ..Problem::new(Code::RefusedByChecks, detail) }))
}
