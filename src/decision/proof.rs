//! Whether an incident is mended: what would have been expected after the fix, and what was seen.
//! Leaves out counting; what was counted comes in.
//!
//! Events of a fault that is still there come with the traffic. Under that assumption, k occurrences over the
//! traffic n before and none over the traffic m after have the probability (n / (n + m))^k: each occurrence
//! falls into one of the two windows by its share of the traffic. This is the conditional test of two Poisson
//! rates (Przyborowski and Wilenski 1940), which needs no estimate of the rate to be exact. Beside it stands
//! the plain Poisson probability e^-(k m / n). Events come in bursts, so occurrences are minutes with events.

use crate::entry::Timestamp;
use crate::report::numbers::counted;

/// Largest probability of seeing nothing by chance at which "mended" counts as proven.
pub const CHANCE: f64 = 0.01;
/// Shortest window after the fix, nanoseconds.
const SHORTEST: i64 = 10 * 60_000_000_000;
/// The window after must be longer than the longest pause before by this factor.
const PAUSES: i64 = 2;

/// What was counted in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// First minute, inclusive.
    pub from: Timestamp,
    /// End, exclusive.
    pub to: Timestamp,
    /// Events of the root group.
    pub events: u64,
    /// Minutes with such an event.
    pub occurrences: u64,
    /// Requests or entries served.
    pub served: u64,
}

/// Whether the fix is in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deployed {
    /// This revision serves since the fix and did not before.
    Live(String),
    /// Only revisions from before the fix serve.
    NotLive(Vec<String>),
    /// It was mended outside of the service, as somebody states in these words: no revision is to be waited for.
    Outside(String),
    /// No entry after the fix names a revision.
    Unknown,
}

/// What the proof starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// Before the fix.
    pub before: Counted,
    /// After it.
    pub after: Counted,
    /// What `served` counts: `requests of POST /v1/orders`, `entries of checkout`.
    pub unit: String,
    /// Longest pause between two occurrences before the fix, nanoseconds.
    pub pause: i64,
    /// See `Deployed`.
    pub deployed: Deployed,
    /// Failures on the same way that appeared only after the fix.
    pub next: Vec<String>,
    /// Whether both windows were read whole.
    pub complete: bool,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Whether it is proven to be mended.
    pub proven: bool,
    /// Occurrences expected after the fix if nothing had been mended.
    pub expected: f64,
    /// e^-expected.
    pub poisson: f64,
    /// Probability of what was seen if nothing had been mended.
    pub chance: f64,
    /// The arithmetic, line by line.
    pub arithmetic: Vec<String>,
    /// Why it is not proven; empty when it is.
    pub against: Vec<String>,
    /// What to wait for, beside each reason.
    pub wait_for: Vec<String>,
}

/// Weighs what was counted.
pub fn prove(counts: &Counts) -> Proof {
    let Counts { before, after, unit, .. } = counts;
    let (k, n, m) = (before.occurrences as f64, before.served as f64, after.served as f64);
    let known = before.occurrences > 0 && before.served > 0;
    let expected = if known { k * m / n } else { 0.0 };
    let poisson = (-expected).exp();
    let chance = if known { (n / (n + m)).powf(k) } else { 1.0 };
    let mut arithmetic =
        vec![format!("before: {}", in_words(before, unit)), format!("after: {}", in_words(after, unit))];
    if known {
        arithmetic.push(format!(
            "expected after: {} x {} / {} = {expected:.2} occurrences",
            before.occurrences, after.served, before.served
        ));
        arithmetic.push(format!("probability of none, Poisson: e^-{expected:.2} = {}", small(poisson)));
        arithmetic.push(format!(
            "probability of none, both rates uncertain: ({} / ({} + {}))^{} = {}",
            before.served,
            before.served,
            after.served,
            before.occurrences,
            small(chance)
        ));
    }
    let mut doubts: Vec<(String, String)> = Vec::new();
    let mut doubt = |against: String, wait: &str| doubts.push((against, wait.to_string()));
    if !counts.complete {
        doubt("the windows were not read whole".to_string(), "read the sources again; the notes name the gaps");
    }
    if before.occurrences == 0 {
        doubt(
            "no event is known from before the fix".to_string(),
            "name a source that holds the time before the fix, or an earlier --before",
        );
    }
    if after.events > 0 {
        doubt(
            format!("{} seen after the fix", counted(after.events, "event was", "events were")),
            "mend what still fails; it is the same incident",
        );
    }
    if let Deployed::NotLive(revisions) = &counts.deployed {
        // A dependency that came back needs no revision, but nothing in the entries says that this was it.
        let ended = if after.events == 0 && chance <= CHANCE { "it ended beyond chance, but " } else { "" };
        doubt(
            format!(
                "{ended}no new revision mended it: only {} served after the fix, and before it too",
                revisions.join(", ")
            ),
            "if it was mended outside of the service (a dependency, a setting), say by what with --outside; else wait \
             until a new revision serves, and give the time from which on it does with --since",
        );
    }
    for next in &counts.next {
        doubt(format!("the next failure on the same way appeared: {next}"), "mend it; the way is not yet whole");
    }
    if after.served == 0 {
        doubt(format!("no traffic after the fix: 0 {unit}"), "wait for traffic");
    } else if before.occurrences > 0 && before.served == 0 {
        doubt(
            format!("the traffic before the fix is not known: 0 {unit}"),
            "read entries of every severity for the time before the fix as well",
        );
    } else if after.events == 0 && known && chance > CHANCE {
        let needed = n * (CHANCE.powf(-1.0 / k) - 1.0);
        doubt(
            format!("none in {} may be chance: the probability is {}", traffic(after.served, unit), small(chance)),
            &format!("wait for {} after the fix in all", traffic(needed.ceil() as u64, unit)),
        );
    }
    let length = after.to.nanos_since(after.from);
    let least = SHORTEST.max(counts.pause.saturating_mul(PAUSES));
    if length < least {
        doubt(
            format!(
                "the window after the fix is {} min long; the longest pause before it was {} min",
                minutes(length),
                minutes(counts.pause)
            ),
            &format!("wait until {} min after the fix", minutes(least)),
        );
    }
    let (against, wait_for): (Vec<String>, Vec<String>) = doubts.into_iter().unzip();
    Proof { proven: against.is_empty(), expected, poisson, chance, arithmetic, against, wait_for }
}

