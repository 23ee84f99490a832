//! Looks up the causes of a run's incidents in a checkout, and puts them into the view.
//! Leaves out the search (`code`) and what follows from its result (`report::cause`).

use std::borrow::Cow;
use std::time::{Duration, Instant};

use crate::code::revision::{self, Claim, Deployed};
use crate::code::{self, Cause, FileNames, Frame, GitFault, Oid, PathMap, Question, Snapshot};
use crate::entry::Timestamp;
use crate::exception::StackFrame;
use crate::pattern::{Redactions, Tally};
use crate::report::cause::{Looked, MENDED, reference, settle};
use crate::report::texts::{TextKind, each_of_incident};
use crate::report::view::{
    CandidateView, CauseView, CheckoutView, CulpritView, GroupView, IncidentView, TargetView, TriageView,
};

use super::checkout::Checkout;
use super::code_arguments::CodeArguments;
use super::failure::{Exit, Failure};

/// Incidents looked up, most urgent first; who has more begins with these.
const INCIDENTS: usize = 20;
/// Groups of one incident looked up until one is answered.
const GROUPS: usize = 10;
/// Time for all incidents of a run.
const ALL: Duration = Duration::from_secs(120);
/// Time for one question.
const ONE: Duration = Duration::from_secs(20);

/// The commits read so far; what was read of one incident's commit serves the next.
#[derive(Default)]
struct Opened<'a> {
    commits: Vec<(Snapshot<'a>, FileNames)>,
}

impl<'a> Opened<'a> {
    fn at(&mut self, checkout: &'a Checkout, commit: &Oid) -> Result<(&Snapshot<'a>, &FileNames), GitFault> {
        let known = self.commits.iter().position(|(snapshot, _)| snapshot.commit == *commit);
        let at = match known {
            Some(at) => at,
            None => {
                let snapshot = Snapshot::open(&checkout.repository, commit.clone())?;
                self.commits.push((snapshot, checkout.names(commit)?));
                self.commits.len() - 1
            }
        };
        let (snapshot, names) = &self.commits[at];
        Ok((snapshot, names))
    }
}

/// A checkout, and which commit and which paths of it are meant.
pub(super) struct Search {
    pub(super) checkout: Checkout,
    head: Oid,
    map: PathMap,
    told: Option<Oid>,
    arguments: CodeArguments,
}

/// Redacts what source code had a part in: secrets stand there as well, and what was settled repeats lines of it.
fn redact(incident: &mut IncidentView, rules: &Redactions) {
    if rules.reveals() {
        return;
    }
    let before = incident.cause.as_ref().and_then(|cause| cause.diff.clone());
    let mut tally = Tally::default();
    each_of_incident(incident, &mut |text, kind| {
        let redacted = match kind {
            TextKind::Told => rules.redact(text, &mut tally),
            TextKind::Quoted | TextKind::Id => return,
        };
        if let Cow::Owned(redacted) = redacted {
            *text = redacted;
        }
    });
    if let Some(cause) = incident.cause.as_mut().filter(|cause| cause.diff != before) {
        cause
            .warnings
            .push("the patch shows marks in the place of what was redacted, and does not apply as it stands".into());
    }
}

impl Search {
    /// Opens the checkout, if one was named.
    pub(super) fn open(arguments: &CodeArguments) -> Result<Option<Search>, Failure> {
        let Some(root) = &arguments.repo else {
            let option = if arguments.deployed.is_some() { "--deployed" } else { "--repo-map" };
            return match arguments.deployed.is_some() || !arguments.repo_map.is_empty() {
                true => Err(Failure::new(Exit::Usage, format!("{option} cannot be used without --repo"))
                    .hint("name the git checkout of the service with --repo DIR")),
                false => Ok(None),
            };
        };
        let map = PathMap::parse(&arguments.repo_map).map_err(|rule| {
            Failure::new(Exit::Usage, format!("`{rule}` is no rule for --repo-map")).hint(
                "write the path in the container and the one in the repository: /app=. or /srv/shop=services/shop",
            )
        })?;
        let checkout = Checkout::open(root)?;
        let told = arguments.deployed.as_deref().map(|name| revision::told(&checkout.repository, name));
        let told = told.transpose().map_err(|fault| {
            Failure::new(Exit::Usage, format!("cannot read what was deployed in {}", checkout.name))
                .because(fault)
                .hint("write a hash of at least seven digits, a tag or a branch; fetch it first if the clone lacks it")
        })?;
        Ok(Some(Search { head: checkout.head.clone(), checkout, map, told, arguments: arguments.clone() }))
    }

