//! `why GROUP` and `why-not A B`: what linked two groups, or what was looked at and did not link them.
//! Leaves out the looking (`cascade::examine`); every number here comes from there.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::analysis::names;
use crate::cascade::{By, Declared, Examination, Incident, Link, Order};
use crate::pattern::{Catalog, Role};
use crate::report::numbers;
use crate::triage::{Triage, Triaged};

use super::arguments::{InputArguments, TextOrJson, WhyNotArguments};
use super::failure::{Exit, Failure};
use super::{catalog, input, print};

/// Groups that are told as no causes.
const LOOKED_AT: usize = 3;

/// Runs `why` for a group of an input.
pub(super) fn why(input: &InputArguments, group: &str, format: TextOrJson) -> Result<Exit, Failure> {
    let (known, run) = read(input)?;
    let at = find(&run, group)?;
    let all = || run.cascades.incidents.iter().flat_map(|incident| &incident.links);
    let (causes, effects): (Vec<&Link>, Vec<&Link>) =
        (all().filter(|link| link.to == at).collect(), all().filter(|link| link.from == at).collect());
    let incident = run.cascades.incidents.iter().find(|incident| incident.groups.contains(&at));
    let root = incident.map_or(at, |incident| incident.root);
    let others = run.preceding(at, LOOKED_AT + causes.len());
    let linked = |group: &usize| causes.iter().any(|link| link.from == *group);
    let others: Vec<usize> = others.into_iter().filter(|group| !linked(group)).take(LOOKED_AT).collect();
    let pairs: Vec<(usize, usize)> = others.iter().map(|group| (*group, at)).collect();
    let found = examine(&known, &run, &pairs)?;
    let verdicts: Vec<String> =
        found.iter().zip(&pairs).map(|(found, (from, to))| verdict(&run, found, *from, *to)).collect();
    if format == TextOrJson::Json {
        let no_link = |((group, found), verdict): ((&usize, &Examination), &String)| json!({ "group": run.groups[*group].id, "verdict": verdict, "order": order_json(&run, &found.order) });
        let told = |links: &[&Link]| links.iter().map(|link| link_json(&run, link)).collect::<Vec<_>>();
        return print::json(&json!({
            "schema": "log-gardener/why/1", "group": run.groups[at].id, "title": called(&run, at),
            "root": run.groups[root].id, "causes": told(&causes), "effects": told(&effects),
            "not_causes": others.iter().zip(&found).zip(&verdicts).map(no_link).collect::<Vec<_>>(),
        }));
    }
    let mut page = format!("{}\n", headline(&run, at));
    let place = if root == at {
        "root of its incident".to_string()
    } else {
        format!("in the incident of {}", name(&run, root))
    };
    let _ = writeln!(page, "    {place}\n\nbecause of");
    for link in &causes {
        let _ = writeln!(page, "    {}\n{}", name(&run, link.from), indented(&link_text(link)));
    }
    if causes.is_empty() {
        page.push_str("    nothing in this input: no other group is linked to it as a cause\n");
    }
    if !others.is_empty() {
        page.push_str("\ncomes before it, and is no cause\n");
    }
    for ((group, found), verdict) in others.iter().zip(&found).zip(&verdicts) {
        let order = order_text(&found.order);
        let _ = writeln!(page, "    {}\n        {verdict}\n        {order}", name(&run, *group));
    }
    page.push_str("\nleads to\n");
    for link in &effects {
        let _ = writeln!(page, "    {}\n{}", name(&run, link.to), indented(&link_text(link)));
    }
    if effects.is_empty() {
        page.push_str("    nothing in this input\n");
    }
    print::text(&page)
}

