//! `tail`: follows a growing log or Cloud Logging and prints incidents as they emerge.
//! Leaves out how incidents are found: the window of recent entries goes through the same triage.
//!
//! A look a few times a second takes what was added; when something failed, the entries of the window are read
//! as one run; what came late is judged once too, however old. An incident is announced once, and again when it grew tenfold or got more urgent.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::time::{Duration, Instant};

use crate::entry::{LogEntry, Severity, Timestamp};
use crate::pattern::Catalog;
use crate::report::WindowView;
use crate::report::escape;
use crate::report::text::{self, Look};
use crate::report::view::{IncidentView, TriageView};
use crate::source::cloud::LiveNews;
use crate::source::{self, Added};
use crate::triage::{Triage, TriageOptions};

use super::arguments::{TailArguments, TextOrJson};
use super::cause::Search;
use super::failure::{Exit, Failure};
use super::{catalog, input, limits, live, print};

/// How often the source is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A burst is let finish before it is judged, so that a trace being written is not read in half.
const QUIET: Duration = Duration::from_millis(500);
/// But no longer than this, or a log that never rests would never be judged.
const PATIENCE: Duration = Duration::from_secs(3);
/// A log that is rotated is missing for a moment; one that stays away longer is said to.
const ROTATED: Duration = Duration::from_secs(2);
/// Entries of the window kept at most; older ones go first.
const WINDOW_ENTRIES: usize = 50_000;

/// What was said about an incident so far.
struct Announced {
    entries: u64,
    priority: String,
}

struct Tail<'c> {
    catalog: &'c Catalog,
    least: Severity,
    window_nanos: i64,
    entries: VecDeque<LogEntry>,
    /// How many of them, at the end, were not judged yet.
    unjudged: usize,
    gaps: u64,
    /// Whether any line came in, be it an entry or not.
    came: bool,
    announced: BTreeMap<String, Announced>,
    search: Option<Search>,
    format: TextOrJson,
    index: u64,
}