    /// Reads the checkout as another run saw it: under its name, and with its HEAD, which the repository must have.
    pub(super) fn as_seen(&mut self, name: &str, head: &str) -> Result<(), Failure> {
        self.head = self.checkout.repository.commit_named(head).map_err(|fault| {
            Failure::new(Exit::CannotSay, format!("{} is not the checkout that the document names", self.checkout.name))
                .because(fault)
                .hint("fetch that commit, or name the checkout that has it with --repo")
        })?;
        self.checkout.name = name.to_string();
        Ok(())
    }

    /// Looks up every incident that is not noise, within the bounds that the result states.
    pub(super) fn run(&self, view: &mut TriageView, rules: &Redactions) {
        view.coverage.checkout = Some(CheckoutView {
            repo: self.checkout.name.clone(),
            head: self.head.as_str().to_string(),
            map: self.arguments.repo_map.clone(),
            deployed: self.arguments.deployed.clone(),
        });
        let until = Instant::now() + ALL;
        let mut looked = 0;
        let mut opened = Opened::default();
        for incident in &mut view.incidents {
            let found = match () {
                () if incident.noise.is_some() => Looked::Not("noise is not looked up".to_string()),
                () if looked >= INCIDENTS => Looked::Not(format!("only the first {INCIDENTS} incidents are looked up")),
                () if Instant::now() >= until => {
                    Looked::Not(format!("the {} s for looking were used up by incidents before it", ALL.as_secs()))
                }
                () => {
                    looked += 1;
                    self.look(incident, &mut opened, until)
                }
            };
            settle(incident, found);
            redact(incident, rules);
        }
    }

    /// Looks up one incident.
    pub(super) fn incident(&self, incident: &mut IncidentView, rules: &Redactions) {
        let found = self.look(incident, &mut Opened::default(), Instant::now() + ONE);
        settle(incident, found);
        redact(incident, rules);
    }

