//! The order of entries in the input does not matter: ascending, descending and shuffled give the same
//! incidents, counts and links. Leaves out what the incidents are; `cases` hold that.

use serde_json::{Value, json};

use crate::run::{self, Shuffle, found};

/// An entry of service `api`, `millis` after the start.
fn entry(id: String, millis: u64, instance: &str, more: Value) -> Value {
    let time = chrono::DateTime::from_timestamp_millis(1_789_516_800_000 + millis as i64).expect("a time");
    let mut entry = json!({
        "insertId": id, "timestamp": time.to_rfc3339(), "severity": "ERROR", "logName": "projects/p/logs/stderr",
        "resource": { "type": "cloud_run_revision", "labels": { "service_name": "api", "revision_name": "api-1" } },
        "labels": { "instanceId": instance },
    });
    entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    entry
}

/// Asserts that every order of `entries` finds the same; returns how many events and links there are.
fn check(name: &str, mut entries: Vec<Value>) -> (u64, usize) {
    let text = |entries: &[Value]| entries.iter().map(|entry| format!("{entry}\n")).collect::<String>();
    let ascending = found(text(&entries).as_bytes());
    entries.reverse();
    assert_eq!(found(text(&entries).as_bytes()), ascending, "{name}, descending");
    // Large inputs have one shuffle: they are slow in a debug build.
    for seed in 1..=if entries.len() > 1000 { 1 } else { 2 } {
        Shuffle(seed).shuffle(&mut entries);
        assert_eq!(found(text(&entries).as_bytes()), ascending, "{name}, shuffled with {seed}");
    }
    let links = ascending.iter().map(|incident| incident.links.len()).sum();
    (ascending.iter().map(|incident| incident.events).sum(), links)
}

/// Returns everything that a run found, in so many threads.
fn told(text: &str, threads: usize) -> String {
    let (run, _) = run::triage_in(text.as_bytes(), threads).expect("it can be read");
    format!("{:?} {:?} {:?}", run.groups, run.cascades.incidents, run.assignments)
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let trace = |at: u64| {
        format!(
            "Traceback (most recent call last):\n  File \"/app/{}.py\", line 3, in pour\n    tea()\nValueError: cup {at} of tray t-{at:08x} is cold",
            ["kettle", "pot", "tap"][at as usize % 3],
        )
    };
    let connector = "The above exception was the direct cause of the following exception:";
    let mut text = String::new();
    for at in 1..1501 {
        let (instance, millis) = (format!("i{}", at % 7), at * 40);
        let told = [
            json!({ "textPayload": trace(at), "trace": format!("projects/p/traces/{:032x}", at / 3) }),
            json!({ "textPayload": format!("cannot serve: cup {} of tray t-{:08x} is cold", at - 1, at - 1) }),
            json!({ "textPayload": connector, "severity": "DEFAULT" }),
            json!({ "textPayload": trace(at) }),
        ];
        let more = told[at as usize % 4].clone();
        text.push_str(&format!("{}\n", entry(format!("e{at}"), millis, &instance, more)));
    }
    let one = told(&text, 1);
    for threads in [2, 5] {
        assert!(told(&text, threads) == one, "{threads} threads");
    }
}

#[test]
fn a_crash_loop() {
    let mut entries = Vec::new();
    for boot in 0..40 {
        let (at, instance) = (boot * 30_000, format!("i{}", boot % 4));
        let cause = "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    import bridge\nModuleNotFoundError: No module named 'bridge'";
        entries.push(entry(format!("a{boot}"), at, &instance, json!({ "textPayload": cause })));
        let exit = json!({ "textPayload": "worker failed to boot: exit code 3" });
        entries.push(entry(format!("b{boot}"), at + 40 + boot, &instance, exit));
        let request = json!({ "httpRequest": { "status": 503, "requestMethod": "GET", "requestUrl": "https://x/health", "latency": "0.5s" } });
        entries.push(entry(format!("c{boot}"), at + 900, &instance, request));
    }
    let (events, links) = check("crash loop", entries);
    assert_eq!(events, 120);
    assert!(links > 0);
}

