//! One error, answered: places, the right name, the commit, the patch.
//! Leaves out what is special to a kind of error (`errors`).

use std::time::{Duration, Instant};

use super::errors::attribute::NoAttribute;
use super::errors::coroutine::Coroutine;
use super::errors::image::NotInImage;
use super::errors::key::NoKey;
use super::errors::module::NoModule;
use super::errors::name::NoName;
use super::errors::signature::Signature;
use super::errors::undefined::Undefined;
use super::errors::{Aim, Dated, Kind, Search, Site};
use super::fault::Fault;
use super::modules::{Modules, Parsed};
use super::read;
use crate::code::Snapshot;
use crate::code::cause::{Candidate, Cause, Culprit, Frame, Question, Target};
use crate::code::git::Oid;
use crate::code::history::{Defect, Holds, Lost, Origin, origin};
use crate::code::patch;

/// Candidates told.
const TOLD: usize = 8;
/// Places of equal rank whose commits are compared.
const COMPARED: usize = 5;
/// Files that end alike and are told apart by their functions.
const ALIKE: usize = 8;
/// Ranks nearer than this are equal.
const EQUAL: f64 = 0.03;

/// Answers a question about Python code; `None` where the message is of no kind that code answers.
pub(crate) fn answer(snapshot: &Snapshot<'_>, parsed: &Parsed, question: &Question, budget: Duration) -> Option<Cause> {
    let until = Instant::now() + budget;
    let fault = Fault::of(question)?;
    let listed: Vec<(String, Oid)> = snapshot
        .files
        .iter()
        .filter(|file| file.path.ends_with(".py"))
        .map(|file| (file.path.clone(), file.content.clone()))
        .collect();
    let mut modules = Modules::of(snapshot.repository, snapshot.commit.clone(), parsed, listed);
    // The other half is for the history.
    modules.until.set(Some(Instant::now() + budget / 2));
    modules.links = snapshot.links.clone();
    let frames = frames(&modules, question);
    let paths = snapshot.files.iter().map(|file| file.path.clone()).collect();
    let search = Search { modules, question, paths, frames };
    let mut cause = Cause { commit: snapshot.commit.to_string(), status: "unknown", ..Cause::default() };
    let unread = || {
        let (late, skipped) = (search.modules.unread.get(), search.modules.parsed.skipped.get());
        let late = (late > 0).then(|| {
            format!("{late} times a file was not read: the time for the search was up, and places may be missing")
        });
        let skipped = (skipped > 0)
            .then(|| format!("{skipped} Python files were not read: they are not in this clone, or above 4 MiB"));
        late.into_iter().chain(skipped)
    };
    let mut kind = kind(&fault);
    let mut sites = kind.as_ref().map(|kind| kind.sites(&search)).unwrap_or_default();
    let linked = kind.as_ref().and_then(|_| linked(&search, &fault));
    if sites.is_empty()
        && linked.is_none()
        && let Some(image) = not_in_image(&search, &fault)
    {
        sites = image.sites(&search);
        // A name that cannot be imported has other reasons as well, of which its own kind tells.
        if !sites.is_empty() || !matches!(fault, Fault::NoName { .. }) {
            kind = Some(Box::new(image));
        }
    }
    let kind = kind?;
    if sites.is_empty() {
        match linked {
            Some((name, link)) => cause
                .limits
                .push(format!("{name} stands behind {link}, a link or submodule: what it holds was not read")),
            None => cause.warnings = kind.contradictions(&search),
        }
        cause.limits.extend(unread());
        if cause.warnings.is_empty() && cause.limits.is_empty() {
            return None;
        }
        cause.verdict = match cause.limits.is_empty() {
            true => "no place in the code can raise this error".to_string(),
            false => "no place was found that can raise this error".to_string(),
        };
        return Some(cause);
    }
    rank(&mut sites, &search);
    // The rest works on few files, and has a time of its own.
    search.modules.until.set(Some(until + budget / 4));
    let walk = |site: &Site| {
        search.modules.hints.replace(kind.paths(&search.modules, &site.path, site));
        let defect = At { kind: &*kind, modules: &search.modules, site };
        origin(snapshot.repository, &snapshot.commit, &site.path, &defect, until)
    };
    let mut found = walk(&sites[0]);
    // Of places that fit equally, the one that came last is the likelier cause of an error that is new.
    let equal = sites.iter().take(COMPARED).take_while(|site| sites[0].fit - site.fit < EQUAL).count();
    if equal > 1 {
        let mut times: Vec<(i64, usize)> = Vec::new();
        let mut origins = vec![found];
        origins.extend(sites[1..equal].iter().map(walk));
        for (at, one) in origins.iter().enumerate() {
            let time = one
                .as_ref()
                .ok()
                .and_then(|one| snapshot.repository.commit(&one.commit).ok())
                .map_or(i64::MIN, |commit| commit.time);
            times.push((time, at));
        }
        let best = times.iter().max_by_key(|(time, at)| (*time, usize::MAX - at)).map_or(0, |(_, at)| *at);
        found = origins.swap_remove(best);
        let site = sites.remove(best);
        sites.insert(0, site);
    }
    let site = &sites[0];
    let aim = kind.aim(&search, site, found.as_ref().ok());
    cause.verdict = kind.verdict(&search, site);
    // The trace's last line of the service's own is where it happened, whatever the code alone shows.
    let traced = search
        .frames
        .first()
        .is_some_and(|(path, line)| *path == site.path && (site.line..=site.last_line).contains(line));
    let there = !matches!(found, Err(Lost::NotThere));
    cause.status = if (site.certain || traced) && there && kind.proves(&search, site) { "proven" } else { "supported" };
    let alike = sites.iter().filter(|other| (site.fit - other.fit).abs() < EQUAL).count();
    if cause.status == "supported" && alike > 1 {
        cause.verdict = format!("{}; {alike} places fit equally well", cause.verdict);
    }
    cause.candidates = candidates(&search, &sites);
    cause.probe = Some(kind.probe(site));
    let found_at = found.as_ref().ok().cloned();
    match found {
        Ok(origin) => match kind.dated(&search, site, &origin) {
            Dated::Unknown(why) => cause.limits.push(why),
            dated => cause.culprit = culprit(snapshot, &search, &*kind, &origin, site, dated),
        },
        Err(lost) => cause.limits.push(untold(&lost)),
    }
    cause.limits.extend(unread());
    cause.warnings.extend(at_head(snapshot, &search, &*kind, site));
    if let Some(mut aim) = aim {
        let left = if there { with_alike(&search, &*kind, &sites, found_at.as_ref(), &mut aim) } else { Vec::new() };
        let Aim { target, edits, warnings } = aim;
        cause.warnings.extend(warnings);
        if there {
            cause.diff = diff(&search, site, &edits);
        }
        if cause.diff.is_some() && !left.is_empty() {
            let listed = left.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
            cause.warnings.push(match left.len() {
                1 => format!("1 further place fails in the same way, and the patch leaves it as it is: {listed}"),
                many => {
                    format!(
                        "{many} further places fail in the same way, and the patch leaves them as they are: {listed}"
                    )
                }
            });
        }
        if cause.diff.as_ref().is_some_and(|diff| diff.contains("\r\n")) {
            let how =
                "the file has CRLF line ends: apply the patch from the JSON, or with `git apply --ignore-whitespace`";
            cause.warnings.push(how.to_string());
        }
        // An empty file has no line that could be named.
        let place = target
            .place
            .filter(|(file, line)| search.modules.text(file).is_none_or(|text| text.lines().count() >= *line as usize));
        cause.target = Some(Target { place, ..target });
    }
    Some(cause)
}