/// Runs `why-not`.
pub(super) fn why_not(arguments: &WhyNotArguments) -> Result<Exit, Failure> {
    let (known, run) = read(&arguments.input)?;
    let (cause, effect) = (find(&run, &arguments.cause)?, find(&run, &arguments.effect)?);
    if cause == effect {
        return Err(Failure::new(Exit::Usage, "both are the same group")
            .hint("a group is never its own cause; name two groups"));
    }
    let found = examine(&known, &run, &[(cause, effect)])?.remove(0);
    let verdict = verdict(&run, &found, cause, effect);
    if arguments.format == TextOrJson::Json {
        return print::json(&json!({
            "schema": "log-gardener/why-not/1",
            "cause": run.groups[cause].id, "effect": run.groups[effect].id,
            "linked": linked(&run, cause, effect).is_some(), "verdict": verdict,
            "ties": found.ties.iter().map(|link| link_json(&run, link)).collect::<Vec<_>>(),
            "rules": found.declared.iter().map(rule_json).collect::<Vec<_>>(),
            "order": order_json(&run, &found.order),
        }));
    }
    let mut page =
        format!("{verdict}\n\ncause     {}\neffect    {}\n\n", headline(&run, cause), headline(&run, effect));
    let events = run.groups[effect].events;
    for (kind, nothing) in [
        ("exception-chain", "no stack trace of the effect names the cause"),
        ("trace", "no event of the effect stands in a trace that the cause begins"),
        ("correlation", "no event of the effect shares an id with the cause or quotes it"),
        ("rule", "no rule applies"),
    ] {
        let mut ties = found.ties.iter().filter(|link| link.kind.name() == kind).peekable();
        if ties.peek().is_none() {
            let _ = writeln!(page, "{kind:16} {nothing}, in {}", numbers::counted(events, "event", "events"));
        }
        for link in ties {
            let _ = writeln!(page, "{kind:16} {}", link_text(link).replace('\n', "\n                 "));
        }
    }
    for rule in &found.declared {
        let _ = writeln!(page, "{:16} {}", "", rule_text(rule));
    }
    let _ = writeln!(page, "{:16} {}", "instance", order_text(&found.order));
    print::text(&page)
}

fn examine(known: &Catalog, run: &Triaged, pairs: &[(usize, usize)]) -> Result<Vec<Examination>, Failure> {
    run.examine(known, pairs).ok_or_else(|| Failure::new(Exit::CannotSay, "what the links were made from was not kept"))
}

fn read(arguments: &InputArguments) -> Result<(Catalog, Triaged), Failure> {
    let known = catalog::catalog_for(arguments)?;
    let run = input::read(arguments, &known, &mut |options| Triage::new(&known, options, false).with_basis(), None)?;
    if run.view.coverage.entries == 0 {
        return Err(super::triage::nothing_read(&run.view, run.complete));
    }
    Ok((known, run.triaged))
}

/// Returns the one group whose id begins so.
fn find(run: &Triaged, id: &str) -> Result<usize, Failure> {
    let mut found = (0..run.groups.len()).filter(|at| !id.is_empty() && run.groups[*at].id.starts_with(id));
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (None, _) => Err(Failure::new(Exit::Usage, format!("no group `{id}` is in this input"))
            .hint("`log-gardener triage SOURCE --format json` shows the ids of groups")),
        (Some(_), Some(_)) => Err(Failure::new(Exit::Usage, format!("`{id}` is the beginning of several groups' ids"))
            .hint("give more digits")),
    }
}

fn linked(run: &Triaged, cause: usize, effect: usize) -> Option<&Link> {
    run.cascades
        .incidents
        .iter()
        .flat_map(|incident| &incident.links)
        .find(|link| (link.from, link.to) == (cause, effect))
}

