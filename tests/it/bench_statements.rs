//! How `./dev bench matching` reads PostgreSQL's log: what it takes for a request's statements, pgbench runs.

#[path = "../../bench/rig/statements.rs"]
#[allow(dead_code, reason = "the bench's own; it uses all of it")]
mod statements;

use serde_json::json;

use self::statements::Reader;

fn line(message: &str, detail: &str) -> String {
    json!({"pid": 7, "dbname": "gotit_1m_15", "application_name": "gotit", "message": message, "detail": detail}).to_string() + "\n"
}

fn reader() -> Reader {
    let type_names = [("2950", "uuid"), ("25", "text"), ("23", "integer")];
    Reader::new("gotit_1m_15".to_owned(), type_names.map(|(oid, name)| (oid.to_owned(), name.to_owned())).into())
}

#[test]
fn a_statement_is_read_with_its_values_and_types() {
    let tree = "{QUERY :args ({PARAM :paramkind 0 :paramid 2\n:paramtype 25 :x 1} {PARAM :paramkind 0 :paramid 1 :paramtype 2950 :x 1})}";
    let sql = "select *\nfrom listings where id = $1 and title = $2 or $3 is null";
    let log = [
        line("parse tree:", tree),
        line(&format!("duration: 0.1 ms  parse s1: {sql}"), ""),
        line(&format!("duration: 0.1 ms  bind s1: {sql}"), "parameters: $1 = '0a', $2 = 'it''s = ''here'', $1', $3 = NULL"),
        line("parse tree:", "{QUERY of a function {PARAM :paramkind 0 :paramid 1 :paramtype 23 :x 1}}"),
        line(&format!("duration: 0.1 ms  execute s1: {sql}"), "parameters: $1 = '0a', $2 = 'it''s = ''here'', $1'"),
    ];
    let (statements, parsed) = reader().statements(&log.concat()).unwrap();
    assert_eq!(parsed, 1);
    let [statement] = statements.as_slice() else { panic!("{statements:?}") };
    assert_eq!(statement.values, [Some("0a".to_owned()), Some("it's = 'here', $1".to_owned())]);
    assert_eq!(statement.types, ["uuid", "text"]);
    let written = statement.with_parameters(|number, value, of_type| format!(":p{number}[{}]::{of_type}", value.unwrap_or("null")));
    assert_eq!(written, "select *\nfrom listings where id = :p1[0a]::uuid and title = :p2[it's = 'here', $1]::text or $3 is null");
}

#[test]
fn what_others_run_is_not_taken() {
    let other = line("duration: 0.1 ms  statement: COMMIT", "").replace("gotit_1m_15", "gotit_10m_15");
    let psql = line("duration: 0.1 ms  statement: COMMIT", "").replace("\"gotit\"", "\"psql\"");
    let ours = line("duration: 0.1 ms  statement: BEGIN", "");
    let (statements, _) = reader().statements(&[other, psql, ours].concat()).unwrap();
    assert_eq!(statements.iter().map(|statement| statement.sql.as_str()).collect::<Vec<_>>(), ["BEGIN"]);
}

#[test]
fn a_statement_of_unknown_types_is_refused() {
    let refused = reader().statements(&line("duration: 0.1 ms  execute s1: select $1", "parameters: $1 = 'x'"));
    assert!(refused.unwrap_err().to_string().contains("types of the parameters are not known"));
}
