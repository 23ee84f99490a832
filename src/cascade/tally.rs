//! Counting how often one group's events explain another group's events, and how.
//! Leaves out finding the pairs: each kind of link has its own file.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashSet;

use super::record::{EventRecord, Records};

/// How a link is known, strongest first; the order of the variants is the order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// The effect's own stack trace names the cause.
    ExceptionChain,
    /// Both happened in one trace.
    Trace,
    /// Both carry the same id, or the effect quotes what the cause said.
    Correlation,
    /// A declared rule, with equal keys within a time.
    Rule,
    /// Same instance, in order, more often than chance.
    Instance,
}

impl LinkKind {
    /// Returns the word used in output.
    pub fn name(self) -> &'static str {
        match self {
            LinkKind::ExceptionChain => "exception-chain",
            LinkKind::Trace => "trace",
            LinkKind::Correlation => "correlation",
            LinkKind::Rule => "rule",
            LinkKind::Instance => "instance",
        }
    }
}

/// A cause group, an effect group, and what ties them.
#[derive(Debug, Clone)]
pub struct Link {
    /// Index of the cause group.
    pub from: usize,
    /// Index of the effect group.
    pub to: usize,
    /// How it is known.
    pub kind: LinkKind,
    /// Effect events that a cause event explains.
    pub occurrences: u64,
    /// Effect events that a cause could have explained: those for which its severity was exported.
    pub of: u64,
    /// Effect events from before the export's cut, where no cause could be seen.
    pub not_judged: u64,
    /// How probable so many are by chance; 1 where that was not asked, because what is shared needs no repetition.
    pub chance: f64,
    /// Median lag in nanoseconds; negative when the effect was logged first.
    pub lag_p50: i64,
    /// Largest lag in nanoseconds.
    pub lag_max: i64,
    /// What both share: key and one example.
    pub shared: Option<(String, String)>,
    /// The rule that declared it.
    pub rule: Option<String>,
    /// Pairs of references, first occurrences first, at most 3.
    pub evidence: Vec<[Arc<str>; 2]>,
    /// The effect events that it explains, by place among the records, in order.
    pub(super) effects: Vec<u32>,
}

impl Link {
    /// Returns the share of effect events that the cause explains.
    pub fn share(&self) -> f64 {
        self.occurrences as f64 / self.of.max(1) as f64
    }

    /// Whether it holds for so many occurrences that chance is ruled out.
    pub fn is_beyond_chance(&self) -> bool {
        self.chance < 1.0
    }

    /// Whether it explains enough of the effect that the effect belongs to the cause's incident.
    pub fn carries(&self) -> bool {
        self.share() >= LEAST_SHARE
    }
}

/// An effect belongs to a cause that explains at least this share of its events.
const LEAST_SHARE: f64 = 0.5;
/// Most lags kept for the median of one link.
const LAG_LIMIT: usize = 10_000;
/// Evidence pairs kept for one link.
const EVIDENCE_LIMIT: usize = 3;

/// Counts for one (cause group, effect group, kind, rule).
#[derive(Debug, Default)]
struct Count {
    effects: HashSet<u32>,
    lags: Vec<i64>,
    /// Numbers of references: most pairs are taken back, and texts would be made in vain.
    evidence: Vec<[u32; 2]>,
    shared: Option<(String, String)>,
}

/// Collects pairs of records and turns them into links.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(u32, u32, LinkKind, Option<String>), Count>,
    chances: BTreeMap<(u32, u32, LinkKind), f64>,
}

impl Tally {
    /// Notes that `cause` explains `effect`; an effect counts once per cause group and kind.
    ///
    /// Pairs within one group say nothing: a group never links to itself.
    pub(super) fn note(
        &mut self,
        kind: LinkKind,
        rule: Option<&str>,
        (cause, effect): (&EventRecord, &EventRecord),
        effect_index: usize,
        shared: impl FnOnce() -> Option<(String, String)>,
    ) {
        if cause.group == effect.group {
            return;
        }
        let count = self.counts.entry((cause.group, effect.group, kind, rule.map(str::to_string))).or_default();
        if !count.effects.insert(effect_index as u32) {
            return;
        }
        if count.lags.len() < LAG_LIMIT {
            count.lags.push(effect.end.saturating_sub(cause.start));
        }
        if count.evidence.len() < EVIDENCE_LIMIT {
            count.evidence.push([cause.reference(), effect.reference()]);
        }
        if count.shared.is_none() {
            count.shared = shared();
        }
    }

    /// Notes how probable what was noted between two groups is by chance.
    pub(super) fn beyond_chance(&mut self, (cause, effect): (u32, u32), kind: LinkKind, probability: f64) {
        self.chances.insert((cause, effect, kind), probability);
    }

    /// Adds what another tally holds.
    pub(super) fn merge(&mut self, other: Tally) {
        for (key, count) in other.counts {
            let known = self.counts.entry(key).or_default();
            known.effects.extend(count.effects);
            known.lags.extend(count.lags);
            known.lags.truncate(LAG_LIMIT);
            known.evidence.extend(count.evidence);
            known.evidence.truncate(EVIDENCE_LIMIT);
            known.shared = known.shared.take().or(count.shared);
        }
        self.chances.extend(other.chances);
    }

    /// Returns the links, in a fixed order.
    ///
    /// `records` are those that were noted. `judged` tells, for a cause and an effect group, how many effect events a
    /// cause could have explained and how many it could not because its severity was cut off before them.
    pub(super) fn links(self, records: &Records, judged: impl Fn(usize, usize) -> (u64, u64)) -> Vec<Link> {
        self.counts
            .into_iter()
            .map(|((from, to, kind, rule), mut count)| {
                count.lags.sort_unstable();
                let (of, not_judged) = judged(from as usize, to as usize);
                Link {
                    from: from as usize,
                    to: to as usize,
                    kind,
                    occurrences: count.effects.len() as u64,
                    of: of.max(count.effects.len() as u64),
                    not_judged,
                    chance: self.chances.get(&(from, to, kind)).copied().unwrap_or(1.0),
                    lag_p50: count.lags.get(count.lags.len() / 2).copied().unwrap_or(0),
                    lag_max: count.lags.last().copied().unwrap_or(0),
                    shared: count.shared,
                    rule,
                    evidence: count.evidence.iter().map(|pair| pair.map(|number| records.reference(number))).collect(),
                    effects: {
                        let mut effects: Vec<u32> = count.effects.into_iter().collect();
                        effects.sort_unstable();
                        effects
                    },
                }
            })
            .collect()
    }
}