/// Says in one sentence why there is a link, or why there is none.
fn verdict(run: &Triaged, found: &Examination, cause: usize, effect: usize) -> String {
    let (from, to) = (&run.groups[cause], &run.groups[effect]);
    if let Some(link) = linked(run, cause, effect) {
        return format!(
            "linked: by {}, {} of {}",
            link.kind.name(),
            link.occurrences,
            numbers::counted(link.of, "event", "events")
        );
    }
    if linked(run, effect, cause).is_some() || leads_to(run, effect, cause) {
        return "no link: it is the other way round, the second is a cause of the first".to_string();
    }
    if matches!(from.role, Role::Noise | Role::Finding) {
        return "no link: the first is noise or a finding, which was there before and causes nothing".to_string();
    }
    if to.role == Role::Noise {
        return "no link: the second is noise, which no fault causes".to_string();
    }
    let better = || run.cascades.incidents.iter().flat_map(|incident| &incident.links).find(|link| link.to == effect);
    let by = |link: &Link| format!("{} by {}", name(run, link.from), link.kind.name());
    if let Some(tie) = found.ties.iter().max_by_key(|link| link.occurrences) {
        return match better() {
            Some(link) if tie.carries() || tie.is_beyond_chance() => {
                format!("no link: what ties them is explained by a better cause, {}", by(link))
            }
            _ if tie.carries() => format!(
                "no link: {} of {} tied, but what is tied explains too little of the effect",
                tie.occurrences,
                numbers::counted(tie.of, "event is", "events are")
            ),
            _ => format!(
                "no link: {} of {} tied, less than half, and no more than chance allows",
                tie.occurrences,
                numbers::counted(tie.of, "event is", "events are")
            ),
        };
    }
    if let Some(link) = better().filter(|_| found.order.beyond_chance && found.order.explained_by.is_none()) {
        return format!("no link: where the one follows the other, a better cause explains it as well, {}", by(link));
    }
    let order = &found.order;
    match order.explained_by {
        Some(By::Before(by)) => {
            return format!("no link: {} precedes both and explains it", name(run, by));
        }
        Some(By::Between(by)) => {
            return format!("no link of its own: the first leads to the second through {}", name(run, by));
        }
        None => {}
    }
    if let Some(reason) = order.left_out {
        return format!("no link: nothing ties them, and their order is not asked about: {reason}");
    }
    let reason = match order {
        Order { of: 0, .. } => "nothing ties them, and the effect states no instance",
        Order { pairs: 0, .. } => "nothing ties them, and the one never precedes the other on an instance",
        Order { pairs, least, .. } if pairs < least => {
            "nothing ties them, and they follow each other too seldom to tell"
        }
        Order { scripted: true, .. } => {
            "once per instance on every instance is order without variation, as of a script"
        }
        Order { pairs, backward, .. } if pairs < &(backward * 2) => "they follow each other both ways",
        _ => "they follow each other no more often than chance allows",
    };
    format!("no link: {reason}")
}

