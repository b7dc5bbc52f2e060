//! How PostgreSQL runs the statements of matching among a hundred thousand open and closed listings: through the indexes made for
//! them and not through the table, so that no change of the schema loses that unseen.

use gotit::matching::sql::{self, Question};
use tokio_postgres::Client;

use crate::{
    browse_plans::crowd,
    support::{TestApp, connect},
};

/// The plan that the program's connections use: one for all values.
async fn plan(client: &Client, types: &str, statement: &str, values: &str) -> String {
    let prepare = format!("set plan_cache_mode = force_generic_plan; prepare asked ({types}) as {statement}");
    client.batch_execute(&prepare).await.unwrap();
    let lines = client.simple_query(&format!("explain (costs off) execute asked ({values})")).await.unwrap();
    client.batch_execute("deallocate asked").await.unwrap();
    let lines = lines.into_iter().filter_map(|line| match line {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How the listings are read: the lines of a plan that name the table.
fn reads(plan: &str) -> Vec<&str> {
    let reads = plan.lines().filter(|line| line.contains(" on listings") || line.contains("Index Scan on listings_"));
    reads.map(|line| line.trim_start_matches([' ', '-', '>'])).collect()
}

#[actix_web::test]
async fn the_statements_of_matching_read_the_indexes_made_for_them() {
    let app = TestApp::start().await;
    crowd(&app, 100_000).await;
    let client = connect(&app.database.url).await;
    client.batch_execute("vacuum analyze listings").await.unwrap();
    let id = client.query_one("select id::text from listings where is_open order by id limit 1", &[]).await.unwrap().get::<_, String>(0);
    let nil = "00000000-0000-0000-0000-000000000000";

    let types = "uuid, timestamptz, bigint, float8, uuid, uuid, float8, uuid[], boolean";
    let values = format!("'{id}', now(), 21, 'infinity', '{nil}', '{nil}', 0, '{{}}', false");
    for question in [Question::Itself, Question::Hearers, Question::Similar, Question::Like] {
        let plan = plan(&client, types, question.statement(), &values).await;
        assert!(!plan.contains("Seq Scan on listings"), "{question:?} reads a whole table:\n{plan}");
        for index in ["listings_match_near", "listings_match_far", "listings_match_remote"] {
            assert!(
                plan.contains(&format!("Index Only Scan using {index} on listings")),
                "{question:?} does not use {index} alone:\n{plan}"
            );
        }
        let others = reads(&plan).into_iter().filter(|line| !line.starts_with("Index Only Scan using listings_match_"));
        let allowed = |line: &&str| {
            line.contains("listings l")
                || question == Question::Like && (line.contains("listings_search") || line.starts_with("Bitmap Heap Scan on listings c"))
        };
        let others: Vec<&str> = others.filter(|line| !allowed(line)).collect();
        assert!(others.is_empty(), "{question:?} also reads {others:?}:\n{plan}");
    }

    for (name, statement, types, values) in [
        ("fits", &sql::FITS, "uuid, timestamptz, uuid[], text[]", format!("'{id}', now(), '{{{id}}}', '{{offer}}'")),
        (
            "with groups",
            &sql::WITH_GROUPS,
            "uuid, timestamptz, uuid[], bigint, float8, uuid, uuid",
            format!("'{id}', now(), '{{{id}}}', 21, 'infinity', '{nil}', '{nil}'"),
        ),
        ("groups that fit", &sql::GROUPS_THAT_FIT, "uuid, timestamptz, text", format!("'{id}', now(), 'offer'")),
        ("explain", &sql::EXPLAIN, "uuid, timestamptz, uuid", format!("'{id}', now(), '{id}'")),
    ] {
        let plan = plan(&client, types, statement, &values).await;
        assert!(!plan.contains("Seq Scan on listings"), "{name} reads a whole table:\n{plan}");
    }
}