#[test]
fn chains_by_trace_and_by_quotation() {
    let mut entries = Vec::new();
    for call in 0..60 {
        let (at, trace) = (call * 700, json!(format!("projects/p/traces/{call:032x}")));
        for (step, text) in [
            format!("connection to shard {} refused by peer", call % 3),
            format!("cannot load cart {call}: connection to shard {} refused by peer", call % 3),
            format!("checkout {call} failed"),
        ]
        .into_iter()
        .enumerate()
        {
            let more = json!({ "textPayload": text, "trace": trace });
            entries.push(entry(format!("t{call}-{step}"), at + step as u64 * 7, "i1", more));
        }
    }
    let (events, links) = check("traces", entries);
    assert_eq!(events, 180);
    assert!(links > 0);
}

#[test]
fn many_entries_at_one_time() {
    let words = ["disk", "queue", "cache", "token", "socket"];
    let entries = (0..500)
        .map(|n: usize| {
            let text = format!("the {} is {}", words[n % 5], ["full", "gone", "slow"][n / 5 % 3]);
            entry(format!("s{n}"), 0, &format!("i{}", n % 7), json!({ "textPayload": text }))
        })
        .collect();
    assert_eq!(check("one time", entries).0, 500);
}

#[test]
fn more_than_can_be_held_back() {
    let words = ["disk", "queue", "cache", "token", "socket", "lease", "lock"];
    let mut entries = Vec::new();
    for n in 0..4200 {
        let (at, instance) = (n as u64 * 90, format!("i{}", n % 3));
        let cause = json!({ "textPayload": format!("the {} is gone", words[n % 7]) });
        entries.push(entry(format!("m{n}"), at, &instance, cause));
        let effect = json!({ "textPayload": format!("job {n} stopped: the {} is gone", words[n % 7]) });
        entries.push(entry(format!("n{n}"), at + 11, &instance, effect));
    }
    let (events, links) = check("8,400 entries", entries);
    assert_eq!(events, 8400);
    assert!(links > 0);
}

#[test]
fn storms_in_which_many_times_are_equal() {
    let words = ["disk", "queue", "cache", "token"];
    for seed in 1..=6 {
        let mut random = Shuffle(seed * 0x0012_3456_789b);
        random.shuffle(&mut [0; 8]);
        let entries = (0..300)
            .map(|n| {
                let word = words[random.below(4)];
                let text = match random.below(4) {
                    0 => format!("the {word} of the basement is gone"),
                    1 => format!("job stopped: the {word} of the basement is gone"),
                    2 => format!("the {word} of the attic is slow, id={:08x}", random.below(20)),
                    _ => format!("call failed: job stopped: the {word} of the basement is gone"),
                };
                let mut more = json!({ "textPayload": text });
                if random.below(2) == 0 {
                    more["trace"] = json!(format!("projects/p/traces/{:032x}", random.below(40)));
                }
                let (at, instance) = (random.below(200) as u64 * 50, random.below(3));
                entry(format!("r{n}"), at, &format!("i{instance}"), more)
            })
            .collect();
        assert_eq!(check(&format!("storm {seed}"), entries).0, 300);
    }
}

#[test]
fn two_groups_that_precede_each_other_equally_often() {
    let texts = ["the oven is cold", "the door is open"];
    let mut entries = Vec::new();
    // More than are held back, so that either of the two groups may be met first.
    for call in 0..4200_usize {
        let trace = json!(format!("projects/p/traces/{call:032x}"));
        for step in 0..2 {
            let more = json!({ "textPayload": texts[(call + call / 2100 + step) % 2], "trace": trace });
            entries.push(entry(format!("e{call}-{step}"), call as u64 * 1000 + step as u64 * 7, "i1", more));
        }
    }
    // What comes first now this way and now the other has no direction.
    let (events, links) = check("equally often", entries);
    assert_eq!((events, links), (8400, 0));
}
