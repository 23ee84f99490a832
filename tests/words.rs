//! Measures the words of the house against labelled data: message pairs and log templates.
//! Leaves out stack traces. The data lies beside the repository; where it is absent the tests say so and pass.

use std::path::PathBuf;

use log_gardener::group::normalise;
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
