//! Measures the words of the house against labelled data: message pairs and log templates.
//! Leaves out stack traces. The data lies beside the repository; where it is absent the tests say so and pass.

use std::collections::BTreeMap;
use std::path::PathBuf;

use log_gardener::group::normalise;
use log_gardener::group::template::{Options, mine};
use log_gardener::pattern::Masks;

fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if !found.exists() {
        println!("skipped: {} is absent", found.display());
        return None;
    }
    Some(found)
}

#[test]
fn messages_of_one_fault_are_equal_and_others_differ() {
    let Some(path) = shared("data/pairs/pairs.json") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let data: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let masks = Masks::built_in().expect("our own masks load");
    let (mut right, mut all, mut apart, mut different) = (0, 0, 0, 0);
    for pair in data["pairs"].as_array().expect("a list") {
        let [a, b] = ["a", "b"].map(|side| pair[side].as_str().expect("a text"));
        // More than one line is a stack trace, which is not judged by its words alone.
        if a.contains('\n') || b.contains('\n') {
            continue;
        }
        let [one, two] = [a, b].map(|text| normalise(text, &masks));
        let label = pair["label"].as_str().expect("a label");
        let correct = (one == two) == (label == "same");
        all += 1;
        right += usize::from(correct);
        different += usize::from(label == "different");
        apart += usize::from(label == "different" && correct);
        if !correct {
            println!("{} should be {label}:\n  {one}\n  {two}", pair["category"]);
        }
    }
    println!("pairs: {right}/{all} right, {apart}/{different} different ones kept apart");
    assert!(right * 100 >= all * 92, "{right} of {all}");
    assert!(apart * 100 >= different * 94, "{apart} of {different}");
}

/// Grouping accuracy: the share of lines whose cluster is exactly a true one, and its F1 over groups.
fn accuracy(truth: &[String], found: &[usize]) -> (f64, f64) {
    let (mut of_truth, mut of_found, mut both) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (one, two) in truth.iter().zip(found) {
        *of_truth.entry(one).or_insert(0usize) += 1;
        *of_found.entry(two).or_insert(0usize) += 1;
        *both.entry((one, two)).or_insert(0usize) += 1;
    }
    let exact: Vec<usize> = both
        .into_iter()
        .filter(|((one, two), count)| of_truth[one] == *count && of_found[two] == *count)
        .map(|(_, count)| count)
        .collect();
    let lines = exact.iter().sum::<usize>() as f64 / truth.len() as f64;
    (lines, 2.0 * exact.len() as f64 / (of_truth.len() + of_found.len()) as f64)
}

/// Reads one column of a CSV file, quoted fields and doubled quotation marks included.
fn csv_column(text: &str, column: usize) -> Vec<String> {
    let (mut out, mut field, mut at, mut quoted) = (Vec::new(), String::new(), 0, false);
    let mut letters = text.chars().filter(|letter| *letter != '\r').peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => {
                if at == column {
                    out.push(std::mem::take(&mut field));
                }
                field.clear();
                at = if letter == ',' { at + 1 } else { 0 };
            }
            _ => field.push(letter),
        }
    }
    out.split_off(1)
}

/// Splits where the labels do: at line feeds only.
fn lines(text: &str) -> Vec<&str> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').collect()
}

#[test]
fn lines_of_one_statement_are_one_template() {
    let Some(folder) = shared("data/loghub") else { return };
    let mut folders: Vec<_> = std::fs::read_dir(folder).expect("readable").flatten().map(|item| item.path()).collect();
    folders.sort();
    let read = |path: PathBuf| String::from_utf8_lossy(&std::fs::read(path).expect("readable")).into_owned();
    let (mut content_sum, mut groups_sum, mut raw_sum, mut worst, mut systems) = (0.0, 0.0, 0.0, 1.0f64, 0.0);
    println!("{:12} {:>8} {:>8} {:>8} {:>8} {:>6} {:>6}", "", "GA", "FGA", "raw GA", "raw FGA", "found", "true");
    for folder in folders.iter().filter(|folder| folder.join("structured.csv").exists()) {
        let name = folder.file_name().expect("named").to_string_lossy().into_owned();
        let truth = csv_column(&read(folder.join("structured.csv")), 3);
        let content = read(folder.join("content.txt"));
        let raw = read(folder.join(format!("{name}_2k.log")));
        let (found, templates) = mine(lines(&content).into_iter(), Options { content: true });
        assert_eq!(found.len(), truth.len(), "{name}");
        let (ga, fga) = accuracy(&truth, &found);
        let (found_raw, _) = mine(lines(&raw).into_iter(), Options { content: false });
        assert_eq!(found_raw.len(), truth.len(), "{name}");
        let (raw_ga, raw_fga) = accuracy(&truth, &found_raw);
        let distinct = truth.iter().collect::<std::collections::BTreeSet<_>>().len();
        println!("{name:12} {ga:8.4} {fga:8.4} {raw_ga:8.4} {raw_fga:8.4} {:6} {distinct:6}", templates.len());
        if let Ok(out) = std::env::var("WORDS_OUT") {
            for (kind, found) in [("content", &found), ("raw", &found_raw)] {
                std::fs::create_dir_all(format!("{out}/{kind}")).expect("writable");
                let text: String = found.iter().map(|number| format!("{number}\n")).collect();
                std::fs::write(format!("{out}/{kind}/{name}.pred"), text).expect("writable");
            }
        }
        (content_sum, groups_sum, raw_sum) = (content_sum + ga, groups_sum + fga, raw_sum + raw_ga);
        (worst, systems) = (worst.min(ga), systems + 1.0);
    }
    let (ga, fga, raw) = (content_sum / systems, groups_sum / systems, raw_sum / systems);
    println!("{:12} {ga:8.4} {fga:8.4} {raw:8.4}   worst {worst:.4}", "average");
    assert!(ga >= 0.95 && fga >= 0.92 && raw >= 0.90 && worst >= 0.80);
}

