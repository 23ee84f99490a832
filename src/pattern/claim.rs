//! What kind of failure a message claims and which kind an exception shows (`patterns/claims.toml`).
//! Leaves out which words of an entry are the message's own: `analysis` knows.

use serde::Deserialize;

use super::expression::{Expression, count};
use super::file::{PatternFile, held_to_the_law};
use super::{NamedText, Problem, Text, law};

/// The kinds of failures that messages claim.
#[derive(Debug, Default)]
pub struct Claims {
    claims: Vec<Claim>,
}

#[derive(Debug)]
struct Claim {
    id: String,
    name: String,
    says: Expression,
    shows: Expression,
}

/// A claim that a stack trace refutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refuted<'c> {
    /// What the message claims, as a noun: `a timeout`.
    pub claimed: &'c str,
    /// What the trace shows.
    pub shown: &'c str,
    /// Which of the exceptions shows it.
    pub exception: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    claim: Vec<RawClaim>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClaim {
    id: Text,
    name: Text,
    says: Text,
    shows: Text,
    #[serde(default)]
    should_match: Vec<Example>,
    #[serde(default)]
    should_not_match: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    message: Text,
    exception: String,
    #[serde(default)]
    reason: String,
}

impl Claims {
    /// Reads the files; a later claim replaces an earlier one of the same id. Every example is tried.
    pub fn load(files: &[NamedText]) -> Result<Claims, Vec<Problem>> {
        Claims::read(&held_to_the_law(files))
    }

    /// The same for files that may all be known to keep the law.
    pub(crate) fn read(files: &[PatternFile]) -> Result<Claims, Vec<Problem>> {
        let (mut claims, mut problems) = (Claims::default(), Vec::new());
        let mut examples = Vec::new();
        for file in files {
            match file.parse::<File>() {
                Ok(read) => {
                    for raw in read.claim {
                        claims.add(&raw, &mut law::Report::new(*file, &mut problems));
                        examples.push((file, raw));
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        for (file, raw) in examples.iter().filter(|(file, _)| !file.is_proven()) {
            claims.check(raw, &mut law::Report::new(**file, &mut problems));
        }
        if problems.is_empty() { Ok(claims) } else { Err(problems) }
    }

    /// Returns what the words claim and the exceptions, outermost first, show instead; `None` if one of them shows what
    /// is claimed, or if nothing is claimed or shown.
    pub fn refuted(&self, words: &str, exceptions: &[String]) -> Option<Refuted<'_>> {
        if words.is_empty() {
            return None;
        }
        let claimed: Vec<&Claim> = self.claims.iter().filter(|claim| claim.says.is_match(words)).collect();
        let shows = |claim: &Claim| exceptions.iter().position(|exception| claim.shows.is_match(exception));
        if claimed.is_empty() || claimed.iter().any(|claim| shows(claim).is_some()) {
            return None;
        }
        let (shown, exception) = self.claims.iter().find_map(|claim| Some((claim, shows(claim)?)))?;
        Some(Refuted { claimed: &claimed[0].name, shown: &shown.name, exception })
    }

    /// Returns how many regular expressions are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        count(self.expressions())
    }

    /// Returns the regular expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.claims.iter().flat_map(|claim| [&claim.says, &claim.shows])
    }

    fn add(&mut self, raw: &RawClaim, report: &mut law::Report<'_>) {
        report.id(&raw.id);
        let reasons = raw.should_not_match.iter().all(|example| !example.reason.trim().is_empty());
        report.examples(&raw.id, "claim", raw.should_match.len(), raw.should_not_match.len(), reasons);
        let (says, shows) = (report.regex("says", &raw.says), report.regex("shows", &raw.shows));
        let (Some(says), Some(shows)) = (says, shows) else { return };
        let claim = Claim { id: raw.id.to_string(), name: raw.name.to_string(), says, shows };
        match self.claims.iter_mut().find(|known| known.id == claim.id) {
            Some(known) => *known = claim,
            None => self.claims.push(claim),
        }
    }

    fn check(&self, raw: &RawClaim, report: &mut law::Report<'_>) {
        for (examples, wanted) in [(&raw.should_match, true), (&raw.should_not_match, false)] {
            for example in examples {
                let found = self.refuted(&example.message, std::slice::from_ref(&example.exception)).is_some();
                if found != wanted {
                    let what = if wanted { "is no contradiction" } else { "is a contradiction" };
                    let message = format!("an example of claim `{}` {what}", raw.id);
                    report.add(&example.message, message, "correct says, shows or the example");
                }
            }
        }
    }
}
