//! Measures the miner on invented systems whose statements are known: accuracy, order, bounds, counts.
//! Leaves out real logs (`words` measures those) and the command line (`cli` holds that).

mod grammar;

use std::collections::{BTreeMap, BTreeSet};

use grammar::{Dice, Line, lines};
use log_gardener::group::template::baseline::{Counted, Standing, compare};
use log_gardener::group::template::{MOST_TEMPLATES, Miner, Options, mine};
use log_gardener::pattern::Masks;

const HOUSES: [(&str, &str); 14] = [
    ("bazaar", include_str!("mining/bazaar.txt")),
    ("cabinet", include_str!("mining/cabinet.txt")),
    ("desktop", include_str!("mining/desktop.txt")),
    ("executor", include_str!("mining/executor.txt")),
    ("gate", include_str!("mining/gate.txt")),
    ("handset", include_str!("mining/handset.txt")),
    ("jobs", include_str!("mining/jobs.txt")),
    ("kiosk", include_str!("mining/kiosk.txt")),
    ("library", include_str!("mining/library.txt")),
    ("mailroom", include_str!("mining/mailroom.txt")),
    ("quorum", include_str!("mining/quorum.txt")),
    ("racks", include_str!("mining/racks.txt")),
    ("switchyard", include_str!("mining/switchyard.txt")),
    ("weather", include_str!("mining/weather.txt")),
];

/// Returns the share of lines, and the F1 of groups, whose group is exactly that of one statement.
fn accuracy(lines: &[Line], found: &[usize]) -> (f64, f64) {
    let (mut of_truth, mut of_found, mut both) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (line, group) in lines.iter().zip(found) {
        *of_truth.entry(line.statement).or_insert(0usize) += 1;
        *of_found.entry(group).or_insert(0usize) += 1;
        *both.entry((line.statement, group)).or_insert(0usize) += 1;
    }
    let exact = both.iter().filter(|((one, two), count)| of_truth[one] == **count && of_found[two] == **count);
    let counts: Vec<usize> = exact.map(|(_, count)| *count).collect();
    let share = counts.iter().sum::<usize>() as f64 / lines.len() as f64;
    (share, 2.0 * counts.len() as f64 / (of_truth.len() + of_found.len()) as f64)
}

fn groups<'t>(texts: impl Iterator<Item = &'t String>, content: bool) -> Vec<usize> {
    let (found, templates) = mine(texts, Options { content });
    assert_eq!(templates.iter().map(|template| template.count).sum::<u64>(), found.len() as u64);
    found
}

#[test]
fn invented_systems_are_told_apart() {
    let (mut sums, mut worst) = ([0.0; 4], [1.0f64; 4]);
    println!("{:10} {:>8} {:>8} {:>8} {:>8}", "", "GA", "FGA", "raw GA", "raw FGA");
    for (name, house) in HOUSES {
        let mut own = [0.0; 4];
        for seed in 1..=2 {
            let lines = lines(house, seed);
            let content = accuracy(&lines, &groups(lines.iter().map(|line| &line.content), true));
            let raw = accuracy(&lines, &groups(lines.iter().map(|line| &line.raw), false));
            for (sum, value) in own.iter_mut().zip([content.0, content.1, raw.0, raw.1]) {
                *sum += value / 2.0;
            }
        }
        println!("{name:10} {:8.4} {:8.4} {:8.4} {:8.4}", own[0], own[1], own[2], own[3]);
        for at in 0..4 {
            sums[at] += own[at] / HOUSES.len() as f64;
            worst[at] = worst[at].min(own[at]);
        }
    }
    println!("average    {:8.4} {:8.4} {:8.4} {:8.4}", sums[0], sums[1], sums[2], sums[3]);
    println!("worst      {:8.4} {:8.4} {:8.4} {:8.4}", worst[0], worst[1], worst[2], worst[3]);
    assert!(sums[0] >= 0.98 && sums[1] >= 0.94 && sums[2] >= 0.98 && sums[3] >= 0.94, "{sums:?}");
    assert!(worst[0] >= 0.95 && worst[1] >= 0.80 && worst[2] >= 0.95 && worst[3] >= 0.80, "{worst:?}");
}

