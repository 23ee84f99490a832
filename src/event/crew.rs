//! Work on batches of items by threads that stay, with the results in the order of the batches.
//! Leaves out what is done; it may not depend on other items, so that threads never change a result.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;

/// What is done with an item.
type Work<'w, T, U> = Arc<dyn Fn(T) -> U + Send + Sync + 'w>;

/// What came of a batch, or the panic that ended it.
type Done<U> = Result<Vec<U>, Box<dyn Any + Send>>;

/// Batches on their way, by their number.
struct Batches<T, U> {
    waiting: VecDeque<(u64, Vec<T>)>,
    done: BTreeMap<u64, Done<U>>,
    /// What was taken and is not needed any more: it is let go by a thread with time, and mostly by one that made it.
    spent: Vec<Vec<U>>,
    closed: bool,
}

/// Batches that may be on their way for each thread: whoever gives them has other work between two of them.
const AHEAD: u64 = 8;
/// Batches that may wait for being let go.
const MOST_SPENT: usize = 16;

struct Desk<T, U> {
    batches: Mutex<Batches<T, U>>,
    changed: Condvar,
}

/// Threads that work on batches, and whoever waits for a result works too. Without threads it works at once.
pub struct Crew<'w, T, U> {
    desk: Arc<Desk<T, U>>,
    work: Work<'w, T, U>,
    threads: u64,
    given: u64,
    taken: u64,
}

