//! Claims of a line that no rendering has: each is looked up in the facts of the run and in its entries.
//! Leaves out plain prose, which claims nothing that an input could show.

use super::claim::{Kind, Token, tokens};
use super::compare::{cut, is_gap};
use super::document::{Fence, Unit};
use super::facts::{self, Count, Facts};
use super::sought::{Sought, inner, parts, span, wanted};
use super::words::{LOADED, WRITTEN};
use super::{Finding, Open};
use crate::report::numbers::counted;

/// What people state from other sources than the log.
const OPEN: [Kind; 6] = [Kind::Time, Kind::Number, Kind::Duration, Kind::Percent, Kind::Ratio, Kind::Wording];
/// Claims looked up in one line; no sentence has more.
const CLAIMS: usize = 400;

/// Counts named in one finding.
const COMPARED: usize = 3;

/// What came of looking up: what does not hold, and what cannot be told.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) findings: Vec<Finding>,
    pub(super) open: Vec<Open>,
}

/// Looks up every claim of a unit; in `free` prose, a figure that nothing says is neither right nor wrong.
pub(super) fn unit(unit: &Unit, facts: &Facts, sought: &Sought, free: bool) -> Looked {
    let mut looked = line(unit.line, &unit.text, facts, sought, free);
    if let Some(fence) = unit.fence.as_ref().filter(|fence| !WRITTEN.contains(&fence.language.as_str())) {
        looked.findings.extend(block(fence, facts, sought));
    }
    looked
}

fn line(at: usize, text: &str, facts: &Facts, sought: &Sought, free: bool) -> Looked {
    let tokens = tokens(text);
    if tokens.iter().filter(|token| token.kind.is_claim()).count() > CLAIMS {
        let why = format!("not derivable: a line with more than {CLAIMS} claims is not looked up");
        let findings = vec![Finding { line: at, claim: cut(text), kind: Kind::Form, expected: None, why }];
        return Looked { findings, open: Vec::new() };
    }
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 4).take(CLAIMS).collect();
    let context = Context { text, lower: &lower, words, tokens: &tokens, facts, sought, free };
    let mut looked = Looked::default();
    for (place, token) in tokens.iter().enumerate() {
        let Some((expected, why)) = context.against(place, token) else { continue };
        let (kind, claim) = (token.kind, cut(token.text));
        // People count and time what no log holds; what they quote, and the ids they give, are the log's own.
        match free && expected.is_none() && OPEN.contains(&kind) {
            true => looked.open.push(Open { line: at, claim, why: why.replace("not derivable: ", "") }),
            false => looked.findings.push(Finding { line: at, claim, kind, expected, why }),
        }
    }
    looked
}

/// A quotation that no rendering has: each part must stand in one entry, or line by line where it was rejoined.
fn block(fence: &Fence, facts: &Facts, sought: &Sought) -> Vec<Finding> {
    if parts(&fence.lines).iter().all(|part| sought.holds(part) || facts.text.contains(part.as_str())) {
        return Vec::new();
    }
    let known = |line: &str| line.len() < 3 || sought.holds(line) || facts.text.contains(line);
    let lines = fence.lines.iter().enumerate().filter(|(_, line)| !is_gap(line) && !known(line.trim()));
    lines
        .map(|(offset, line)| Finding {
            line: fence.line + offset,
            claim: cut(line),
            kind: Kind::Quotation,
            expected: None,
            why: "no entry of the input says this".to_string(),
        })
        .collect()
}

type Against = Option<(Option<String>, String)>;

struct Context<'c> {
    text: &'c str,
    lower: &'c str,
    words: Vec<&'c str>,
    tokens: &'c [Token<'c>],
    facts: &'c Facts,
    sought: &'c Sought,
    free: bool,
}

