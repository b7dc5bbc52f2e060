//! Policies and ground rules on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    CrossPosting, Review, Undecided,
    model::{Acceptance, GroundRules, Terms},
    service::{Settings, Wanted},
};
use crate::{
    checks::{Action, Rule},
    types::{Fields, Refusal, fields::FieldError, ids::NetworkId},
};

/// A network's policy as it should be.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PolicyIn)]
pub struct PolicyIn {
    /// When coordinators look at listings: `before` they are published, `after`, or by `trust`.
    #[schema(value_type = Review)]
    pub review: String,
    /// With `trust`: approved listings after which a group's listings are published at once.
    #[schema(minimum = 1, maximum = 100)]
    pub trust_after: i64,
    /// How many listings a group may have active at once; null: any number.
    #[schema(minimum = 1, maximum = 100_000)]
    pub most_active_listings: Option<i64>,
    /// How many listings a group may publish in 24 hours; null: any number.
    #[schema(minimum = 1, maximum = 10_000)]
    pub most_new_a_day: Option<i64>,
    /// For how many days saying the same again is too soon.
    #[schema(minimum = 0, maximum = 365)]
    pub repeat_after_days: i64,
    /// How far from the network's area a place is still in it, kilometres.
    #[schema(minimum = 0, maximum = 500)]
    pub area_margin_km: i64,
    /// Listings of other networks: `off`, after `review`, or `open` to groups in good standing.
    #[schema(value_type = CrossPosting)]
    pub cross_posting: String,
    /// Whether a listing that two report independently is hidden until somebody has decided.
    pub hide_reported: bool,
    /// The promise to posters: decided within so many hours.
    #[schema(minimum = 1, maximum = 336)]
    pub decide_within_hours: i64,
    /// What happens when nobody has decided by then: `wait`, `approve` or `reject`. Mind `reject` where `review` is `after` or `trust`: it takes
    /// down listings that everybody sees and nobody has looked at.
    #[schema(value_type = Undecided)]
    pub undecided_then: String,
    /// Hour of the day (United Kingdom) from which no mail leaves; null: no quiet hours.
    #[schema(minimum = 0, maximum = 23)]
    pub quiet_from: Option<i64>,
    /// Hour from which mail leaves again; goes with `quiet_from`.
    #[schema(minimum = 0, maximum = 23)]
    pub quiet_until: Option<i64>,
    /// How many days groups may post on after the ground rules changed before they must have accepted them.
    #[schema(minimum = 0, maximum = 90)]
    pub rules_grace_days: i64,
    /// How many days an approval of a group lasts before it is checked again.
    #[schema(minimum = 30, maximum = 1095)]
    pub recheck_after_days: i64,
    /// What is done about findings of the automatic checks, by the name of the check: `off`, `warn`, `hold` or `refuse`; null: as usual.
    /// Those that are not named stay as they are.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Action>)]
    pub checks: BTreeMap<String, Option<String>>,
}

impl PolicyIn {
    /// What the coordinator says, checked.
    pub fn parse(self) -> Result<Wanted, Vec<FieldError>> {
        let mut fields = Fields::body();
        let review = fields.check("/review", Review::parse(&self.review));
        let trust_after = fields.check("/trust_after", within(self.trust_after, 1, 100));
        let most_active = fields.check_optional("/most_active_listings", self.most_active_listings, |most| within(most, 1, 100_000));
        let most_new = fields.check_optional("/most_new_a_day", self.most_new_a_day, |most| within(most, 1, 10_000));
        let repeat_after = fields.check("/repeat_after_days", within(self.repeat_after_days, 0, 365));
        let margin = fields.check("/area_margin_km", within(self.area_margin_km, 0, 500));
        let cross_posting = fields.check("/cross_posting", CrossPosting::parse(&self.cross_posting));
        let decide_within = fields.check("/decide_within_hours", within(self.decide_within_hours, 1, 336));
        let undecided = fields.check("/undecided_then", Undecided::parse(&self.undecided_then));
        let quiet_from = fields.check_optional("/quiet_from", self.quiet_from, hour);
        let quiet_until = fields.check_optional("/quiet_until", self.quiet_until, hour);
        let grace = fields.check("/rules_grace_days", within(self.rules_grace_days, 0, 90));
        let recheck = fields.check("/recheck_after_days", within(self.recheck_after_days, 30, 1095));
        let checks = parse_checks(&mut fields, self.checks);
        quiet_hours_last(&mut fields, quiet_from.flatten(), quiet_until.flatten());
        let hide_reported = self.hide_reported;
        fields.finish(|| {
            let terms = Terms {
                review: review?,
                trust_after: trust_after?,
                most_active_listings: most_active?,
                most_new_a_day: most_new?,
                repeat_after_days: repeat_after?,
                area_margin_km: margin?,
                cross_posting: cross_posting?,
                hide_reported,
                decide_within_hours: decide_within?,
                undecided_then: undecided?,
                quiet_from: quiet_from?,
                quiet_until: quiet_until?,
                rules_grace_days: grace?,
                recheck_after_days: recheck?,
            };
            Some(Wanted { terms, checks })
        })
    }
}