#[test]
fn the_order_of_lines_does_not_matter() {
    for (name, house) in HOUSES {
        let mut lines = lines(house, 3);
        let parts = |lines: &[Line]| {
            let found = groups(lines.iter().map(|line| &line.content), true);
            let mut parts: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
            for (line, group) in lines.iter().zip(found) {
                parts.entry(group).or_default().insert(line.content.clone());
            }
            parts.into_values().collect::<BTreeSet<_>>()
        };
        let before = parts(&lines);
        Dice::new(9).shuffle(&mut lines);
        assert_eq!(before, parts(&lines), "{name}");
    }
}

#[test]
fn another_day_of_the_same_system_is_nothing_new() {
    let masks = Masks::built_in().expect("our own masks load");
    let (mut new, mut rising, mut all) = (0, 0, 0);
    for (name, house) in HOUSES {
        let day = |seed: u64| {
            let lines = lines(house, seed);
            let (_, templates) = mine(lines.iter().map(|line| &line.content), Options { content: true });
            let counted = templates.into_iter().map(|one| Counted { template: one.template, count: one.count });
            (counted.collect::<Vec<_>>(), lines.len() as u64)
        };
        let (now, before) = (day(11), day(12));
        let standings = compare((&now.0, now.1), (&before.0, before.1), masks.words());
        for (one, standing) in now.0.iter().zip(&standings) {
            match standing {
                Standing::New => println!("{name}: new: {}", one.template),
                Standing::Known { rise: Some(rise), .. } => println!("{name}: {rise:?}: {}", one.template),
                Standing::Known { .. } => {}
            }
        }
        new += standings.iter().filter(|standing| **standing == Standing::New).count();
        rising += standings.iter().filter(|one| matches!(one, Standing::Known { rise: Some(_), .. })).count();
        all += standings.len();
    }
    println!("{new} new and {rising} escalating of {all}");
    // A statement with one line on each day, and another word in it, cannot be told from two statements.
    assert!(new * 100 <= all * 5, "{new} of {all}");
    assert_eq!(rising, 0);
}

/// A statement of words alone, another one for each number.
fn statement(number: usize) -> String {
    let letter = |at: u32| char::from(b'a' + (number / 26usize.pow(at) % 26) as u8);
    let word = [letter(0), letter(1), letter(2), letter(3)].iter().collect::<String>();
    // Every word differs, so that no two statements are one with a value in it.
    format!("the q{word} has z{word} on x{word}")
}

#[test]
fn memory_is_bounded_and_no_line_is_lost() {
    let mut miner = Miner::new();
    let lines = MOST_TEMPLATES + 500;
    let mut last = 0;
    for number in 0..lines {
        last = miner.add(&statement(number));
    }
    for _ in 0..10 {
        assert_eq!(miner.add(&statement(7)), 7, "what was known before is still told apart");
    }
    miner.settle();
    let counts = miner.counts();
    assert_eq!(counts.len(), MOST_TEMPLATES + 1, "beyond the bound lines share one template");
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), lines as u64 + 10);
    assert_eq!(miner.template(last), "<*>");
    assert_eq!(counts.iter().find(|(number, _)| *number == last).map(|(_, count)| *count), Some(500));
}

#[test]
fn a_template_says_something() {
    // Words at random are no statements; they must not all fall into one template without a word.
    let words: Vec<String> =
        (0..400).map(statement).map(|text| text.split(' ').nth(1).unwrap_or("").to_string()).collect();
    let mut dice = Dice::new(5);
    let mut pick = || words[dice.below(words.len())].clone();
    let texts: Vec<String> = (0..800).map(|_| format!("{} {} {}", pick(), pick(), pick())).collect();
    let (_, templates) = mine(texts.iter(), Options { content: true });
    let bare: Vec<_> = templates.iter().filter(|one| one.template.split(' ').all(|word| word == "<*>")).collect();
    assert!(bare.is_empty(), "{bare:?}");
}