/// Adds to a patch the same mistake elsewhere in the file; returns the places of it that the patch leaves.
fn with_alike(
    search: &Search<'_>,
    kind: &dyn Kind,
    sites: &[Site],
    origin: Option<&Origin>,
    aim: &mut Aim,
) -> Vec<String> {
    let Some((site, others)) = sites.split_first().filter(|_| !aim.edits.is_empty()) else { return Vec::new() };
    let mut left = Vec::new();
    for other in others.iter().filter(|other| other.certain) {
        let here = other.path == site.path;
        let theirs = kind.aim(search, other, origin).filter(|_| here);
        let alike = |theirs: &Aim| other.key == site.key || theirs.target.place == aim.target.place;
        let edits = theirs.filter(|theirs| alike(theirs) && !theirs.edits.is_empty()).map(|theirs| theirs.edits);
        let new: Option<Vec<_>> =
            edits.map(|edits| edits.into_iter().filter(|edit| !aim.edits.contains(edit)).collect());
        let apart = |(bytes, _): &(std::ops::Range<usize>, String)| {
            aim.edits.iter().all(|(known, _)| bytes.end <= known.start || known.end <= bytes.start)
        };
        match new.filter(|new| new.iter().all(apart)) {
            Some(new) => aim.edits.extend(new),
            None => left.push(format!("{}:{}", other.path, other.line)),
        }
    }
    left.dedup();
    left
}