    /// Asks about the root group, then about the others; an answer without a place gives way to one with a place.
    fn look<'a>(&'a self, incident: &IncidentView, opened: &mut Opened<'a>, until: Instant) -> Looked {
        let repository = &self.checkout.repository;
        let deployed = revision::deployed(repository, self.told.as_ref(), &claims(incident), &self.head);
        let (snapshot, names) = match opened.at(&self.checkout, &deployed.commit) {
            Ok(found) => found,
            Err(fault) => return Looked::Not(format!("git cannot read the commit that logged: {fault}")),
        };
        let root = |group: &&GroupView| group.id == incident.root;
        let groups = incident.groups.iter().filter(root).chain(incident.groups.iter().filter(|group| !root(group)));
        let mut without_place = None;
        for group in groups.take(GROUPS) {
            for question in self.questions(group, names) {
                let left = until.saturating_duration_since(Instant::now());
                match code::find(snapshot, &question, left.min(ONE)) {
                    Some(cause) if cause.candidates.is_empty() => {
                        without_place.get_or_insert((group, cause));
                    }
                    Some(cause) => return Looked::Found(Box::new(self.view(group, cause, deployed))),
                    None => {}
                }
            }
        }
        if let Some((group, cause)) = without_place {
            return Looked::Found(Box::new(self.view(group, cause, deployed)));
        }
        let Deployed { commit, from, limits } = deployed;
        Looked::Nothing { commit: commit.as_str().to_string(), from, limits }
    }

    /// Returns what is asked about a group: its exception, then those behind it; without one, what it says.
    fn questions(&self, group: &GroupView, names: &FileNames) -> Vec<Question> {
        let Some(exception) = &group.exception else {
            let quote = group.samples.first().map(|sample| sample.quote.clone());
            let question = |message| Question { type_name: None, message, frames: Vec::new() };
            return quote.into_iter().map(question).collect();
        };
        let ask = |type_name: &Option<String>, message: &Option<String>, frames: &[StackFrame]| Question {
            type_name: type_name.clone(),
            message: message.clone().unwrap_or_default(),
            frames: self.frames(frames, names),
        };
        let own = ask(&exception.type_name, &exception.message, &exception.frames);
        let behind = exception.chain.iter().map(|one| ask(&one.type_name, &one.message, &one.frames));
        std::iter::once(own).chain(behind).collect()
    }

    /// Returns the frames with the paths of the repository where they are known.
    fn frames(&self, frames: &[StackFrame], names: &FileNames) -> Vec<Frame> {
        let own: Vec<&str> =
            frames.iter().filter(|frame| frame.in_app).filter_map(|frame| frame.file.as_deref()).collect();
        let map = self.map.learning(&own, names);
        let frames = frames.iter().filter_map(|frame| {
            let (file, line) = (frame.file.as_deref()?, frame.line?);
            Some(Frame {
                file: map.apply(file, names, frame.in_app).unwrap_or_else(|| file.to_string()),
                line,
                function: frame.function.clone(),
                in_app: frame.in_app,
            })
        });
        frames.collect()
    }

    fn view(&self, group: &GroupView, mut cause: Cause, deployed: Deployed) -> CauseView {
        // What was mended since another run looked is no part of what that run saw.
        if self.head != self.checkout.head && self.head.as_str() == cause.commit {
            cause.warnings.retain(|warning| !warning.starts_with(MENDED));
        }
        let commit = &cause.commit;
        let line = |file: &str, line: u32| self.checkout.line(&Oid::parse(commit)?, file, line);
        let candidates: Vec<CandidateView> = cause
            .candidates
            .into_iter()
            .map(|one| CandidateView {
                reference: reference(&one.file, one.line, commit),
                file: one.file,
                line: one.line,
                scope: Some(one.scope).filter(|scope| !scope.is_empty()),
                text: one.text,
                why: one.why,
            })
            .collect();
        let target = cause.target.map(|target| TargetView {
            reference: target.place.as_ref().map(|(file, line)| reference(file, *line, commit)),
            text: target.place.as_ref().and_then(|(file, at)| line(file, *at)),
            line: target.place.as_ref().map(|(_, line)| *line),
            file: target.place.map(|(file, _)| file),
            name: target.name,
            why: target.why,
        });
        let culprit = cause.culprit.map(|culprit| CulpritView {
            id: culprit.commit,
            subject: culprit.subject,
            date: Timestamp(culprit.time.saturating_mul(1_000_000_000)),
            merge: culprit.merge,
            why: culprit.why,
        });
        CauseView {
            owners: candidates.first().map_or(Vec::new(), |first| self.checkout.owners_of(&first.file)),
            verdict: cause.verdict,
            status: cause.status,
            group: group.id.clone(),
            commit_from: deployed.from,
            candidates,
            suggested_target: target.as_ref().map(|target| target.name.clone()),
            target,
            culprit_commit: culprit.as_ref().map(|culprit| culprit.id.clone()),
            suspect: culprit.as_ref().map(CulpritView::line),
            culprit,
            diff: cause.diff,
            probe: cause.probe,
            warnings: cause.warnings,
            limits: deployed.limits.into_iter().chain(cause.limits).collect(),
            commit: cause.commit,
        }
    }
}

/// Returns what the log says about the commit that logged it: labels by their events, then names of revisions.
fn claims(incident: &IncidentView) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for build in incident.groups.iter().flat_map(|group| &group.builds) {
        match claims.iter_mut().find(|claim| claim.label == build.name && claim.value == build.value) {
            Some(claim) => claim.events += build.count,
            None => {
                let (label, value) = (build.name.clone(), build.value.clone());
                claims.push(Claim { label, value, events: build.count });
            }
        }
    }
    // A revision names its commit by chance of its maker's habits, so labels go before it.
    let revisions = incident.revisions.iter().map(|name| ("revision".to_string(), name.clone()));
    claims.extend(revisions.map(|(label, value)| Claim { label, value, events: 0 }));
    claims
}
