//! Lists a bucket: everything below a prefix, or only the days that were asked for where a sink filed by days.
//! Leaves out choosing among what was listed: see `select`.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use object_store::path::Path;
use object_store::{ListResult, ObjectMeta, ObjectStoreExt};

use super::layout::{date, sink_hour};
use super::object::Bucket;
use super::{Window, runtime, trouble};
use crate::source::SourceError;

/// More are not held; a narrower prefix or window is asked for instead.
const MOST_OBJECTS: usize = 200_000;
/// Folders looked into one by one for days; below the rest everything is listed.
const MOST_FOLDERS: usize = 100;
/// The log names of a sink have two parts at most, and stand one or two folders deep.
const DEEPEST: usize = 5;

/// What was listed.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) objects: Vec<ObjectMeta>,
    /// Days, months and years of a sink that were not listed, as they lie outside the window.
    pub(super) passed_over: usize,
}

/// A listing under way.
struct Lister<'b> {
    bucket: &'b Bucket,
    window: Window,
    found: Found,
}

type Outcome<T> = Result<T, SourceError>;

/// Lists the objects that an address names; with a window, the days of a sink outside it are passed over.
pub(super) fn find(bucket: &Bucket, window: Window) -> Outcome<Found> {
    // The bound is on each answer, not on the listing: that may have many pages.
    let whole = Duration::from_secs(24 * 3600);
    let lister = Lister { bucket, window, found: Found::default() };
    let done = runtime::wait(whole, lister.run()).map_err(|cause| failed(bucket).caused_by(cause))?;
    done.unwrap_or_else(|| Err(failed(bucket).caused_by(trouble::no_answer(whole))))
}

fn failed(bucket: &Bucket) -> SourceError {
    SourceError::new(format!("cannot read {}", bucket.address))
}