impl Context<'_> {
    /// Returns what speaks against a claim.
    fn against(&self, place: usize, token: &Token<'_>) -> Against {
        let not_derivable = |what: &str| Some((None, format!("not derivable: {what}")));
        match token.kind {
            Kind::Marker => self.marker(token.text),
            Kind::Quotation if self.says(&inner(token.text)) => None,
            Kind::Quotation => not_derivable("neither the input nor what follows from it has this text"),
            Kind::Id if self.says(&inner(token.text)) => None,
            Kind::Id if self.facts.fingerprints.iter().any(|known| known.starts_with(&inner(token.text))) => None,
            Kind::Id => not_derivable("the input has no such id"),
            Kind::Time => self.time(token.text),
            Kind::Place => self.place(&inner(token.text)),
            Kind::Priority => self.priority(token.text),
            Kind::Number => self.number(place, token.text),
            Kind::Duration | Kind::Percent | Kind::Ratio => {
                let known = self.known(&facts::short(token.text))
                    || self.known(token.text)
                    || wanted(self.tokens, place).iter().any(|text| self.sought.holds(text));
                if known { None } else { not_derivable("nothing in the input gives this figure here") }
            }
            // A name is wrong when it is nearly one that the input has.
            Kind::Name if self.says(token.text) || !self.nearly(token.text) => None,
            Kind::Name => not_derivable("the input has names like it, and not this one"),
            Kind::Status if self.text.contains(&format!("[{}]", token.text)) => {
                not_derivable("only an answer that follows from the input has a status")
            }
            Kind::Wording if LOADED.contains(&token.text.to_lowercase().as_str()) && !self.says(token.text) => {
                not_derivable("the input does not speak of it")
            }
            Kind::Wording if matches!(token.text, "$" | "€" | "£") => not_derivable("no input states money"),
            _ => None,
        }
    }

    fn says(&self, text: &str) -> bool {
        self.facts.spans.contains(text)
            || self.sought.holds(text)
            || (text.len() >= 3 && self.facts.text.contains(text))
    }

    fn marker(&self, text: &str) -> Against {
        let (_, fingerprint) = text.split_once("fingerprint=")?;
        let fingerprint: String = fingerprint.chars().take_while(char::is_ascii_alphanumeric).collect();
        let right = match &self.facts.about {
            Some(about) => *about == fingerprint,
            None => self.facts.fingerprints.contains(&fingerprint),
        };
        (!right).then(|| (self.facts.about.clone(), "this is not the fingerprint of the incident told of".to_string()))
    }

    /// A time is right when an entry is stamped with it; of a beginning or an end, the first or last event.
    fn time(&self, text: &str) -> Against {
        let (first, last) = self.facts.seen.unwrap_or_default();
        let has = |words: &[&str]| {
            words.iter().any(|word| self.lower.split(|c: char| !c.is_alphanumeric()).any(|own| own == *word))
        };
        let edge = match () {
            () if has(&["first", "began", "begin", "started", "since", "onset"]) => first,
            () if has(&["last", "ended", "stopped", "latest"]) => last,
            () => None,
        };
        let times = self.tokens.iter().filter(|token| token.kind == Kind::Time).count();
        if let (Some(edge), Some((from, to)), 1) = (edge, span(text), times) {
            let right = crate::entry::Timestamp(edge).to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            return (!(from..to).contains(&edge))
                .then(|| (Some(right), "the incident's own time is another".to_string()));
        }
        let ids: Vec<_> = self.tokens.iter().filter(|token| token.kind == Kind::Id).collect();
        if let ([id], 1, Some((from, to))) = (ids.as_slice(), times, span(text))
            && let Some((Some(stamp), _)) = self.sought.entry(&inner(id.text))
            && !(from..to).contains(&stamp.0)
        {
            let right = stamp.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            return Some((Some(right), "the entry with this id has another time".to_string()));
        }
        let shown = text.replace('T', " ");
        let known = self.facts.text.contains(text) || self.facts.text.contains(shown.trim_end_matches('Z'));
        let right = self.sought.stamped(text) || known;
        (!right).then(|| (None, "not derivable: no entry is stamped with this time".to_string()))
    }

    fn place(&self, text: &str) -> Against {
        let Some(line) = text.strip_prefix("line ") else {
            let known = self.facts.places.iter().any(|place| place == text || place.ends_with(&format!("/{text}")));
            let right = known || self.says(text);
            return (!right).then(|| (None, "not derivable: no trace and no entry names this line".to_string()));
        };
        let ids = self.tokens.iter().filter(|token| token.kind == Kind::Id);
        if let Some((_, at)) = ids.filter_map(|id| self.sought.entry(&inner(id.text))).next() {
            let right = line.replace(',', "").parse() == Ok(at);
            return (!right)
                .then(|| (Some(format!("line {at}")), "the entry with this id stands elsewhere".to_string()));
        }
        let sources = self.tokens.iter().filter(|token| token.kind == Kind::Quotation);
        let right = sources.into_iter().any(|source| self.facts.text.contains(&format!("{} {text}:", source.text)));
        (!right).then(|| (None, "not derivable: nothing quoted stands at this line".to_string()))
    }

    fn priority(&self, text: &str) -> Against {
        let named = self.facts.priorities.iter().filter(|(names, _)| self.names(names)).map(|(_, priority)| priority);
        let right: Vec<&String> = named.chain(&self.facts.priority).collect();
        let wrong = !right.is_empty() && !right.iter().any(|priority| *priority == text);
        wrong.then(|| {
            (right.first().map(|priority| priority.to_string()), "the rules give another priority".to_string())
        })
    }

    /// A number is right for what it counts, not because it stands somewhere.
    fn number(&self, place: usize, text: &str) -> Against {
        let unit = self.tokens[place + 1..].iter().take(2).find_map(|word| facts::unit(word.text));
        let Some(unit) = unit else {
            let right = self.known(text) || wanted(self.tokens, place).iter().any(|text| self.says(text));
            return (!right).then(|| (None, "not derivable: nothing in the input gives this number here".to_string()));
        };
        let value = text.replace(',', "").parse::<u64>().ok();
        let counts = || self.facts.counts.iter().filter(|count| count.unit == unit);
        let (named, whole): (Vec<_>, Vec<_>) =
            counts().filter(|count| self.names(&count.names)).partition(|count| !count.names.is_empty());
        let alone = self.tokens.iter().filter(|token| token.kind == Kind::Number).count() == 1;
        let told = !named.is_empty();
        let judged: Vec<&Count> = if alone && told { named } else { named.into_iter().chain(whole).collect() };
        if judged.iter().any(|count| Some(count.value) == value) {
            return None;
        }
        if judged.is_empty() || (self.free && !(alone && told)) {
            let why = "not derivable: the words beside it do not say which of the input's counts it is";
            return Some((None, why.to_string()));
        }
        let mut compared: Vec<String> = judged.iter().map(|count| self.compared(count)).collect();
        compared.dedup();
        compared.truncate(COMPARED);
        Some((Some(judged[0].value.to_string()), format!("the input gives {}", compared.join(", "))))
    }

    /// Says how many of what a count counts, and by which word of the line it is meant.
    fn compared(&self, count: &Count) -> String {
        let of = match count.names.iter().find(|name| stands(self.lower, name)) {
            Some(name) => format!("`{}`", cut(name)),
            None if matches!(count.unit, "entry" | "duplicate" | "incident") => "the input".to_string(),
            None => "the incident".to_string(),
        };
        format!("{} of {of}", counted(count.value, count.unit, &facts::many(count.unit)))
    }

    /// Whether a line of ours has this figure and speaks of the same thing.
    fn known(&self, text: &str) -> bool {
        let lines = self.facts.lines.get(text).into_iter().flatten();
        lines.into_iter().any(|line| self.words.iter().filter(|word| line.contains(**word)).count() >= 2)
    }

    /// Whether the line names something by one of its names; what has none is always meant.
    fn names(&self, names: &[String]) -> bool {
        names.is_empty() || names.iter().any(|name| stands(self.lower, name))
    }

    fn nearly(&self, name: &str) -> bool {
        let stem = name.trim_end_matches(|c: char| !c.is_ascii_digit());
        let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        let beginning = name.find(|c: char| c.is_ascii_digit()).map_or(stem, |at| &name[..at]);
        beginning.len() >= 4 && self.facts.text.contains(beginning)
    }
}

/// Whether a name stands in a text by itself, and not within another word or number.
fn stands(text: &str, name: &str) -> bool {
    let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let within = |at: usize| {
        let (first, last) = (name.chars().next(), name.chars().next_back());
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        (inner(first) && inner(before)) || (inner(last) && inner(after))
    };
    !name.is_empty() && text.match_indices(name).any(|(at, _)| !within(at))
}