/// Says what became of the place at HEAD, where HEAD is another commit.
fn at_head(snapshot: &Snapshot<'_>, search: &Search<'_>, kind: &dyn Kind, site: &Site) -> Option<String> {
    let head = snapshot.head.as_ref().filter(|head| **head != snapshot.commit)?;
    let now = search.modules.at(head);
    let named = short(head.as_str());
    if now.file(&site.path).is_some() {
        let mended = kind.holds(&now, &site.path, site) == Holds::No;
        if let Some(how) = kind.fails_otherwise(&now, &site.path, site).filter(|_| mended) {
            return Some(format!("HEAD ({named}) does not mend it: {how}"));
        }
        return mended
            .then(|| format!("at HEAD ({named}) {} has it no more: it is mended there, or it moved", site.path));
    }
    let renames = snapshot.repository.renames(&snapshot.commit, head).ok()?;
    match renames.iter().find(|(from, _)| *from == site.path) {
        Some((_, to)) if kind.holds(&now, to, site) == Holds::No => {
            if let Some(how) = kind.fails_otherwise(&now, to, site) {
                return Some(format!("HEAD ({named}) does not mend it: {how}"));
            }
            Some(format!("at HEAD ({named}) it is no more: {} is {to} there, and has it not", site.path))
        }
        Some((_, to)) => Some(format!("{} is {to} at HEAD ({named}), and has it still", site.path)),
        None => Some(format!("HEAD ({named}) has no file {}: whether it is mended there is unknown", site.path)),
    }
}

/// Returns the link or submodule behind which the module in a message stands.
fn linked(search: &Search<'_>, fault: &Fault) -> Option<(String, String)> {
    let name = match fault {
        Fault::NoModule(name) => name,
        Fault::NoName { module: Some(name), .. } => name,
        Fault::NoAttribute { owner: super::fault::Owner::Module(name), .. } => name,
        _ => return None,
    };
    let caller = search.frames.first().map_or("", |(path, _)| path.as_str());
    Some((name.clone(), search.modules.link_to(name, caller)?.to_string()))
}

fn kind(fault: &Fault) -> Option<Box<dyn Kind>> {
    Some(match fault.clone() {
        Fault::NoModule(module) => Box::new(NoModule { module }),
        Fault::NoName { module, name, circular } => Box::new(NoName { module, name, circular }),
        Fault::NoAttribute { owner, name } => Box::new(NoAttribute { owner, name, known: Default::default() }),
        Fault::Undefined(name) => Box::new(Undefined { name, local: false }),
        Fault::Unbound(name) => Box::new(Undefined { name, local: true }),
        Fault::Signature { function, misfit } => Box::new(Signature { function, unfit: misfit, any: false }),
        Fault::NeverAwaited(name) => Box::new(Coroutine::NeverAwaited(name)),
        Fault::CoroutineUsed(attribute) => Box::new(Coroutine::Used(attribute)),
        Fault::NotAwaitable(kind) => Box::new(Coroutine::NotAwaitable(kind)),
        Fault::NoKey(key) => Box::new(NoKey { key, known: Default::default() }),
        Fault::NoFile(_) => return None,
    })
}

