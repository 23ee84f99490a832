//! `templates --baseline`: the file of an earlier run, and what it says of each template now.
//! Leaves out the comparison: `group::template::baseline` makes it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::group::template::baseline::{Counted, Standing, compare};
use crate::pattern::Words;

use super::failure::{Exit, Failure};

/// The schema of what `templates --format json` prints.
pub(super) const SCHEMA: &str = "log-gardener/templates/1";

/// What an earlier run found.
pub(super) struct Baseline {
    templates: Vec<Counted>,
    lines: u64,
}

#[derive(Deserialize)]
struct Document {
    schema: String,
    lines: u64,
    templates: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    template: String,
    count: u64,
}

/// What the baseline says of a template.
#[derive(Serialize)]
pub(super) struct Against {
    pub(super) new: bool,
    pub(super) escalating: Option<Escalating>,
}

/// A rise beyond chance; counts are of the statement, which may have several templates.
#[derive(Serialize)]
pub(super) struct Escalating {
    before: Share,
    now: Share,
    ratio: f64,
    p: f64,
}

#[derive(Serialize)]
struct Share {
    count: u64,
    lines: u64,
}

impl Baseline {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
        let fault = |cause: String| {
            Failure::new(Exit::Usage, format!("cannot use {} as a baseline", path.display()))
                .because(cause)
                .hint("make one with `log-gardener templates SOURCE --format json`")
        };
        let text = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
        let document: Document = serde_json::from_slice(&text).map_err(|error| fault(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(fault(format!("its schema is {} and not {SCHEMA}", document.schema)));
        }
        let counted = |known: Known| Counted { template: known.template, count: known.count };
        Ok(Baseline { templates: document.templates.into_iter().map(counted).collect(), lines: document.lines })
    }

    /// Returns what the baseline says of each template, given all lines.
    pub(super) fn against(&self, now: &[(&str, u64)], lines: u64, words: &Words) -> Vec<Against> {
        let counted = |(template, count): &(&str, u64)| Counted { template: template.to_string(), count: *count };
        let now: Vec<Counted> = now.iter().map(counted).collect();
        let standings = compare((&now, lines), (&self.templates, self.lines), words);
        standings.into_iter().map(|standing| self.told(standing, lines)).collect()
    }

    fn told(&self, standing: Standing, lines: u64) -> Against {
        let escalating = match standing {
            Standing::Known { before, now, rise: Some(rise) } => Some(Escalating {
                before: Share { count: before.events, lines: self.lines },
                now: Share { count: now.events, lines },
                ratio: rise.ratio,
                p: rise.p,
            }),
            _ => None,
        };
        Against { new: standing == Standing::New, escalating }
    }
}

impl Against {
    /// Returns what a table shows of it.
    pub(super) fn word(&self) -> String {
        match &self.escalating {
            _ if self.new => "new".to_string(),
            Some(rise) => format!("x{:.1}", rise.ratio),
            None => String::new(),
        }
    }
}
