//! The whole catalog: built-in files with the user's on top, loaded and checked in one go.
//! Leaves out reading folders: `cli` brings the user's files as texts.

use std::sync::Arc;

use super::{
    CascadeRule, Claims, Clients, ErrorPatterns, ExampleResult, Masks, PriorityRule, Problem, TraceGrammars,
    cascade_rule, priority_rule,
};

/// Everything the tool knows.
#[derive(Debug)]
pub struct Catalog {
    /// Error patterns.
    pub errors: ErrorPatterns,
    /// How languages print stack traces.
    pub traces: TraceGrammars,
    /// Named masks for values.
    pub masks: Arc<Masks>,
    /// Kinds of callers.
    pub clients: Clients,
    /// Kinds of failures that messages claim.
    pub claims: Claims,
    /// Declared causes and effects.
    pub cascades: Vec<CascadeRule>,
    /// The priority table.
    pub priorities: Vec<PriorityRule>,
    /// The error pattern files, ours and the user's, for running their examples.
    error_files: [Vec<NamedText>; 2],
}

/// A file's name below `patterns/` and its text.
pub type NamedText = (String, String);

impl Catalog {
    /// Returns the catalog that is embedded in the binary.
    pub fn builtin() -> Result<Catalog, Vec<Problem>> {
        Catalog::with_user_files(&[])
    }

    /// Returns the embedded catalog with the user's files on top, or every fault found in them.
    ///
    /// File names are relative to the pattern folder: `errors/*.toml`, `traces/*.toml`, `masks.toml`,
    /// `clients.toml`, `claims.toml`, `cascades.toml`, `priorities.toml`. A rule with a known id replaces ours.
    pub fn with_user_files(user: &[NamedText]) -> Result<Catalog, Vec<Problem>> {
        let builtin: Vec<NamedText> =
            crate::embedded::PATTERNS.iter().map(|(name, text)| ((*name).to_string(), (*text).to_string())).collect();
        let mut problems = Vec::new();
        for (name, text) in user {
            if kind(name) == Kind::Unknown {
                problems.push(Problem::at(
                    name,
                    text,
                    0..0,
                    "this file is none of the pattern files",
                    "name it errors/*.toml, traces/*.toml, masks.toml, clients.toml, claims.toml, cascades.toml or priorities.toml",
                ));
            }
        }
        let ours = |wanted: Kind| pick(&builtin, wanted);
        let theirs = |wanted: Kind| pick(user, wanted);
        let both = |wanted: Kind| [ours(wanted), theirs(wanted)].concat();
        let errors = ErrorPatterns::load(&ours(Kind::Errors), &theirs(Kind::Errors));
        let traces = TraceGrammars::load(&both(Kind::Traces));
        let masks = Masks::load(&both(Kind::Masks));
        let clients = Clients::load(&ours(Kind::Clients), &theirs(Kind::Clients));
        let claims = Claims::load(&both(Kind::Claims));
        let cascades = cascade_rule::load(&both(Kind::Cascades));
        let priorities = priority_rule::load(&[theirs(Kind::Priorities), ours(Kind::Priorities)].concat());
        match (errors, traces, masks, clients, claims, cascades, priorities) {
            (Ok(errors), Ok(traces), Ok(masks), Ok(clients), Ok(claims), Ok(cascades), Ok(priorities))
                if problems.is_empty() =>
            {
                let error_files = [ours(Kind::Errors), theirs(Kind::Errors)];
                Ok(Catalog {
                    errors,
                    traces,
                    masks: Arc::new(masks),
                    clients,
                    claims,
                    cascades,
                    priorities,
                    error_files,
                })
            }
            (errors, traces, masks, clients, claims, cascades, priorities) => {
                problems.extend(errors.err().unwrap_or_default());
                problems.extend(traces.err().unwrap_or_default());
                problems.extend(masks.err().unwrap_or_default());
                problems.extend(clients.err().unwrap_or_default());
                problems.extend(claims.err().unwrap_or_default());
                problems.extend(cascades.err().unwrap_or_default());
                problems.extend(priorities.err().unwrap_or_default());
                Err(problems)
            }
        }
    }
}

impl Catalog {
    /// Runs every example of the error patterns, both ways, against all patterns together.
    pub fn check_examples(&self) -> Result<Vec<ExampleResult>, Vec<Problem>> {
        let [ours, theirs] = &self.error_files;
        super::check(ours, theirs, &self.clients)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Errors,
    Traces,
    Masks,
    Clients,
    Claims,
    Cascades,
    Priorities,
    Unknown,
}

fn kind(name: &str) -> Kind {
    let name = name.strip_prefix("patterns/").unwrap_or(name);
    match name {
        "masks.toml" => Kind::Masks,
        "clients.toml" => Kind::Clients,
        "claims.toml" => Kind::Claims,
        "cascades.toml" => Kind::Cascades,
        "priorities.toml" => Kind::Priorities,
        _ if name.starts_with("errors/") => Kind::Errors,
        _ if name.starts_with("traces/") => Kind::Traces,
        _ => Kind::Unknown,
    }
}

fn pick(files: &[NamedText], wanted: Kind) -> Vec<NamedText> {
    files.iter().filter(|(name, _)| kind(name) == wanted).cloned().collect()
}
