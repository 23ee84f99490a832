//! Links, roots and confidence over generated incidents with decoys: prints the figures and holds them.
//! `cargo test --test all cascades:: -- --nocapture` shows them; MORE_WORLDS=N makes more of them.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use log_gardener::cascade::Link;
use world::{Random, World};

use crate::run;

/// What came out, added up.
#[derive(Default)]
struct Figures {
    incidents: usize,
    decoys: usize,
    links: usize,
    right: usize,
    direct: usize,
    found: usize,
    roots: usize,
    rooted: usize,
    /// Kind of incident -> (roots that are roots, all).
    by_kind: BTreeMap<&'static str, (usize, usize)>,
    /// Tenths of confidence -> (right, all).
    calibration: BTreeMap<u32, (usize, usize)>,
    wrong: BTreeMap<String, usize>,
}

impl Figures {
    fn add(&mut self, world: &World) {
        let (run, _) = run::triage(&world.ndjson()).expect("it can be read");
        let name = |group: usize| {
            let text = run.groups[group]
                .template
                .split(" request_id")
                .next()
                .unwrap_or_default()
                .split(" session_id")
                .next()
                .unwrap_or_default();
            text.to_string()
        };
        let links: Vec<&Link> = run.cascades.incidents.iter().flat_map(|incident| &incident.links).collect();
        let mut linked = BTreeSet::new();
        for link in links {
            let pair = (name(link.from), name(link.to));
            let right = world.caused.contains(&pair);
            self.links += 1;
            self.right += usize::from(right);
            let tenth = self.calibration.entry((link.confidence() * 10.0) as u32).or_default();
            *tenth = (tenth.0 + usize::from(right), tenth.1 + 1);
            if !right {
                let decoy = world.decoys.contains(&pair.0) || world.decoys.contains(&pair.1);
                let sibling = world.caused.iter().any(|(cause, effect)| {
                    *effect == pair.0 && world.caused.contains(&(cause.clone(), pair.1.clone()))
                });
                let what = if decoy {
                    "decoy"
                } else if sibling {
                    "sibling"
                } else {
                    "other"
                };
                *self.wrong.entry(format!("{what} by {}", link.kind.name())).or_default() += 1;
            }
            linked.insert(pair);
        }
        self.direct += world.direct.len();
        // A star from the root is as true as the chain: an ancestor that is named counts.
        let found = |(cause, effect): &&(String, String)| {
            linked.contains(&(cause.clone(), effect.clone()))
                || world.caused.iter().any(|(before, then)| {
                    then == effect
                        && linked.contains(&(before.clone(), effect.clone()))
                        && world.caused.contains(&(before.clone(), cause.clone()))
                })
        };
        self.found += world.direct.iter().filter(found).count();
        let roots: BTreeSet<String> = run.cascades.incidents.iter().map(|incident| name(incident.root)).collect();
        for (root, kind) in &world.roots {
            let counted = self.by_kind.entry(kind).or_default();
            let is_root = roots.contains(root);
            *counted = (counted.0 + usize::from(is_root), counted.1 + 1);
            self.roots += 1;
            self.rooted += usize::from(is_root);
        }
        self.incidents += world.incidents.len();
        self.decoys += world.decoys.len();
    }

    fn print(&self) {
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        println!("kinds of failure {}, incidents {}, decoys {}", self.roots, self.incidents, self.decoys);
        println!("links {}, right {:.4}", self.links, share(self.right, self.links));
        println!("true links {}, found {:.4}", self.direct, share(self.found, self.direct));
        println!("roots named right {:.4}", share(self.rooted, self.roots));
        for (kind, (right, all)) in &self.by_kind {
            println!("    {kind:12} {right} of {all}");
        }
        for (tenth, (right, all)) in &self.calibration {
            println!("confidence 0.{tenth}..: {right} of {all} right");
        }
        for (what, times) in &self.wrong {
            println!("wrong: {what} {times}");
        }
    }
}

#[test]
fn links_roots_and_confidence_over_generated_incidents() {
    let more = std::env::var("MORE_WORLDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let mut figures = Figures::default();
    (0..more).for_each(|seed| figures.add(&World::new(seed)));
    figures.print();
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    assert!(figures.roots >= 200 && figures.decoys >= 50, "too little was generated");
    assert!(share(figures.right, figures.links) >= 0.95, "links that are none");
    assert!(share(figures.found, figures.direct) >= 0.90, "links that were missed");
    assert!(share(figures.rooted, figures.roots) >= 0.97, "roots that are named wrong");
    let sure: Vec<&(usize, usize)> =
        figures.calibration.iter().filter(|(tenth, _)| **tenth >= 9).map(|(_, n)| n).collect();
    let (right, all) = sure.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(all > 100 && share(right, all) >= 0.9, "confidence of 0.9 and more must be right nine times in ten");
}

#[test]
fn the_order_of_input_makes_no_difference() {
    for seed in 100..103 {
        let world = World::new(seed);
        let sorted = run::found(&world.ndjson());
        let mut random = Random(seed);
        assert!(run::found(&world.shuffled(&mut random)) == sorted, "world {seed}");
        let mut reversed: Vec<&[u8]> = Vec::new();
        let bytes = world.ndjson();
        bytes.split_inclusive(|byte| *byte == b'\n').for_each(|line| reversed.push(line));
        reversed.reverse();
        assert!(run::found(&reversed.concat()) == sorted, "world {seed}, reversed");
    }
}
