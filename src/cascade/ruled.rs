//! Links that a rule of `patterns/cascades.toml` declares.
//! Leaves out what the rules say: they are data.

use foldhash::{HashMap, HashMapExt as _};

use crate::group::ErrorGroup;
use crate::pattern::{CascadeRule, EqualKey, GroupFacts};

use super::examine::Declared;
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
            note_rule(records, words, groups, rule, (&causes, &effects), tally);
        }
    }
}

fn note_rule(
    records: &[EventRecord],
    words: &Records,
    groups: &[ErrorGroup],
    rule: &CascadeRule,
    (causes, effects): (&[bool], &[bool]),
    tally: &mut Tally,
) {
    let mut by_key: HashMap<Keys<'_>, Vec<u32>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        if causes.get(record.group as usize) == Some(&true)
            && let Some(keys) = keys(rule, words, record)
        {
            by_key.entry(keys).or_default().push(at as u32);
        }
    }
    for (at, effect) in records.iter().enumerate() {
        if effects.get(effect.group as usize) != Some(&true) {
            continue;
        }
        let Some(keys) = keys(rule, words, effect) else { continue };
        let Some(list) = by_key.get(&keys) else { continue };
        let (earliest, latest) = if rule.during {
            (effect.start, effect.end.saturating_add(DURING_SLACK_NANOS))
        } else {
            (effect.end.saturating_sub(rule.within_nanos), effect.end.saturating_add(rule.early_nanos))
        };
        let from = list.partition_point(|&other| records[other as usize].end < earliest);
        let cause = list[from..]
            .iter()
            .map(|&other| &records[other as usize])
            .take_while(|cause| cause.end <= latest)
            .filter(|cause| cause.group != effect.group && !contradict(rule, words, keys.0, cause, effect))
            .filter(|cause| is_named(rule, words, cause, groups.get(effect.group as usize)))
            .min_by_key(|cause| (effect.end.abs_diff(cause.end), cause.group));
        if let Some(cause) = cause {
            tally.note(LinkKind::Rule, Some(&rule.id), (cause, effect), at, || {
                let (name, number) = key(*keys.0.first()?, words, effect);
                Some((name.to_string(), words.word(number)))
            });
        }
    }
}

/// Returns what a rule says of two groups, if it declares the one a cause of the other.
pub(super) fn declared(
    records: &Records,
    groups: &[ErrorGroup],
    rule: &CascadeRule,
    (cause, effect): (u32, u32),
) -> Option<Declared> {
    let accepted =
        rule.cause.accepts(&facts(&groups[cause as usize])) && rule.effect.accepts(&facts(&groups[effect as usize]));
    if !accepted {
        return None;
    }
    let of = |group: u32| records.in_order().iter().filter(move |record| record.group == group);
    let mut times: HashMap<Keys<'_>, Vec<i64>> = HashMap::new();
    let named = |record: &&EventRecord| is_named(rule, records, record, groups.get(effect as usize));
    for record in of(cause).filter(named) {
        if let Some(keys) = keys(rule, records, record) {
            times.entry(keys).or_default().push(record.end);
        }
    }
    let (mut stating, mut nearest) = (0, None::<i64>);
    for record in of(effect) {
        let Some(keys) = keys(rule, records, record) else { continue };
        stating += 1;
        let Some(times) = times.get(&keys) else { continue };
        let next = times.partition_point(|time| *time <= record.end);
        let around = [next.checked_sub(1), Some(next)].into_iter().flatten().filter_map(|at| times.get(at));
        nearest =
            around.map(|time| record.end.saturating_sub(*time)).chain(nearest).min_by_key(|lag| lag.unsigned_abs());
    }
    let mut names: Vec<&str> = rule.equal.iter().map(|equal| key_name(*equal)).collect();
    names.extend(rule.names.as_ref().map(|_| "name"));
    Some(Declared {
        rule: rule.id.clone(),
        keys: names,
        within: rule.within_nanos,
        early: rule.early_nanos,
        during: rule.during,
        stating,
        nearest,
    })
}

/// Which keys are compared, and their values.
type Keys<'r> = (&'r [EqualKey], [u32; 4]);

/// Returns what a record must share with another; none if it does not state that, for unknown equals
/// nothing, not even unknown.
fn keys<'r>(rule: &'r CascadeRule, words: &Records, record: &EventRecord) -> Option<Keys<'r>> {
    [&rule.equal, &rule.otherwise].into_iter().filter(|list| !list.is_empty()).find_map(|list| {
        let mut keys = [0; 4];
        for (slot, equal) in keys.iter_mut().zip(list) {
            *slot = key(*equal, words, record).1;
        }
        keys[..list.len()].iter().all(|key| *key != 0).then_some((list.as_slice(), keys))
    })
}

fn key(equal: EqualKey, words: &Records, record: &EventRecord) -> (&'static str, u32) {
    let place = words.place(record);
    let value = match equal {
        EqualKey::Instance => place.instance,
        EqualKey::Service => place.service,
        EqualKey::Revision => place.revision,
        EqualKey::Project => place.project,
        EqualKey::Source => place.source,
    };
    (key_name(equal), value)
}

fn key_name(equal: EqualKey) -> &'static str {
    match equal {
        EqualKey::Instance => "instance",
        EqualKey::Service => "service",
        EqualKey::Revision => "revision",
        EqualKey::Project => "project",
        EqualKey::Source => "source",
    }
}

/// Returns whether the effect names the service of the cause, where the rule asks for that.
fn is_named(rule: &CascadeRule, words: &Records, cause: &EventRecord, effect: Option<&ErrorGroup>) -> bool {
    let Some(capture) = &rule.names else { return true };
    // `shop.service`, `shop.scope` and the program `shop` are one.
    let stem =
        |name: &str| name.strip_suffix(".service").or_else(|| name.strip_suffix(".scope")).unwrap_or(name).to_owned();
    let service = words.place(cause).service;
    let named = effect.and_then(|effect| effect.captures.get(capture));
    service != 0 && named.is_some_and(|named| stem(named) == stem(&words.word(service)))
}

/// Returns whether two records of one input name different services, instances, revisions or projects.
fn contradict(
    rule: &CascadeRule,
    words: &Records,
    equal: &[EqualKey],
    cause: &EventRecord,
    effect: &EventRecord,
) -> bool {
    let differ = |name| {
        let (one, other) = (key(name, words, cause).1, key(name, words, effect).1);
        one != 0 && other != 0 && one != other
    };
    equal.contains(&EqualKey::Source)
        && !rule.across
        && [EqualKey::Service, EqualKey::Instance, EqualKey::Revision, EqualKey::Project].into_iter().any(differ)
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