fn within(number: i64, least: i32, most: i32) -> Result<i32, Refusal> {
    let fits = i32::try_from(number).ok().filter(|number| (least..=most).contains(number));
    fits.ok_or_else(|| Refusal::new("out_of_range", format!("Give a whole number from {least} to {most}.")))
}

fn hour(number: i64) -> Result<i16, Refusal> {
    let fits = i16::try_from(number).ok().filter(|hour| (0..=23).contains(hour));
    fits.ok_or_else(|| Refusal::new("out_of_range", "Give an hour of the day, 0 to 23."))
}

/// Quiet hours have a beginning and an end, which differ.
fn quiet_hours_last(fields: &mut Fields, from: Option<i16>, until: Option<i16>) {
    match (from, until) {
        (Some(_), None) => fields.refuse("/quiet_until", Refusal::new("required", "Say too when mail leaves again.")),
        (None, Some(_)) => fields.refuse("/quiet_from", Refusal::new("required", "Say too from when no mail leaves.")),
        (Some(from), Some(until)) if from == until => {
            fields.refuse(
                "/quiet_until",
                Refusal::new("before_start", "Give another hour than quiet_from; null in both for no quiet hours."),
            );
        }
        _ => {}
    }
}

/// Only what differs from the usual is kept, so that a usual action that gets better is better everywhere.
fn parse_checks(fields: &mut Fields, named: BTreeMap<String, Option<String>>) -> BTreeMap<Rule, Action> {
    let mut checks = BTreeMap::new();
    for (name, action) in named {
        let at = format!("/checks/{}", name.replace('~', "~0").replace('/', "~1"));
        let rule = fields.check(at.clone(), Rule::parse(&name));
        let action = fields.check_optional(at, action, Action::parse);
        if let (Some(rule), Some(Some(action))) = (rule, action)
            && action != rule.usual()
        {
            checks.insert(rule, action);
        }
    }
    checks
}

impl From<&Settings> for PolicyIn {
    fn from(settings: &Settings) -> Self {
        let terms = settings.policy.terms.clone();
        Self {
            review: terms.review.to_string(),
            trust_after: terms.trust_after.into(),
            most_active_listings: terms.most_active_listings.map(Into::into),
            most_new_a_day: terms.most_new_a_day.map(Into::into),
            repeat_after_days: terms.repeat_after_days.into(),
            area_margin_km: terms.area_margin_km.into(),
            cross_posting: terms.cross_posting.to_string(),
            hide_reported: terms.hide_reported,
            decide_within_hours: terms.decide_within_hours.into(),
            undecided_then: terms.undecided_then.to_string(),
            quiet_from: terms.quiet_from.map(Into::into),
            quiet_until: terms.quiet_until.map(Into::into),
            rules_grace_days: terms.rules_grace_days.into(),
            recheck_after_days: terms.recheck_after_days.into(),
            checks: settings.checks.iter().map(|(rule, action)| (rule.to_string(), Some(action.to_string()))).collect(),
        }
    }
}