/// Runs the command.
pub(super) fn run(arguments: TailArguments) -> Result<Exit, Failure> {
    let known = catalog::catalog(arguments.patterns.as_deref())?;
    let least = input::severity(&arguments.min_severity)?;
    let window_nanos = input::duration("--window", &arguments.window)?;
    let stop_after = arguments.stop_after.as_deref().map(|text| input::duration("--stop-after", text)).transpose()?;
    let now = input::now(None)?;
    let mut options = input::read_options(arguments.assume_tz.as_deref(), now, &limits::of_settings()?)?;
    options.named = known.redactions.fields().to_vec();
    let path = match source::expand(std::slice::from_ref(&arguments.source))?.as_slice() {
        [path] => path.clone(),
        paths => {
            return Err(Failure::new(Exit::Usage, format!("{} sources were named, one is followed", paths.len()))
                .hint("name one file, or pipe lines in and name `-`"));
        }
    };
    let mut follow = live::follow(&path, &arguments, window_nanos, now)?;
    let mut tail = Tail {
        catalog: &known,
        least,
        window_nanos,
        entries: VecDeque::new(),
        unjudged: 0,
        gaps: 0,
        came: false,
        announced: BTreeMap::new(),
        search: Search::open(&arguments.code.settled()?)?,
        format: arguments.format,
        index: 0,
    };
    let name = path.name();
    print::note(&format!("following {name}; incidents are printed as they emerge, Ctrl-C stops"));
    let begun = Instant::now();
    let mut waiting: Vec<Added> = Vec::new();
    let mut first_waiting = begun;
    let mut last_added = begun;
    let mut missing = Missing::default();
    loop {
        let over = stop_after.is_some_and(|nanos| begun.elapsed().as_nanos() as i64 >= nanos);
        let looked = follow.look(over);
        // Said before the incidents that they bear on, and before an error ends everything.
        for news in follow.news() {
            if !tail.tell(&name, &news)? {
                return Ok(Exit::Done);
            }
        }
        let added = looked?;
        let some = added.is_some();
        if let Some(added) = added {
            if waiting.is_empty() {
                first_waiting = Instant::now();
            }
            last_added = Instant::now();
            waiting.push(added);
        }
        missing.see(&name, follow.gone());
        let ended = over || follow.ended();
        let ripe = last_added.elapsed() >= QUIET || first_waiting.elapsed() >= PATIENCE;
        if !waiting.is_empty() && (ripe || ended) {
            for added in std::mem::take(&mut waiting) {
                tail.take(&name, added, &options)?;
                if tail.unjudged > WINDOW_ENTRIES / 2 && !tail.judge()? {
                    return Ok(Exit::Done);
                }
            }
            if tail.unjudged > 0 && !tail.judge()? {
                return Ok(Exit::Done);
            }
        }
        if ended && waiting.is_empty() {
            return tail.ending(&name, follow.gone());
        }
        if !some {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// Since when no file stands under the name that is followed.
#[derive(Default)]
struct Missing {
    since: Option<Instant>,
    told: bool,
}

impl Missing {
    fn see(&mut self, name: &str, gone: bool) {
        if !gone {
            *self = Missing::default();
        } else if self.since.get_or_insert_with(Instant::now).elapsed() >= ROTATED && !self.told {
            print::note(&format!("{name} is gone; waiting for a file of this name"));
            self.told = true;
        }
    }
}

impl Tail<'_> {
    /// Returns how it ends: that nothing was read, or not to the end, is another thing than that nothing is wrong.
    fn ending(&self, name: &str, gone: bool) -> Result<Exit, Failure> {
        let unread =
            |what: &str, cause: &str, hint: &str| Err(Failure::new(Exit::CannotSay, what).because(cause).hint(hint));
        match () {
            () if gone => unread(
                &format!("{name} was not read to its end"),
                "no file of this name is there any more",
                "if it was rotated, name the file that is written now",
            ),
            () if self.index == 0 && self.came => unread(
                "no log entries were read",
                "nothing of what came in while it was followed is a log entry",
                "see how the lines are read with `log-gardener parse`",
            ),
            () if self.index == 0 => unread(
                "no log entries were read",
                "nothing came in while it was followed",
                "no entries is no sign of health; --from-start reads what was there before",
            ),
            () if self.gaps > 0 => Ok(Exit::CannotSay),
            () => Ok(Exit::Done),
        }
    }

    /// Reads what was added and keeps what may matter.
    fn take(&mut self, name: &str, added: Added, options: &crate::entry::ReadOptions) -> Result<(), Failure> {
        let Added { bytes, first_line, restarted } = added;
        if restarted {
            print::note(&format!("{name} was replaced or cut; reading its new beginning"));
        }
        self.came |= bytes.iter().any(|byte| !byte.is_ascii_whitespace());
        let mut taken = Vec::new();
        source::read_bytes(name, bytes.as_slice(), options, &self.catalog.traces, &mut |_| {}, &mut |entry| {
            taken.push(entry)
        })?;
        for mut entry in taken {
            let place = |line: u64| if first_line == 0 { 0 } else { line + first_line - 1 };
            entry.at.line = place(entry.at.line);
            entry.at.end_line = place(entry.at.end_line);
            entry.at.index = self.index;
            self.index += 1;
            // Healthy entries only fill the window; a change before a failure explains it.
            let matters =
                entry.severity >= self.least || entry.may_continue || entry.split.is_some() || entry.change.is_some();
            if matters || entry.severity == Severity::Default {
                self.entries.push_back(entry);
                self.unjudged += 1;
            }
        }
        Ok(())
    }

    /// Forgets what lies before the window and was judged.
    fn forget(&mut self) {
        self.unjudged = 0;
        let newest = self.entries.iter().filter_map(|entry| entry.timestamp).max();
        let from = newest.map(|newest| newest.plus_nanos(-self.window_nanos));
        self.entries.retain(|entry| entry.timestamp.zip(from).is_none_or(|(time, from)| time >= from));
        while self.entries.len() > WINDOW_ENTRIES {
            self.entries.pop_front();
        }
    }

    /// Says what happened to the stream; returns `false` when nobody reads any more.
    fn tell(&mut self, name: &str, news: &LiveNews) -> Result<bool, Failure> {
        match news {
            LiveNews::Gap(_) => self.gaps += 1,
            LiveNews::Filled { .. } => self.gaps = self.gaps.saturating_sub(1),
            _ => {}
        }
        print::note(&format!("{name}: {news}"));
        match self.format {
            TextOrJson::Text => Ok(true),
            TextOrJson::Json => say(&format!("{}\n", live::to_json(news))),
        }
    }

    /// Finds the incidents of the window and prints what is new; returns whether to go on.
    fn judge(&mut self) -> Result<bool, Failure> {
        let now = self.entries.iter().filter_map(|entry| entry.timestamp).max().unwrap_or(Timestamp(0));
        let mut triage =
            Triage::new(self.catalog, TriageOptions { least: self.least, since: None, until: None, now }, false);
        for entry in &self.entries {
            triage.push(entry.clone());
        }
        let mut triaged = triage.finish(&[]);
        let view = triaged.view(self.catalog, Vec::new(), WindowView::default(), Vec::new());
        for incident in view.incidents.iter().filter(|incident| incident.noise.is_none()) {
            let Some(news) = self.news(incident) else { continue };
            let mut incident = incident.clone();
            if let Some(search) = &self.search {
                search.incident(&mut incident, &self.catalog.redactions);
            }
            if !self.announce(&view, &incident, news)? {
                return Ok(false);
            }
        }
        self.forget();
        Ok(true)
    }

    /// Returns what is new about an incident: `new`, `grew` or `more-urgent`.
    ///
    /// A consequence that was announced on its own before its root emerged belongs to the root now.
    fn news(&mut self, incident: &IncidentView) -> Option<&'static str> {
        let news = match self.announced.get(&incident.root) {
            None => Some("new"),
            Some(before) if incident.priority < before.priority => Some("more-urgent"),
            Some(before) if incident.entries >= before.entries.saturating_mul(10) => Some("grew"),
            Some(_) => None,
        };
        if news.is_some() {
            let said = Announced { entries: incident.entries, priority: incident.priority.clone() };
            self.announced.insert(incident.root.clone(), said);
        }
        news
    }

    /// Prints one incident; returns `false` when nobody reads any more.
    fn announce(&self, view: &TriageView, incident: &IncidentView, news: &str) -> Result<bool, Failure> {
        let page = match self.format {
            TextOrJson::Text => {
                let only = TriageView { incidents: vec![incident.clone()], ..view.clone() };
                text::incidents(&only, Look { width: print::width(), color: print::colour() })
            }
            TextOrJson::Json => {
                let line = serde_json::json!({ "schema": "log-gardener/tail/1", "news": news, "incident": incident });
                escape::json::line(&line).map_err(unwritten)? + "\n"
            }
        };
        say(&page)
    }
}

/// Prints at once; returns `false` when nobody reads any more.
fn say(page: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(escape::terminal::painted(page).as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(unwritten(error)),
    }
}

fn unwritten(error: std::io::Error) -> Failure {
    Failure::new(Exit::Publish, "cannot write the result to stdout").because(error)
}