/// Whether links lead from one group to another, over however many.
fn leads_to(run: &Triaged, from: usize, to: usize) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::from([from]));
    while let Some(at) = open.pop() {
        let links = run.cascades.incidents.iter().flat_map(|incident| &incident.links);
        for next in links.filter(|link| link.from == at).map(|link| link.to) {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

/// A group by its id and by the name that reports of its incident give it.
fn name(run: &Triaged, at: usize) -> String {
    let group = &run.groups[at];
    format!("{}  {}", group.id, print::plain(called(run, at)))
}

fn called(run: &Triaged, at: usize) -> &str {
    let of = |incident: &Incident| names(incident, &run.groups).into_iter().find(|(group, _)| *group == at);
    let incident = run.cascades.incidents.iter().find(|incident| incident.groups.contains(&at));
    incident.and_then(of).map_or(run.groups[at].title.as_str(), |(_, name)| name)
}

fn headline(run: &Triaged, at: usize) -> String {
    format!("{}, {}", name(run, at), numbers::counted(run.groups[at].events, "event", "events"))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("        {line}\n")).collect::<String>().trim_end().to_string()
}

fn link_text(link: &Link) -> String {
    let milliseconds = |nanos: i64| numbers::lag(nanos as f64 / 1e6);
    let mut text = format!(
        "by {}: {} of {} events, lag {} (p50), {} (max), confidence {}",
        link.kind.name(),
        link.occurrences,
        link.of,
        milliseconds(link.lag_p50),
        milliseconds(link.lag_max),
        link.confidence()
    );
    if let Some(rule) = &link.rule {
        let _ = write!(text, "\nrule {rule}");
    }
    if let Some((key, value)) = &link.shared {
        let _ = write!(text, "\nshared {key} = {}", print::plain(value));
    }
    if link.is_beyond_chance() {
        let _ = write!(text, "\nprobability by chance {}", probability(link.chance));
    }
    for [cause, effect] in &link.evidence {
        let _ = write!(text, "\nevidence {} -> {}", print::plain(cause), print::plain(effect));
    }
    text
}

fn rule_text(rule: &Declared) -> String {
    let lag = |nanos: i64| numbers::lag(nanos.unsigned_abs() as f64 / 1e6);
    let keys = rule.keys.join(" and ");
    let nearest = match rule.nearest {
        Some(nearest) if nearest < 0 => format!("the nearest cause with equal {keys} is {} after it", lag(nearest)),
        Some(nearest) => format!("the nearest cause with equal {keys} is {} before it", lag(nearest)),
        None => format!("no cause has an equal {keys}"),
    };
    let allows = match (rule.during, rule.early) {
        (true, _) => "wants the cause during the request".to_string(),
        (false, 0) => format!("allows {} before the effect", lag(rule.within)),
        (false, early) => format!("allows {} before the effect and {} after it", lag(rule.within), lag(early)),
    };
    let stating = numbers::counted(rule.stating, "event of the effect states", "events of the effect state");
    format!("rule {} {allows}: {nearest}; {stating} the keys", rule.rule)
}

fn order_text(order: &Order) -> String {
    if let Some(reason) = order.left_out {
        return format!("not asked about: {reason}");
    }
    format!(
        "{} of {} events of the effect have the cause within {} before them on the same instance; {:.1} expected by chance, probability {}; the effect comes first {}",
        order.pairs,
        order.of,
        numbers::lag(order.window as f64 / 1e6),
        order.expected,
        probability(order.probability),
        numbers::counted(order.backward, "time", "times")
    )
}

fn probability(p: f64) -> String {
    match p {
        _ if p >= 0.001 => format!("{p:.3}"),
        _ if p >= 1e-300 => format!("{p:.1e}"),
        _ => "below 1e-300".to_string(),
    }
}

fn link_json(run: &Triaged, link: &Link) -> Value {
    json!({
        "from": run.groups[link.from].id, "to": run.groups[link.to].id, "kind": link.kind.name(), "rule": link.rule,
        "occurrences": link.occurrences, "of": link.of, "not_judged": link.not_judged,
        "lag_ms": { "p50": link.lag_p50 as f64 / 1e6, "max": link.lag_max as f64 / 1e6 },
        "shared": link.shared.as_ref().map(|(key, value)| json!({ "key": key, "value": value })),
        "confidence": link.confidence(), "chance": link.is_beyond_chance().then_some(link.chance),
        "evidence": link.evidence.iter().map(|[from, to]| [from.to_string(), to.to_string()]).collect::<Vec<_>>(),
    })
}

fn rule_json(rule: &Declared) -> Value {
    json!({
        "rule": rule.rule, "keys": rule.keys, "during": rule.during, "within_ms": rule.within as f64 / 1e6,
        "early_ms": rule.early as f64 / 1e6, "stating": rule.stating,
        "nearest_ms": rule.nearest.map(|nearest| nearest as f64 / 1e6),
    })
}

fn order_json(run: &Triaged, order: &Order) -> Value {
    json!({
        "pairs": order.pairs, "of": order.of, "backward": order.backward, "expected": order.expected,
        "probability": order.probability, "least": order.least, "window_ms": order.window as f64 / 1e6,
        "scripted": order.scripted, "left_out": order.left_out, "beyond_chance": order.beyond_chance,
        "explained_by": order.explained_by.map(|by| match by {
            By::Before(group) => json!({ "before": run.groups[group].id }),
            By::Between(group) => json!({ "between": run.groups[group].id }),
        }),
    })
}
