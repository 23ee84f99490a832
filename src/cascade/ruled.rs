//! Links that a rule of `patterns/cascades.toml` declares.
//! Leaves out what the rules say: they are data.

use std::collections::HashMap;

use crate::group::ErrorGroup;
use crate::pattern::{CascadeRule, EqualKey, GroupFacts};

use super::record::{EventRecord, Records};
use super::tally::{LinkKind, Tally};

/// Requests are stamped by the load balancer's clock, log lines by the instance's, and lines are flushed
/// a moment later: differences of 15 ms are common.
const DURING_SLACK_NANOS: i64 = 50_000_000;

/// Notes, for each rule, the nearest earlier cause of each effect, among `records` in time order.
pub(super) fn note(
    records: &[EventRecord],
    words: &Records,
    groups: &[ErrorGroup],
    rules: &[CascadeRule],
    tally: &mut Tally,
) {
    for rule in rules {
        let causes: Vec<bool> = groups.iter().map(|group| rule.cause.accepts(&facts(group))).collect();
        let effects: Vec<bool> = groups.iter().map(|group| rule.effect.accepts(&facts(group))).collect();
        if causes.contains(&true) && effects.contains(&true) {
            note_rule(records, words, rule, &causes, &effects, tally);
        }
    }
}

fn note_rule(
    records: &[EventRecord],
    words: &Records,
    rule: &CascadeRule,
    causes: &[bool],
    effects: &[bool],
    tally: &mut Tally,
) {
    let mut by_key: HashMap<[u32; 4], Vec<u32>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        if causes.get(record.group as usize) == Some(&true) {
            by_key.entry(keys(rule, record)).or_default().push(at as u32);
        }
    }
    for (at, effect) in records.iter().enumerate() {
        if effects.get(effect.group as usize) != Some(&true) {
            continue;
        }
        let Some(list) = by_key.get(&keys(rule, effect)) else { continue };
        let (earliest, latest) = if rule.during {
            (effect.start, effect.end + DURING_SLACK_NANOS)
        } else {
            (effect.end - rule.within_nanos, effect.end + rule.early_nanos)
        };
        let from = list.partition_point(|&other| records[other as usize].end < earliest);
        let cause = list[from..]
            .iter()
            .map(|&other| &records[other as usize])
            .take_while(|cause| cause.end <= latest)
            .filter(|cause| cause.group != effect.group)
            .min_by_key(|cause| ((effect.end - cause.end).abs(), cause.group));
        if let Some(cause) = cause {
            tally.note(LinkKind::Rule, Some(&rule.id), (cause, effect), at, || {
                let (key, number) = match rule.equal.first()? {
                    EqualKey::Instance => ("instance", effect.instance),
                    EqualKey::Service => ("service", effect.service),
                    EqualKey::Revision => ("revision", effect.revision),
                    EqualKey::Project => ("project", effect.project),
                };
                Some((key.to_string(), words.word(number).to_string())).filter(|(_, value)| !value.is_empty())
            });
        }
    }
}

fn keys(rule: &CascadeRule, record: &EventRecord) -> [u32; 4] {
    let mut keys = [0; 4];
    for (slot, key) in keys.iter_mut().zip(&rule.equal) {
        *slot = match key {
            EqualKey::Instance => record.instance,
            EqualKey::Service => record.service,
            EqualKey::Revision => record.revision,
            EqualKey::Project => record.project,
        };
    }
    keys
}

/// Returns what a rule's selector may ask of a group.
pub(super) fn facts(group: &ErrorGroup) -> GroupFacts<'_> {
    GroupFacts {
        pattern: group.pattern.as_deref(),
        category: &group.category,
        role: group.role,
        severity: group.severity,
        status: group.status,
        is_request: group.is_request,
    }
}