/// Returns the file that the repository has and the process did not.
fn not_in_image(search: &Search<'_>, fault: &Fault) -> Option<NotInImage> {
    let name = match fault {
        Fault::NoModule(name) | Fault::NoFile(name) => name.clone(),
        // `from package import module` does not tell a module from a name.
        Fault::NoName { module: Some(module), name, circular: false } => {
            let file = search.modules.resolve(module, "").path().map(str::to_string);
            let bound = file.and_then(|file| search.modules.facts(&file)).is_some_and(|of| !of.top(name).is_empty());
            Some(format!("{module}.{name}")).filter(|_| !bound)?
        }
        _ => return None,
    };
    NotInImage::of(&search.modules, &search.paths, &name, matches!(fault, Fault::NoFile(_)))
}

/// A place of a kind of error, looked for at other commits.
struct At<'a> {
    kind: &'a dyn Kind,
    modules: &'a Modules<'a>,
    site: &'a Site,
}

impl Defect for At<'_> {
    fn holds(&self, commit: &Oid, path: &str) -> Holds {
        self.kind.holds(&self.modules.at(commit), path, self.site)
    }

    fn paths(&self, commit: &Oid, path: &str) -> Vec<String> {
        let mut paths = self.kind.paths(&self.modules.at(commit), path, self.site);
        paths.push(path.to_string());
        paths.sort();
        paths.dedup();
        paths
    }
}

/// Returns the frames of the service's own code that stand in the repository, innermost first.
fn frames(modules: &Modules<'_>, question: &Question) -> Vec<(String, u32)> {
    let own = question.frames.iter().filter(|frame| frame.in_app);
    let there = own.filter_map(|frame| {
        let listed = modules.listed.binary_search_by(|(path, _)| path.cmp(&frame.file)).is_ok();
        let path = if listed { Some(frame.file.clone()) } else { by_function(modules, frame) };
        Some((path?, frame.line))
    });
    there.collect()
}

/// Of files that end alike, returns the only one in which the frame's function holds its line.
fn by_function(modules: &Modules<'_>, frame: &Frame) -> Option<String> {
    let function = frame.function.as_deref()?.rsplit('.').next().filter(|name| !name.starts_with('<'))?;
    let parts: Vec<&str> = frame.file.split('/').filter(|part| !part.is_empty()).collect();
    let alike = |from: usize| {
        let end = parts[from..].join("/");
        let mut found = modules.listed.iter().map(|(path, _)| path);
        let below = format!("/{end}");
        let fits = found.by_ref().filter(|path| **path == end || path.ends_with(&below)).take(ALIKE + 1);
        fits.collect::<Vec<_>>()
    };
    // One common part is a file's name alone, which many have.
    let found = (0..parts.len().saturating_sub(1)).map(alike).find(|found| !found.is_empty())?;
    let holds = |path: &&&String| {
        modules.facts(path).is_some_and(|facts| {
            let mut of_it = facts.scopes.iter().filter(|scope| scope.function.is_some() && scope.name() == function);
            of_it.any(|scope| (scope.lines.0..=scope.lines.1).contains(&frame.line))
        })
    };
    let mut holding = found.iter().take(ALIKE).filter(holds);
    let only = holding.next().filter(|_| found.len() <= ALIKE)?;
    holding.next().is_none().then(|| only.to_string())
}

/// Sorts places: where the stack trace points, then by fit, then by path and line.
fn rank(sites: &mut [Site], search: &Search<'_>) {
    for site in sites.iter_mut() {
        let by_trace = search.frames.iter().enumerate().map(|(depth, (path, line))| {
            let near = |most: u32| site.line.saturating_sub(most) <= *line && *line <= site.last_line + most;
            let weight = 1.0 / (1.0 + depth as f64 * 0.2);
            match path == &site.path {
                true if near(0) => 3.0 * weight,
                true if near(2) => 2.0 * weight,
                true => 0.6 * weight,
                false => 0.0,
            }
        });
        site.fit += by_trace.fold(0.0, f64::max);
    }
    sites.sort_by(|a, b| b.fit.total_cmp(&a.fit).then_with(|| a.path.cmp(&b.path)).then_with(|| a.line.cmp(&b.line)));
}