impl<T, U> Desk<T, U> {
    fn lock(&self) -> MutexGuard<'_, Batches<T, U>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'d>(&self, batches: MutexGuard<'d, Batches<T, U>>) -> MutexGuard<'d, Batches<T, U>> {
        self.changed.wait(batches).unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on a batch and lays down what came of it; a panic is raised where that is taken.
    fn work(&self, number: u64, batch: Vec<T>, work: &(dyn Fn(T) -> U + Send + Sync)) {
        let done = catch_unwind(AssertUnwindSafe(|| batch.into_iter().map(work).collect()));
        self.lock().done.insert(number, done);
        self.changed.notify_all();
    }

    /// Works until there will be no more.
    fn stay(&self, work: &(dyn Fn(T) -> U + Send + Sync)) {
        let mut batches = self.lock();
        loop {
            if let Some((number, batch)) = batches.waiting.pop_front() {
                drop(batches);
                self.work(number, batch, work);
                batches = self.lock();
            } else if let Some(spent) = batches.spent.pop() {
                drop(batches);
                drop(spent);
                batches = self.lock();
            } else if batches.closed {
                return;
            } else {
                batches = self.wait(batches);
            }
        }
    }
}

impl<'w, T, U> Crew<'w, T, U> {
    /// Returns one that does `work` where it is asked.
    pub fn alone(work: impl Fn(T) -> U + Send + Sync + 'w) -> Crew<'w, T, U> {
        let batches =
            Mutex::new(Batches { waiting: VecDeque::new(), done: BTreeMap::new(), spent: Vec::new(), closed: false });
        let desk = Arc::new(Desk { batches, changed: Condvar::new() });
        Crew { desk, work: Arc::new(work), threads: 0, given: 0, taken: 0 }
    }

    /// Lets `threads` threads of `scope` join; they leave when the crew is dropped.
    pub fn join<'s>(&mut self, scope: &'s Scope<'s, '_>, threads: usize)
    where
        'w: 's,
        T: Send + 's,
        U: Send + 's,
    {
        for _ in 0..threads {
            let (desk, work) = (Arc::clone(&self.desk), Arc::clone(&self.work));
            scope.spawn(move || desk.stay(&*work));
        }
        self.threads += threads as u64;
    }

    /// Returns how many threads work, the caller's among them.
    pub fn threads(&self) -> usize {
        self.threads as usize + 1
    }

    /// Hands over a batch; what came of earlier ones goes to `take`, batch by batch in their order, as far as it is done
    /// or too many are on their way.
    pub fn give(&mut self, batch: Vec<T>, take: &mut dyn FnMut(&mut [U])) {
        if self.threads == 0 {
            // One by one, so that what comes of an item is taken while it is near.
            return batch.into_iter().for_each(|item| take(&mut [(self.work)(item)]));
        }
        self.desk.lock().waiting.push_back((self.given, batch));
        self.given += 1;
        // All may hear of it: who waits for one result is the one who gives.
        self.desk.changed.notify_one();
        loop {
            let waits = self.given - self.taken > AHEAD * self.threads;
            let Some(mut done) = self.next(waits) else { return };
            take(&mut done);
            self.let_go(done);
        }
    }

    /// Hands all that is still on its way to `take`.
    pub fn finish(&mut self, take: &mut dyn FnMut(&mut [U])) {
        while let Some(mut done) = self.next(true) {
            take(&mut done);
            self.let_go(done);
        }
    }

    fn let_go(&self, spent: Vec<U>) {
        let mut batches = self.desk.lock();
        if batches.spent.len() < MOST_SPENT {
            batches.spent.push(spent);
            drop(batches);
            self.desk.changed.notify_one();
        }
    }

    /// Returns what came of the next batch; `None` if there is none, or it is not done and this does not wait.
    fn next(&mut self, waits: bool) -> Option<Vec<U>> {
        if self.taken == self.given {
            return None;
        }
        let mut batches = self.desk.lock();
        loop {
            if let Some(done) = batches.done.remove(&self.taken) {
                self.taken += 1;
                return Some(done.unwrap_or_else(|panic| resume_unwind(panic)));
            }
            if !waits {
                return None;
            }
            if let Some((number, batch)) = batches.waiting.pop_front() {
                drop(batches);
                self.desk.work(number, batch, &*self.work);
                batches = self.desk.lock();
            } else {
                batches = self.desk.wait(batches);
            }
        }
    }
}

impl<T, U> Drop for Crew<'_, T, U> {
    fn drop(&mut self) {
        let mut batches = self.desk.lock();
        batches.closed = true;
        batches.waiting.clear();
        drop(batches);
        self.desk.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Returns what a crew makes of `count` batches of a few numbers, in the order in which it comes.
    fn doubled(count: u64, threads: usize) -> Vec<u64> {
        let mut found = Vec::new();
        thread::scope(|scope| {
            let mut crew = Crew::alone(|number: u64| {
                // Early batches take longer than late ones.
                thread::sleep(std::time::Duration::from_micros(200 / (number + 1)));
                number * 2
            });
            crew.join(scope, threads);
            for batch in 0..count {
                crew.give((batch * 3..batch * 3 + 3).collect(), &mut |done| found.extend(done.iter()));
            }
            crew.finish(&mut |done| found.extend(done.iter()));
        });
        found
    }

    #[test]
    fn the_order_is_that_of_the_items() {
        for count in [0, 1, 2, 50] {
            for threads in [0, 1, 2, 7] {
                assert_eq!(
                    doubled(count, threads),
                    (0..count * 3).map(|item| item * 2).collect::<Vec<_>>(),
                    "{threads}"
                );
            }
        }
    }

    #[test]
    fn a_panic_is_raised_where_the_result_is_taken() {
        for threads in [0, 2] {
            let run = catch_unwind(|| {
                thread::scope(|scope| {
                    let mut crew = Crew::alone(|number: u64| assert!(number < 5, "five"));
                    crew.join(scope, threads);
                    for number in 0..10 {
                        crew.give(vec![number], &mut |_| {});
                    }
                    crew.finish(&mut |_| {});
                });
            });
            assert!(run.is_err(), "{threads}");
        }
    }

    #[test]
    fn one_that_is_given_up_lets_its_threads_go() {
        thread::scope(|scope| {
            let mut crew = Crew::alone(|number: u64| number);
            crew.join(scope, 3);
            crew.give(vec![1], &mut |_| {});
        });
    }
}
