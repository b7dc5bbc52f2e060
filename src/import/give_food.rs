//! Rows of the Give Food list (givefood.org.uk, CC BY 4.0): what food banks ask for (`needed`) and have no need of (`excess`).
//! A row becomes a group, a want for each item needed, and an offer for each item that is a surplus and not a refusal.

use serde_json::{Map, Value, json};

use crate::types::text::fold;

/// Whether a row is of this list.
pub fn is_row(fields: &Map<String, Value>) -> bool {
    ["slug", "needed", "excess"].iter().all(|name| fields.contains_key(*name))
}

/// The group and the listings of a row.
pub fn rows(fields: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let items = |name: &str| fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let group = format!("give-food:{}", text("id"));
    let name = match text("location") {
        "" => format!("{} Food Bank", text("organisation")),
        location => format!("{} Food Bank, {location}", text("organisation")),
    };
    let (needed, excess) = (items("needed"), items("excess"));
    let listing = |kind: &str, item: &str| {
        object(json!({
            "type": "listing", "external_id": format!("{group}:{kind}:{}", fold(item)).chars().take(200).collect::<String>(), "group": group, "kind": kind,
            "title": title(item), "description": item, "reach_km": 10
        }))
    };
    let mut rows = vec![object(json!({
        "type": "group", "external_id": group, "name": name, "activities": ["food"], "lat": fields.get("lat"), "lng": fields.get("lng"),
        "description": "From the public list of Give Food, givefood.org.uk (CC BY 4.0)."
    }))];
    rows.extend(needed.iter().map(|item| listing("want", item)));
    let surplus = excess.iter().filter(|item| refusal(item).is_none() && !needed.iter().any(|needed| fold(needed) == fold(item)));
    rows.extend(surplus.map(|item| listing("offer", item)));
    rows
}

/// A title of at most 120 characters; the description has the whole item.
fn title(item: &str) -> String {
    if item.chars().count() <= 120 { item.to_owned() } else { item.chars().take(119).chain(['…']).collect() }
}

/// Words that make an item of `excess` no offer, with the reason. A phrase is taken out before the words are looked for when
/// it says the opposite. docs/CATEGORY-GUESSING.md has the rules in prose.
const REFUSALS: [(&str, &[&str], &[&str]); 6] = [
    ("not a thing", &[], &["thank", "thanks"]),
    ("money", &[], &["financial", "money", "cash", "funds"]),
    ("not allowed", &[], &["alcohol", "medical", "medicine", "medicines", "medication", "prescription"]),
    (
        "perishable",
        &["not chilled", "not fresh", "not frozen", "non perishable"],
        &["perishable", "fresh", "chilled", "frozen", "homemade"],
    ),
    ("condition", &["new or used"], &["used", "opened", "expired", "damaged", "worn", "out of date"]),
    ("worded as a refusal", &[], &["no", "cannot", "can t", "don t", "do not", "unable", "not accept"]),
];

/// Why an item that a food bank has no need of is not a surplus to offer; none when it may be offered.
pub fn refusal(item: &str) -> Option<&'static str> {
    let words: String = fold(item).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let text = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    if matches!(text.trim(), "" | "other" | "various" | "unknown" | "none" | "nothing" | "n a" | "facebook") {
        return Some("not a thing");
    }
    let has = |text: &str, words: &str| text.contains(&format!(" {words} "));
    let rule = REFUSALS.iter().find(|(_, opposites, words)| {
        let text = opposites.iter().fold(text.clone(), |text, opposite| text.replace(opposite, ""));
        words.iter().any(|words| has(&text, words))
    });
    rule.map(|(reason, ..)| *reason)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_surplus() {
        for (item, reason) in [
            ("Any Items Containing Alcohol Or Medical Products", Some("not allowed")),
            ("Perishable Food", Some("perishable")),
            ("Non-perishable food", None),
            ("Other", Some("not a thing")),
            ("Big Thanks :)", Some("not a thing")),
            ("Financial Donations", Some("money")),
            ("Opened packets", Some("condition")),
            ("Carrier bags (new or used)", None),
            ("No more pasta please", Some("worded as a refusal")),
            ("Noodles", None),
            ("Baked Beans", None),
        ] {
            assert_eq!(refusal(item), reason, "{item}");
        }
    }

    #[test]
    fn a_row_becomes_a_group_its_wants_and_its_offers() {
        let row = object(json!({"id": "x", "slug": "x", "organisation": "Leek", "location": null, "lat": 53.1, "lng": -2.0,
            "needed": ["UHT Milk", "Nappies"], "excess": ["Pasta", "Perishable Food", "nappies"]}));
        assert!(is_row(&row));
        let rows = rows(&row);
        let of = |name: &str| rows.iter().filter_map(|row| row.get(name)?.as_str()).collect::<Vec<_>>();
        assert_eq!(of("type"), ["group", "listing", "listing", "listing"]);
        assert_eq!(of("name"), ["Leek Food Bank"]);
        assert_eq!(of("kind"), ["want", "want", "offer"]);
        assert_eq!(of("title"), ["UHT Milk", "Nappies", "Pasta"]);
    }
}
