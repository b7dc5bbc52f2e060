//! The pages that people read: the reference, and one for each problem.

use gotit::error::Code;

use crate::support::{Answer, TestApp};

#[actix_web::test]
async fn the_reference_page_loads_from_its_own_host_alone() {
    let app = TestApp::start().await;
    for path in ["/", "/docs"] {
        assert_eq!(app.visitor().get(path).await.expect(303).header("location"), "/docs/");
    }
    let page = app.visitor().get("/docs/").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    assert_policy(&page);
    let assets: Vec<String> = attributes(&page.text, "src").chain(attributes(&page.text, "href")).collect();
    assert!(assets.len() >= 5, "{assets:?}");
    for asset in &assets {
        assert!(!asset.contains("//"), "{asset} is on another host");
        let answer = app.visitor().get(format!("/docs/{}", asset.trim_start_matches("./"))).await.expect(200);
        assert!(!answer.text.is_empty() || asset.ends_with(".png"), "{asset} is empty");
        assert_policy(&answer);
        let loads = ["url(http", "url(\"http", "url('http", "url(//", "@import"].iter().find(|outside| answer.text.contains(**outside));
        assert!(!asset.ends_with(".css") || loads.is_none(), "{asset} loads from outside: {loads:?}");
    }
    let initializer = app.visitor().get("/docs/swagger-initializer.js").await.expect(200);
    for text in [&page.text, &initializer.text] {
        assert!(!text.contains("://") && !text.contains("\"//"), "an outside host: {text}");
    }
    assert!(
        initializer.text.contains("/docs/openapi.json") && initializer.text.contains("\"validatorUrl\": \"none\""),
        "{}",
        initializer.text
    );
    app.visitor().get("/docs/nothing.js").await.problem(404, "not_found");
}

/// Nothing but the page's own host may be loaded, framed or asked.
fn assert_policy(answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy:?}");
    for part in policy.split(';').map(str::trim) {
        let sources: Vec<_> = part.split(' ').skip(1).collect();
        let own = sources.iter().all(|source| ["'none'", "'self'", "data:", "'unsafe-inline'"].contains(source));
        assert!(own && (!part.starts_with("script-src") || sources == ["'self'"]), "{part}");
    }
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{policy}");
}

/// The values of an attribute in a page.
fn attributes<'a>(page: &'a str, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let opening = format!(" {name}=\"");
    let values: Vec<String> = page.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
    values.into_iter()
}

#[actix_web::test]
async fn every_problem_has_a_page_at_its_type() {
    let app = TestApp::start().await;
    let unknown = app.visitor().get("/v1/nothing").await.problem(404, "not_found");
    assert_eq!(unknown.body["type"], "/problems/not_found");
    for code in Code::ALL {
        let page = app.visitor().get(format!("/problems/{}", code.as_str())).await.expect(200);
        for part in [code.as_str(), code.title(), code.help()] {
            assert!(page.text.contains(part), "{} does not say {part}: {}", code.as_str(), page.text);
        }
        assert!(page.header("content-type").starts_with("text/html"));
        assert_policy(&page);
    }
    app.visitor().get("/problems/no_such_problem").await.problem(404, "not_found");
}
