//! docs/MATCHING.md against the rules: its formulas, which PostgreSQL reckons as they stand there, and its worked example.

use gotit::matching::rules::WEIGHTS;

use crate::support::{CATALOGUE, TestApp, connect};

const PAGE: &str = include_str!("../../docs/MATCHING.md");

/// What the page's table gives for a part: the formula between backquotes.
fn formula(part: &str) -> &'static str {
    let row = PAGE.lines().find(|line| line.starts_with(&format!("| {part} | "))).unwrap_or_else(|| panic!("{part} has no row"));
    row.split('`').nth(1).unwrap_or_else(|| panic!("{part} has no formula: {row}"))
}

async fn number(client: &tokio_postgres::Client, sql: &str) -> f64 {
    client.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{error}: {sql}")).get(0)
}

#[actix_web::test]
async fn the_formulas_of_the_page_are_those_of_the_program() {
    let score = PAGE.lines().find_map(|line| line.strip_prefix("score = ")).expect("the score");
    let weights = WEIGHTS.map(|(part, weight, _)| format!("{weight:.2} {part}"));
    assert_eq!(score, weights.join(" + "));

    let app = TestApp::start().await;
    let client = connect(&app.database.url).await;
    let quantity = formula("quantity").replace("min(", "least(").replace("left of O", "o").replace("left of W", "w");
    let freshness = "freshness_part(to_timestamp(1798761600), to_timestamp(1798761600 + days * 86400))";
    // Numbers with a point, which no division cuts short.
    let kept = [
        (
            "nearness",
            formula("nearness"),
            "nearness_part(false, d, r::integer)",
            "generate_series(0.1, 500, 7.3) d, generate_series(1.0, 500, 9) r",
        ),
        ("freshness", formula("freshness"), freshness, "generate_series(0.0, 400, 0.25) days"),
        ("quantity", &quantity, "quantity_part(o::integer, w::integer)", "generate_series(1.0, 50) o, generate_series(1.0, 50) w"),
    ];
    for (part, formula, function, values) in kept {
        let wrong = number(&client, &format!("select max(abs(({formula})::float8 - {function})) from {values}")).await;
        assert!(wrong < 1e-9, "{part} is up to {wrong} beside {formula}");
    }
}

#[actix_web::test]
async fn the_worked_example_is_what_the_program_reckons() {
    let app = TestApp::start().await;
    let client = connect(&app.database.url).await;
    let words = ["Forty folding chairs", "30 folding chairs"].map(|title| CATALOGUE.lexicon.words(title));
    let shared = words[0].iter().filter(|word| words[1].contains(*word)).count();
    assert_eq!((words[0].len(), words[1].len(), shared), (2, 1, 1));
    let place = |name: &str| format!("(select point(lng, lat) from localities where slug = '{name}-stoke-on-trent')");
    let km = number(&client, &format!("select km_between({}, {})", place("burslem"), place("hanley"))).await;
    let nearness = number(&client, &format!("select nearness_part(false, {km}, 8)")).await;
    let fresh = async |days: u8| number(&client, &format!("select freshness_part(now() - interval '{days} days', now())")).await;
    let (of_want, of_offer) = (fresh(3).await, fresh(1).await);
    let score = async |category: u8, freshness: f64| {
        let parts = format!(
            "{category}, {nearness}, words_part({shared}, {}, {}), {freshness}, quantity_part(40, 30)",
            words[0].len(),
            words[1].len()
        );
        number(&client, &format!("select match_score({parts})")).await
    };
    for said in [
        format!("= {km:.4} km\n"),
        format!("| {nearness:.5} | 0.30 | {:.4} |", 0.30 * nearness),
        format!("| {of_want:.5} | 0.05 | {:.4} |", 0.05 * of_want),
        format!("| **{:.4}** |", score(1, of_want).await),
        format!("= {of_offer:.5} and the score {:.4}.", score(1, of_offer).await),
        format!("0.3 x {nearness:.5} + 0.2 = {:.4}.", 0.3 * nearness + 0.2),
    ] {
        assert!(PAGE.contains(&said), "the page does not say {said:?}");
    }
}
