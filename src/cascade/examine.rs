//! What stands between two groups, whether or not it made a link: for `why` and `why-not`.
//! Leaves out wording, and any rule of its own: it asks what `find` asks.

use crate::group::ErrorGroup;
use crate::pattern::CascadeRule;

use super::apart::By;
use super::record::Records;
use super::tally::Link;
use super::{VisibleFrom, judged, ordered, ruled, tied};

/// What was found between a cause and an effect.
#[derive(Debug)]
pub struct Examination {
    /// What ties them by words, traces, ids and rules, however little.
    pub ties: Vec<Link>,
    /// The rules that declare the one a cause of the other.
    pub declared: Vec<Declared>,
    /// How they follow each other on instances.
    pub order: Order,
}

/// A rule that declares the one a cause of the other.
#[derive(Debug)]
pub struct Declared {
    /// Its id.
    pub rule: String,
    /// Its keys, as the rule names them.
    pub keys: Vec<&'static str>,
    /// How long before the effect the cause may lie, nanoseconds.
    pub within: i64,
    /// How long after the effect it may still be logged, nanoseconds.
    pub early: i64,
    /// Whether it has to lie between start and end of the request that is the effect; then the two above say nothing.
    pub during: bool,
    /// Effect events that state the keys.
    pub stating: u64,
    /// The smallest lag from a cause to an effect with equal keys, nanoseconds; `None` if none has equal keys.
    pub nearest: Option<i64>,
}

/// How two groups follow each other on instances.
#[derive(Debug)]
pub struct Order {
    /// Whether order is asked about at all; if not, why.
    pub left_out: Option<&'static str>,
    /// Effect events on an instance.
    pub of: u64,
    /// How many of them have the cause within the window before them, on the same instance.
    pub pairs: u64,
    /// How often the effect comes first.
    pub backward: u64,
    /// How many pairs chance would make.
    pub expected: f64,
    /// The probability of so many by chance.
    pub probability: f64,
    /// Fewer pairs are not asked about.
    pub least: u64,
    /// The window, nanoseconds.
    pub window: i64,
    /// Whether it happens once per instance, on every one, as a script does.
    pub scripted: bool,
    /// Whether it is beyond chance among all pairs of the run.
    pub beyond_chance: bool,
    /// The group that explains it better.
    pub explained_by: Option<By<usize>>,
}

/// Returns the groups whose events stand most often shortly before those of `effect` on the same instance, at most
/// `most`, most often first; `records` are sorted.
pub fn preceding(records: &Records, groups: &[ErrorGroup], effect: usize, most: usize) -> Vec<usize> {
    let orders = ordered::count(records.in_order(), groups, 1);
    let mut found: Vec<(u64, u32)> = orders
        .pairs
        .keys()
        .filter(|pair| pair.1 as usize == effect)
        .map(|pair| (orders.forward(*pair), pair.0))
        .collect();
    found.sort_by_key(|(pairs, group)| (std::cmp::Reverse(*pairs), *group));
    found.into_iter().take(most).map(|(_, group)| group as usize).collect()
}

/// Looks at everything between causes and effects, given by index; `records` are sorted.
pub fn examine(
    records: &Records,
    groups: &[ErrorGroup],
    rules: &[CascadeRule],
    visible: &VisibleFrom,
    pairs: &[(usize, usize)],
) -> Vec<Examination> {
    let links = tied(records, groups, rules, |_| {}, 1).links(records, judged(records, groups, visible));
    let orders = ordered::count(records.in_order(), groups, 1);
    let verdict = orders.judge(records.in_order());
    let look = |&(cause, effect): &(usize, usize)| {
        let pair = (cause as u32, effect as u32);
        let order = Order {
            left_out: ordered::left_out(&groups[cause]).or_else(|| ordered::left_out(&groups[effect])),
            of: orders.sizes.get(&pair.1).copied().unwrap_or(0),
            pairs: orders.forward(pair),
            backward: orders.backward(pair),
            expected: orders.expected(pair),
            probability: orders.probability(pair),
            least: ordered::LEAST_OCCURRENCES,
            window: ordered::WINDOW_NANOS,
            scripted: orders.is_scripted(pair),
            beyond_chance: verdict.found.contains_key(&pair),
            explained_by: verdict.explained.get(&pair).map(|by| match by {
                By::Before(group) => By::Before(*group as usize),
                By::Between(group) => By::Between(*group as usize),
            }),
        };
        Examination {
            ties: links.iter().filter(|link| (link.from, link.to) == (cause, effect)).cloned().collect(),
            declared: rules.iter().filter_map(|rule| ruled::declared(records, groups, rule, pair)).collect(),
            order,
        }
    };
    pairs.iter().map(look).collect()
}