/// `12 events in 3 of 40 minutes, 1 request of POST /orders`.
fn in_words(window: &Counted, unit: &str) -> String {
    let events = counted(window.events, "event", "events");
    let length = minutes(window.to.nanos_since(window.from));
    let length = counted(u64::try_from(length).unwrap_or_default(), "minute", "minutes");
    let within = if window.occurrences > 0 { format!("{} of ", window.occurrences) } else { String::new() };
    format!("{events} in {within}{length}, {}", traffic(window.served, unit))
}

/// Traffic with its unit, which is a plural: `900 requests of POST /orders`, `1 entry of mill`.
fn traffic(served: u64, unit: &str) -> String {
    let (noun, of) = unit.split_once(' ').map_or((unit, String::new()), |(noun, of)| (noun, format!(" {of}")));
    let one = match noun.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => noun.strip_suffix('s').unwrap_or(noun).to_string(),
    };
    format!("{}{of}", counted(served, &one, noun))
}

fn minutes(nanos: i64) -> i64 {
    nanos.div_euclid(60_000_000_000)
}

/// Writes a probability with three significant digits.
fn small(probability: f64) -> String {
    if probability >= 0.001 { format!("{probability:.3}") } else { format!("{probability:.2e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;

    fn counts() -> Counts {
        let window = |from: i64, to: i64, events, occurrences, served| Counted {
            from: Timestamp(from * MINUTE),
            to: Timestamp(to * MINUTE),
            events,
            occurrences,
            served,
        };
        Counts {
            before: window(0, 60, 120, 20, 1000),
            after: window(60, 120, 0, 0, 900),
            unit: "requests of POST /v1/orders".to_string(),
            pause: 10 * MINUTE,
            deployed: Deployed::Live("mill-00043-abc".to_string()),
            next: Vec::new(),
            complete: true,
        }
    }

    #[test]
    fn nothing_under_traffic_that_used_to_fail_is_proof() {
        let proof = prove(&counts());
        assert!(proof.proven, "{:?}", proof.against);
        assert_eq!(format!("{:.1}", proof.expected), "18.0");
        // (1000 / 1900)^20, computed apart.
        assert!((proof.chance - 2.6603e-6).abs() < 1e-9, "{}", proof.chance);
        assert!((proof.poisson - 1.523e-8).abs() < 1e-11, "{}", proof.poisson);
    }

    fn refused(counts: Counts, why: &str) {
        let proof = prove(&counts);
        assert!(!proof.proven);
        assert!(proof.against.iter().any(|reason| reason.contains(why)), "{why}: {:?}", proof.against);
        assert_eq!(proof.against.len(), proof.wait_for.len());
    }

    #[test]
    fn what_was_mended_outside_of_the_service_waits_for_no_revision() {
        let outside = Counts { deployed: Deployed::Outside("the brook was dammed".to_string()), ..counts() };
        let proof = prove(&outside);
        assert!(proof.proven, "{:?}", proof.against);
        let before = &proof.arithmetic[0];
        assert!(before.starts_with("before: 120 events in 20 of 60 minutes, 1"), "{before}");
        assert_eq!(proof.arithmetic[1], "after: 0 events in 60 minutes, 900 requests of POST /v1/orders");
        let base = counts();
        refused(Counts { after: Counted { events: 1, occurrences: 1, ..base.after }, ..outside }, "was seen after");
        let same = Deployed::NotLive(vec!["mill-00042".into()]);
        let still = Counts { deployed: same, after: Counted { events: 1, occurrences: 1, ..base.after }, ..counts() };
        assert!(prove(&still).against.iter().any(|reason| reason.starts_with("no new revision mended it: only mill")));
    }

    #[test]
    fn every_doubt_refuses_and_says_what_to_wait_for() {
        let base = counts();
        refused(Counts { after: Counted { served: 0, ..base.after }, ..counts() }, "no traffic");
        refused(Counts { after: Counted { served: 100, ..base.after }, ..counts() }, "may be chance");
        refused(Counts { after: Counted { events: 1, occurrences: 1, ..base.after }, ..counts() }, "was seen after");
        refused(Counts { after: Counted { to: Timestamp(65 * MINUTE), ..base.after }, ..counts() }, "5 min long");
        refused(Counts { pause: 45 * MINUTE, ..counts() }, "longest pause");
        refused(Counts { deployed: Deployed::NotLive(vec!["mill-00042".into()]), ..counts() }, "it ended beyond");
        refused(Counts { next: vec!["no flour".into()], ..counts() }, "no flour");
        refused(Counts { complete: false, ..counts() }, "not read whole");
        refused(Counts { before: Counted { events: 0, occurrences: 0, ..base.before }, ..counts() }, "from before");
        refused(Counts { before: Counted { served: 0, ..base.before }, ..counts() }, "traffic before");
        // One burst is one occurrence, however many events it holds.
        refused(Counts { before: Counted { occurrences: 1, ..base.before }, ..counts() }, "may be chance");
    }
}