/// A network's policy.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Policy, example = json!({
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "review": "after", "trust_after": 3, "most_active_listings": null, "most_new_a_day": 20,
    "repeat_after_days": 7, "area_margin_km": 30, "cross_posting": "review", "hide_reported": true, "decide_within_hours": 24, "undecided_then": "wait",
    "quiet_from": 21, "quiet_until": 7, "rules_grace_days": 14, "recheck_after_days": 365, "checks": {"animals": "hold", "medicines": "refuse", "food": "warn", "loans": "off"},
    "updated_at": "2026-11-22T09:30:00Z"
}))]
pub struct PolicyOut {
    /// The network.
    pub network_id: NetworkId,
    /// When coordinators look at listings.
    pub review: Review,
    /// With `trust`: approved listings after which a group's listings are published at once.
    pub trust_after: i32,
    /// How many listings a group may have active at once; null: any number.
    #[schema(required)]
    pub most_active_listings: Option<i32>,
    /// How many listings a group may publish in 24 hours; null: any number.
    #[schema(required)]
    pub most_new_a_day: Option<i32>,
    /// For how many days saying the same again is too soon.
    pub repeat_after_days: i32,
    /// How far from the network's area a place is still in it, kilometres.
    pub area_margin_km: i32,
    /// Listings of other networks.
    pub cross_posting: CrossPosting,
    /// Whether a listing that two report independently is hidden until somebody has decided.
    pub hide_reported: bool,
    /// The promise to posters: decided within so many hours.
    pub decide_within_hours: i32,
    /// What happens when nobody has decided by then. With `reject`, and `review` `after` or `trust`, listings that everybody sees are taken down
    /// when nobody has looked at them in time.
    pub undecided_then: Undecided,
    /// Hour of the day (United Kingdom) from which no mail leaves; null: no quiet hours.
    #[schema(required)]
    pub quiet_from: Option<i16>,
    /// Hour from which mail leaves again.
    #[schema(required)]
    pub quiet_until: Option<i16>,
    /// How many days groups may post on after the ground rules changed before they must have accepted them.
    pub rules_grace_days: i32,
    /// How many days an approval of a group lasts before it is checked again.
    pub recheck_after_days: i32,
    /// What is done about the findings of each automatic check.
    #[schema(value_type = BTreeMap<String, Action>)]
    pub checks: BTreeMap<Rule, Action>,
    /// When it last changed (UTC).
    pub updated_at: DateTime<Utc>,
}

impl From<Settings> for PolicyOut {
    fn from(settings: Settings) -> Self {
        let checks = Rule::ALL.iter().map(|rule| (*rule, settings.action(*rule))).collect();
        let Settings { policy, .. } = settings;
        let terms = policy.terms;
        Self {
            network_id: policy.network_id,
            review: terms.review,
            trust_after: terms.trust_after,
            most_active_listings: terms.most_active_listings,
            most_new_a_day: terms.most_new_a_day,
            repeat_after_days: terms.repeat_after_days,
            area_margin_km: terms.area_margin_km,
            cross_posting: terms.cross_posting,
            hide_reported: terms.hide_reported,
            decide_within_hours: terms.decide_within_hours,
            undecided_then: terms.undecided_then,
            quiet_from: terms.quiet_from,
            quiet_until: terms.quiet_until,
            rules_grace_days: terms.rules_grace_days,
            recheck_after_days: terms.recheck_after_days,
            checks,
            updated_at: policy.updated_at,
        }
    }
}

/// A version of a network's ground rules.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GroundRules, example = json!({
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "version": 2, "text": "Be kind. No money. Never name a private person.", "published_at": "2026-11-22T09:30:00Z"
}))]
pub struct GroundRulesOut {
    /// The network.
    pub network_id: NetworkId,
    /// 1, 2, 3 ...
    pub version: i32,
    /// The rules.
    pub text: String,
    /// Since when they hold, or held (UTC).
    pub published_at: DateTime<Utc>,
}

impl From<GroundRules> for GroundRulesOut {
    fn from(rules: GroundRules) -> Self {
        Self { network_id: rules.network_id, version: rules.version, text: rules.text, published_at: rules.published_at }
    }
}

/// The ground rules that a group accepts.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroundRulesIn, example = json!({"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "version": 2}))]
pub struct AcceptanceIn {
    /// The network.
    pub network_id: NetworkId,
    /// The version that was read.
    #[schema(minimum = 1)]
    pub version: i32,
}

/// How a group stands with the ground rules of one of its networks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GroundRulesAcceptance, example = json!({
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "network_name": "1000 Lives Stoke-on-Trent", "version": 2, "accepted_version": 1,
    "accepted_at": "2026-01-05T09:00:00Z", "is_accepted": false, "accept_by": "2026-12-06T09:30:00Z"
}))]
pub struct AcceptanceOut {
    /// The network.
    pub network_id: NetworkId,
    /// Its name.
    pub network_name: String,
    /// The version that holds now.
    pub version: i32,
    /// The latest version that the group has accepted; null: none.
    #[schema(required)]
    pub accepted_version: Option<i32>,
    /// When it did (UTC).
    #[schema(required)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// Whether the version that holds is accepted, or says nothing that could be.
    pub is_accepted: bool,
    /// By when it has to be, so that the group can go on posting (UTC); null when it is.
    #[schema(required)]
    pub accept_by: Option<DateTime<Utc>>,
}

impl From<Acceptance> for AcceptanceOut {
    fn from(acceptance: Acceptance) -> Self {
        let missing = acceptance.is_missing();
        Self {
            network_id: acceptance.network_id,
            network_name: acceptance.network_name,
            version: acceptance.version,
            accepted_version: acceptance.accepted_version,
            accepted_at: acceptance.accepted_at,
            is_accepted: !missing,
            accept_by: missing.then_some(acceptance.accept_by),
        }
    }
}
