//! Starting costs little: nothing is compiled before it is needed, and what is not checked at the start is checked here.
//! Leaves out what the patterns recognise: `patterns.rs` tries that.

use log_gardener::pattern::Catalog;

use crate::run;

const SMALL: &str = r#"{"severity":"ERROR","timestamp":"2026-01-02T03:04:05Z","insertId":"a1","resource":{"labels":{"service_name":"shop"}},"textPayload":"Traceback (most recent call last):\n  File \"/app/shop/main.py\", line 3, in <module>\n    import shop.tax\nModuleNotFoundError: No module named 'shop.tax'"}
{"severity":"ERROR","timestamp":"2026-01-02T03:04:06Z","insertId":"a2","resource":{"labels":{"service_name":"shop"}},"textPayload":"could not connect to redis at 10.0.0.1:6379: Connection refused"}
{"severity":"INFO","timestamp":"2026-01-02T03:04:07Z","insertId":"a3","resource":{"labels":{"service_name":"shop"}},"textPayload":"ready in 12 ms"}
"#;

#[test]
fn a_small_log_compiles_few_of_the_expressions_we_have() {
    let catalog = Catalog::builtin().expect("ours");
    let (before, all) = catalog.compiled();
    assert_eq!(before, 0, "loading compiles nothing");
    let (triaged, _) = run::triage_by(&catalog, SMALL.as_bytes(), 1).expect("it can be read");
    let known = triaged.groups.iter().filter(|group| group.pattern.is_some()).count();
    assert_eq!((triaged.groups.len(), known), (2, 2));
    let (done, _) = catalog.compiled();
    assert!(all > 600, "only {all} are counted");
    assert!((1..150).contains(&done), "{done} of {all} are compiled for two errors");
}

#[test]
fn ours_keep_the_law_that_loading_does_not_ask_them_about() {
    let told = |problems: Vec<log_gardener::pattern::Problem>| -> Catalog {
        panic!("{}", problems.iter().map(|problem| format!("{problem}\n")).collect::<String>())
    };
    let proven = Catalog::proven(&[]).unwrap_or_else(told);
    let quick = Catalog::builtin().unwrap_or_else(told);
    assert_eq!(proven.compiled().1, quick.compiled().1);
    let results = quick.check_examples();
    assert_eq!(results.iter().find(|result| !result.ok), None);
    assert_eq!(results, proven.check_examples(), "both ways of loading know the same");
    assert_eq!(
        format!("{:?}{:?}", quick.cascades, quick.priorities),
        format!("{:?}{:?}", proven.cascades, proven.priorities)
    );
}