/// Seconds that this thread was on a processor, for other processes share it; wall clock where unknown.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    match stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()) {
        Some(nanoseconds) => nanoseconds / 1e9,
        None => std::time::UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64()),
    }
}

/// Prints lines per second of processor time; run with `cargo test --release --test all words:: -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a test"]
fn speed() {
    let Some(folder) = shared("data/loghub") else { return };
    let mut all = String::new();
    for item in std::fs::read_dir(folder).expect("readable").flatten() {
        let name = item.file_name().to_string_lossy().into_owned();
        let text = std::fs::read(item.path().join(format!("{name}_2k.log"))).expect("readable");
        let text = String::from_utf8_lossy(&text).into_owned();
        let source: Vec<&str> = lines(&text).into_iter().cycle().take(200_000).collect();
        let start = cpu_seconds();
        mine(source.iter().copied(), Options { content: false });
        println!("{name:12} {:9.0} lines/s", source.len() as f64 / (cpu_seconds() - start));
        all.push_str(&text);
    }
    let masks = Masks::built_in().expect("our own masks load");
    let start = cpu_seconds();
    let length: usize = lines(&all).iter().map(|line| masks.apply(line).len()).sum();
    let seconds = cpu_seconds() - start;
    println!(
        "masks        {:9.0} lines/s, {:.0} MB/s ({length})",
        16_000.0 / seconds,
        all.len() as f64 / seconds / 1e6
    );
    let start = cpu_seconds();
    let length: usize = lines(&all).iter().map(|line| normalise(line, &masks).len()).sum();
    println!("normalise    {:9.0} lines/s ({length})", 16_000.0 / (cpu_seconds() - start));
}

/// Strings of hostile fragments, the same ones in every run.
fn hostile(count: usize) -> impl Iterator<Item = String> {
    const PARTS: [&str; 40] = [
        "1", "a", "f0", "0x", ":", "::", "-", "_", ".", "/", "//", "?a=", "=", "'", "\"", "`", "{\"", "}", "[", "]",
        "(", ")", "<", ">", "<number>", "\u{1b}[", "m", "é", "日本", "\u{feff}", "\0", "\\", "%", "@", ",", "T10:",
        "Jan 1 ", "user ", "µs", "\n",
    ];
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    (0..count).map(move |_| {
        let length = next(60);
        (0..length).flat_map(|_| std::iter::repeat_n(PARTS[next(PARTS.len())], 1 + next(2))).collect()
    })
}

#[test]
fn no_text_makes_the_words_panic_or_lose_a_line() {
    let masks = Masks::built_in().expect("our own masks load");
    let texts: Vec<String> = hostile(4_000).collect();
    for text in &texts {
        let masked = masks.apply(text);
        assert_eq!(masks.apply(text), masked, "the same twice");
        normalise(text, &masks);
    }
    for content in [true, false] {
        let (assigned, templates) = mine(texts.iter().map(String::as_str), Options { content });
        assert_eq!(templates.iter().map(|template| template.count).sum::<u64>(), texts.len() as u64);
        assert!(assigned.iter().all(|index| *index < templates.len()));
        assert_eq!(
            mine(texts.iter().map(String::as_str), Options { content }),
            (assigned, templates),
            "the same twice"
        );
    }
}

#[test]
fn a_line_ten_times_as_long_takes_about_ten_times_as_long() {
    let masks = Masks::built_in().expect("our own masks load");
    for part in [
        "1.",
        "a1:",
        "-",
        "?a",
        "a@",
        "://",
        "00-",
        "1,111",
        "'",
        "{\"",
        "a1/",
        "1 ",
        "é",
        "f:",
        "1s",
        "=1",
        "-6d5f7c9b84",
        "eyJ",
    ] {
        let seconds = |times: usize| {
            let text = part.repeat(times);
            let start = std::time::Instant::now();
            masks.apply(&text);
            normalise(&text, &masks);
            mine([text.as_str()].into_iter(), Options { content: false });
            start.elapsed().as_secs_f64()
        };
        let (short, long) = (seconds(20_000), seconds(200_000));
        // Work that grew with the square of the length would take a hundred times as long, and seconds.
        assert!(long < 40.0 * short + 0.5, "{part}: {short} s, then {long} s");
    }
}