fn candidates(search: &Search<'_>, sites: &[Site]) -> Vec<Candidate> {
    let mut told: Vec<Candidate> = Vec::new();
    for site in sites {
        if told.len() == TOLD || told.iter().any(|one| one.file == site.path && one.line == site.line) {
            continue;
        }
        let text = search.modules.text(&site.path);
        let text = text.and_then(|text| Some(text.lines().nth(site.line.checked_sub(1)? as usize)?.trim().to_string()));
        told.push(Candidate {
            file: site.path.clone(),
            line: site.line,
            scope: site.scope.clone(),
            text: text.unwrap_or_default(),
            why: site.why.clone(),
        });
    }
    told
}

fn culprit(
    snapshot: &Snapshot<'_>,
    search: &Search<'_>,
    kind: &dyn Kind,
    origin: &Origin,
    site: &Site,
    dated: Dated,
) -> Option<Culprit> {
    let commit = snapshot.repository.commit(&origin.commit).ok()?;
    let after = search.modules.at(&origin.commit);
    let before = origin.parents.first().map(|parent| search.modules.at(parent));
    let there = before.as_ref().is_some_and(|before| before.file(&origin.path).is_some());
    let differs = |path: &String| before.as_ref().is_some_and(|before| before.file(path) != after.file(path));
    // What decides it here and what decided it before: a file that went away is only among the latter.
    let mut others = kind.paths(&after, &origin.path, site);
    others.extend(before.iter().flat_map(|before| kind.paths(before, &origin.path, site)));
    others.retain(|path| *path != origin.path && differs(path));
    others.sort();
    others.dedup();
    others.truncate(3);
    let did = match (origin.parents.len(), there) {
        (0, _) => format!("it is the first commit, and {} has the defect there", origin.path),
        (1, false) => format!("it added {} with the defect", origin.path),
        (1, true) if differs(&origin.path) => format!("it changed {}, which had no such defect before", origin.path),
        (1, true) if others.is_empty() => {
            format!("{} is the same before and after it; what it refers to changed", origin.path)
        }
        (1, true) => format!("it changed {}; {} stayed as it was", others.join(", "), origin.path),
        _ => "none of its sides has the defect alone".to_string(),
    };
    let did = if let Dated::By(what) = dated { what } else { did };
    let why = if origin.unsure { format!("{did}; a version before it could not be read") } else { did };
    Some(Culprit {
        commit: origin.commit.to_string(),
        subject: commit.subject,
        time: commit.time,
        merge: commit.parents.len() > 1,
        why,
    })
}

fn untold(lost: &Lost) -> String {
    match lost {
        Lost::Late(looked_at) => {
            format!("the search for the commit stopped after {looked_at} versions: its time was up")
        }
        Lost::Shallow(commit) => {
            format!("the clone has no commits before {}: the defect is older, or began there", short(commit.as_str()))
        }
        Lost::Git(fault) => format!("the commit was not found: {fault}"),
        Lost::NotThere => "the commit was not looked for: the place is not proven to fail".to_string(),
    }
}

pub(super) fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// Returns the patch, where the file still parses after it.
fn diff(search: &Search<'_>, site: &Site, edits: &[(std::ops::Range<usize>, String)]) -> Option<String> {
    let text = search.modules.text(&site.path)?;
    // Text that is not UTF-8 was read with replacements; a patch of it would not apply.
    if edits.is_empty() || text.contains('\u{fffd}') {
        return None;
    }
    let new = patch::edited(&text, edits)?;
    let damage = |text: &str| read::read(text.to_string()).damage.len();
    if site.path.ends_with(".py") && damage(&new) > damage(&text) {
        return None;
    }
    patch::unified(&site.path, &text, &new)
}