impl Lister<'_> {
    async fn run(mut self) -> Outcome<Found> {
        let prefix = &self.bucket.address.prefix;
        let below = if self.window.is_open() { self.everything(prefix).await } else { self.walk(prefix).await };
        if let Err(failed) = below {
            // Who may read an object need not be allowed to list its bucket.
            return match self.object(prefix).await {
                Some(object) => Ok(Found { objects: vec![object], passed_over: 0 }),
                None => Err(failed),
            };
        }
        if self.found.objects.is_empty() && self.found.passed_over == 0 && !self.bucket.address.folder {
            self.by_name(prefix).await?;
        }
        self.found.objects.sort_by(|a, b| a.location.cmp(&b.location));
        self.found.objects.dedup_by(|a, b| a.location == b.location);
        Ok(self.found)
    }

    /// Lists everything below a folder.
    async fn everything(&mut self, folder: &Path) -> Outcome<()> {
        let mut objects = self.bucket.store.list(Some(folder).filter(|folder| !folder.is_root()));
        while let Some(object) = self.next(&mut objects).await? {
            self.add([object])?;
        }
        Ok(())
    }

    /// Looks for years below a folder; where a sink filed there, lists only the days asked for.
    async fn walk(&mut self, top: &Path) -> Outcome<()> {
        let mut folders = VecDeque::from([(top.clone(), 0)]);
        let mut looked = 0;
        while let Some((folder, depth)) = folders.pop_front() {
            if looked >= MOST_FOLDERS || depth > DEEPEST {
                self.everything(&folder).await?;
                continue;
            }
            looked += 1;
            let ListResult { objects, common_prefixes, .. } = self.folder(&folder).await?;
            self.add(objects)?;
            let (years, others): (Vec<Path>, Vec<Path>) =
                common_prefixes.into_iter().partition(|below| names(below, 1));
            let sink = match years.last() {
                Some(year) => self.is_sink(year).await?,
                None => false,
            };
            for year in years {
                if sink {
                    self.dated(year).await?;
                } else {
                    self.everything(&year).await?;
                }
            }
            folders.extend(others.into_iter().map(|below| (below, depth + 1)));
        }
        Ok(())
    }

    /// Whether the objects of a year are those of a sink, told by its last day.
    async fn is_sink(&mut self, year: &Path) -> Outcome<bool> {
        let mut at = year.clone();
        for parts in 2..=3 {
            let listed = self.folder(&at).await?;
            let all = listed.objects.is_empty() && listed.common_prefixes.iter().all(|below| names(below, parts));
            match listed.common_prefixes.into_iter().max() {
                Some(last) if all => at = last,
                _ => return Ok(false),
            }
        }
        let day = self.folder(&at).await?;
        let filed = |object: &ObjectMeta| sink_hour(object.location.as_ref()).is_some();
        Ok(day.common_prefixes.is_empty() && !day.objects.is_empty() && day.objects.iter().all(filed))
    }

    /// Lists the days of a year that the window reaches.
    async fn dated(&mut self, year: Path) -> Outcome<()> {
        let mut level = vec![year];
        for parts in 1..=3 {
            let before = level.len();
            level.retain(|folder| span(folder, parts).is_none_or(|span| self.window.reaches(span)));
            self.found.passed_over += before - level.len();
            let mut next = Vec::new();
            for folder in &level {
                let listed = self.folder(folder).await?;
                self.add(listed.objects)?;
                next.extend(listed.common_prefixes);
            }
            level = next;
        }
        for folder in level {
            self.everything(&folder).await?;
        }
        Ok(())
    }

    /// Lists what a prefix names that is no folder: one object, or the beginning of names.
    async fn by_name(&mut self, prefix: &Path) -> Outcome<()> {
        if let Some(object) = self.object(prefix).await {
            return self.add([object]);
        }
        let parent = prefix.parent().unwrap_or_default();
        let ListResult { objects, common_prefixes, .. } = self.folder(&parent).await?;
        let begins = |path: &Path| path.as_ref().starts_with(prefix.as_ref());
        self.add(objects.into_iter().filter(|object| begins(&object.location)))?;
        for folder in common_prefixes.iter().filter(|folder| begins(folder)) {
            if self.window.is_open() {
                self.everything(folder).await?;
            } else {
                Box::pin(self.walk(folder)).await?;
            }
        }
        Ok(())
    }

    /// Returns the object of exactly this name, if there is one.
    async fn object(&self, name: &Path) -> Option<ObjectMeta> {
        if self.bucket.address.folder {
            return None;
        }
        let head = self.bucket.store.head(name);
        tokio::time::timeout(self.bucket.bounds.total, head).await.ok()?.ok()
    }

    async fn folder(&self, folder: &Path) -> Outcome<ListResult> {
        let folder = Some(folder).filter(|folder| !folder.is_root());
        let most = self.bucket.bounds.total;
        // All pages of a folder come at once, so they share the bound of some pages.
        match tokio::time::timeout(most * 10, self.bucket.store.list_with_delimiter(folder)).await {
            Ok(listed) => listed.map_err(|error| trouble::not_listed(&self.bucket.address, &error)),
            Err(_) => Err(failed(self.bucket).caused_by(trouble::no_answer(most * 10))),
        }
    }

    async fn next(
        &self,
        objects: &mut (impl Stream<Item = object_store::Result<ObjectMeta>> + Unpin),
    ) -> Outcome<Option<ObjectMeta>> {
        let most = self.bucket.bounds.total;
        match tokio::time::timeout(most, objects.next()).await {
            Ok(listed) => listed.transpose().map_err(|error| trouble::not_listed(&self.bucket.address, &error)),
            Err(_) => Err(failed(self.bucket).caused_by(trouble::no_answer(most))),
        }
    }

    fn add(&mut self, objects: impl IntoIterator<Item = ObjectMeta>) -> Outcome<()> {
        self.found.objects.extend(objects);
        if self.found.objects.len() > MOST_OBJECTS {
            return Err(failed(self.bucket)
                .caused_by(format!("there are more than {MOST_OBJECTS} objects below it"))
                .hint("name a longer prefix, or a window with --since and --until"));
        }
        Ok(())
    }
}

/// Returns the span that the last parts of a folder name: 1 a year, 2 a month, 3 a day.
fn span(folder: &Path, parts: usize) -> Option<(i64, i64)> {
    let mut last: Vec<&str> = folder.as_ref().rsplit('/').take(parts).collect();
    last.reverse();
    if last.len() == parts { date(&last) } else { None }
}

fn names(folder: &Path, parts: usize) -> bool {
    span(folder, parts).is_some()
}
