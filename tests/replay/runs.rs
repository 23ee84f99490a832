//! One run of the audit loop against the stand-in: it may die or be suspended at any step.
//! Leaves out what happens in the world.
#![allow(unreachable_pub)]

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use log_gardener::audit::{Audit, AuditError, Audited, Look};
use log_gardener::decision::Policy;
use log_gardener::entry::Timestamp;
use log_gardener::ledger::Ledger;
use log_gardener::publish::github::{
    Change, Comment, Fault, GitHub, History, Listing, NewIssue, PublishSettings, RemoteIssue, Tracker,
};
use log_gardener::report::Templates;

/// What a process leaves that died.
pub struct Died;

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Just before a call to the tracker.
    Before,
    /// Just after one.
    After,
    /// Between two accesses to the ledger: each of them is told the time first.
    Clock,
}

/// What happens to a run on its way.
pub struct Way<'a> {
    /// The time, nanoseconds since 1970.
    pub time: &'a AtomicI64,
    steps: [Cell<usize>; 3],
    dies: Option<(Step, usize)>,
    #[allow(clippy::type_complexity)]
    sleeps: RefCell<Option<(Step, usize, Box<dyn FnOnce() + 'a>)>>,
}

impl<'a> Way<'a> {
    /// A run that nothing happens to.
    pub fn calm(time: &'a AtomicI64) -> Way<'a> {
        Way { time, steps: Default::default(), dies: None, sleeps: RefCell::new(None) }
    }

    /// A run that dies at the `nth` step of this kind.
    pub fn deadly(time: &'a AtomicI64, step: Step, nth: usize) -> Way<'a> {
        Way { dies: Some((step, nth)), ..Way::calm(time) }
    }

    /// A run that is suspended at the `nth` step of this kind, while `meanwhile` happens.
    pub fn suspended(time: &'a AtomicI64, step: Step, nth: usize, meanwhile: impl FnOnce() + 'a) -> Way<'a> {
        Way { sleeps: RefCell::new(Some((step, nth, Box::new(meanwhile)))), ..Way::calm(time) }
    }

    /// Whether the run was suspended.
    pub fn slept(&self) -> bool {
        self.sleeps.borrow().is_none()
    }

    fn reach(&self, step: Step) {
        let count = &self.steps[step as usize];
        let at = count.get();
        count.set(at + 1);
        if self.dies == Some((step, at)) {
            std::panic::resume_unwind(Box::new(Died));
        }
        let due = self.sleeps.borrow().as_ref().is_some_and(|(on, nth, _)| (*on, *nth) == (step, at));
        if due && let Some((_, _, meanwhile)) = self.sleeps.take() {
            meanwhile();
        }
    }

    fn now(&self) -> Timestamp {
        self.reach(Step::Clock);
        Timestamp(self.time.fetch_add(20_000_000, Ordering::SeqCst))
    }
}

/// The tracker of a run on its way.
struct Walker<'w, 'a> {
    inner: GitHub,
    way: &'w Way<'a>,
}

impl Walker<'_, '_> {
    fn call<T>(&mut self, call: impl FnOnce(&mut GitHub) -> T) -> T {
        self.way.reach(Step::Before);
        let answer = call(&mut self.inner);
        self.way.reach(Step::After);
        answer
    }
}

impl Tracker for Walker<'_, '_> {
    fn issues(&mut self, listing: &Listing) -> Result<Vec<RemoteIssue>, Fault> {
        self.call(|inner| inner.issues(listing))
    }
    fn issue(&mut self, number: u64) -> Result<RemoteIssue, Fault> {
        self.call(|inner| inner.issue(number))
    }
    fn create(&mut self, new: &NewIssue) -> Result<RemoteIssue, Fault> {
        self.call(|inner| inner.create(new))
    }
    fn edit(&mut self, number: u64, change: &Change) -> Result<RemoteIssue, Fault> {
        self.call(|inner| inner.edit(number, change))
    }
    fn add_labels(&mut self, number: u64, labels: &[String]) -> Result<(), Fault> {
        self.call(|inner| inner.add_labels(number, labels))
    }
    fn remove_label(&mut self, number: u64, label: &str) -> Result<(), Fault> {
        self.call(|inner| inner.remove_label(number, label))
    }
    fn ensure_label(&mut self, label: &str, create: bool) -> Result<bool, Fault> {
        self.call(|inner| inner.ensure_label(label, create))
    }
    fn can_be_assigned(&mut self, login: &str) -> Result<bool, Fault> {
        self.call(|inner| inner.can_be_assigned(login))
    }
    fn comments(&mut self, number: u64) -> Result<Vec<Comment>, Fault> {
        self.call(|inner| inner.comments(number))
    }
    fn comment(&mut self, number: u64, text: &str) -> Result<Comment, Fault> {
        self.call(|inner| inner.comment(number, text))
    }
    fn history(&mut self, number: u64) -> Result<History, Fault> {
        self.call(|inner| inner.history(number))
    }
}

pub fn templates() -> &'static Templates {
    static TEMPLATES: OnceLock<Templates> = OnceLock::new();
    TEMPLATES.get_or_init(|| Templates::load(&[]).unwrap_or_else(|problems| panic!("{}", problems[0])))
}

pub fn open(path: &Path) -> Ledger {
    Ledger::open(path).unwrap_or_else(|error| panic!("{error}"))
}

/// Makes one pass as a process of its own would; `dead` says whose lease may be taken at once.
pub fn audit(
    path: &Path,
    github: GitHub,
    way: &Way,
    look: Look,
    owner: &str,
    publish: bool,
) -> Result<Audited, AuditError> {
    let mut ledger = open(path);
    let mut tracker = Walker { inner: github, way };
    let audit = Audit {
        ledger: &mut ledger,
        tracker: Some(&mut tracker),
        publish,
        policy: &Policy::default(),
        settings: &PublishSettings { settle: Duration::from_millis(1), ..PublishSettings::default() },
        templates: templates(),
        owners: &|_| Vec::new(),
        adopt: &[],
        clock: &|| way.now(),
        owner,
        is_dead: &|owner| owner.starts_with("dead"),
    };
    audit.run(look)
}
