//! The whole catalog: built-in files with the user's on top, loaded and checked in one go.
//! Leaves out reading folders: `cli` brings the user's files as texts.

use std::sync::Arc;

use super::file::{PatternFile, held_to_the_law, ours};
use super::{
    CascadeRule, Claims, Clients, ErrorPatterns, ExampleResult, Masks, PriorityRule, Problem, Redactions,
    TraceGrammars, cascade_rule, priority_rule,
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
    /// What may not leave the program.
    pub redactions: Redactions,
    /// Kinds of callers.
    pub clients: Clients,
    /// Kinds of failures that messages claim.
    pub claims: Claims,
    /// Declared causes and effects.
    pub cascades: Vec<CascadeRule>,
    /// The priority table.
    pub priorities: Vec<PriorityRule>,
    /// The user's files of error patterns, for telling where an example stands.
    error_files: Vec<NamedText>,
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
    /// `redactions/*.toml`, `clients.toml`, `claims.toml`, `cascades.toml`, `priorities.toml`. A rule with a known id replaces ours.
    ///
    /// Ours are known to keep the law, so their expressions are compiled when they are needed.
    pub fn with_user_files(user: &[NamedText]) -> Result<Catalog, Vec<Problem>> {
        Catalog::assemble(ours().collect(), user)
    }

    /// Returns the same, with everything compiled and ours held to the law like the user's.
    pub fn proven(user: &[NamedText]) -> Result<Catalog, Vec<Problem>> {
        Catalog::assemble(ours().map(PatternFile::unproven).collect(), user)
    }

    fn assemble(builtin: Vec<PatternFile<'static>>, user: &[NamedText]) -> Result<Catalog, Vec<Problem>> {
        let mut problems = Vec::new();
        for (name, text) in user {
            if kind(name) == Kind::Unknown {
                problems.push(Problem::at(
                    name,
                    text,
                    0..0,
                    "this file is none of the pattern files",
                    "name it errors/*.toml, traces/*.toml, redactions/*.toml, masks.toml, clients.toml, claims.toml, cascades.toml or priorities.toml",
                ));
            }
        }
        let user = held_to_the_law(user);
        let ours = |wanted: Kind| pick(&builtin, wanted);
        let theirs = |wanted: Kind| pick(&user, wanted);
        let both = |wanted: Kind| [ours(wanted), theirs(wanted)].concat();
        // The user's may take what an example of ours is about.
        let together = |wanted: Kind| match theirs(wanted).is_empty() {
            true => ours(wanted),
            false => both(wanted).into_iter().map(PatternFile::unproven).collect(),
        };
        let errors = ErrorPatterns::read(&ours(Kind::Errors), &theirs(Kind::Errors));
        let traces = TraceGrammars::read(&both(Kind::Traces));
        let masks = Masks::read(&together(Kind::Masks));
        let redactions = Redactions::read(&together(Kind::Redactions));
        let clients = Clients::read(&ours(Kind::Clients), &theirs(Kind::Clients));
        let claims = Claims::read(&together(Kind::Claims));
        let cascades = cascade_rule::load(&both(Kind::Cascades));
        let priorities = priority_rule::load(&[theirs(Kind::Priorities), ours(Kind::Priorities)].concat());
        match (errors, traces, masks, redactions, clients, claims, cascades, priorities) {
            (
                Ok(errors),
                Ok(traces),
                Ok(masks),
                Ok(redactions),
                Ok(clients),
                Ok(claims),
                Ok(cascades),
                Ok(priorities),
            ) if problems.is_empty() => {
                let named = |file: PatternFile| (file.name.to_string(), file.text.to_string());
                let error_files = theirs(Kind::Errors).into_iter().map(named).collect();
                Ok(Catalog {
                    errors,
                    traces,
                    masks: Arc::new(masks),
                    redactions,
                    clients,
                    claims,
                    cascades,
                    priorities,
                    error_files,
                })
            }
            (errors, traces, masks, redactions, clients, claims, cascades, priorities) => {
                problems.extend(errors.err().unwrap_or_default());
                problems.extend(traces.err().unwrap_or_default());
                problems.extend(masks.err().unwrap_or_default());
                problems.extend(redactions.err().unwrap_or_default());
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
    pub fn check_examples(&self) -> Vec<ExampleResult> {
        let ours: Vec<PatternFile> = ours().collect();
        super::check::run(&self.errors, &ours, &held_to_the_law(&self.error_files), &self.clients)
    }

    /// Returns how many regular expressions are compiled, and how many there are.
    pub fn compiled(&self) -> (usize, usize) {
        let each = [self.errors.compiled(), self.traces.compiled(), self.masks.compiled()];
        let more = [self.redactions.compiled(), self.clients.compiled(), self.claims.compiled()];
        each.iter().chain(&more).fold((0, 0), |(done, all), part| (done + part.0, all + part.1))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Errors,
    Traces,
    Masks,
    Redactions,
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
        _ if name.starts_with("redactions/") => Kind::Redactions,
        _ => Kind::Unknown,
    }
}

fn pick<'a>(files: &[PatternFile<'a>], wanted: Kind) -> Vec<PatternFile<'a>> {
    files.iter().filter(|file| kind(file.name) == wanted).copied().collect()
}
