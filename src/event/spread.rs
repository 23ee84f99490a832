//! Work on many items in several threads, with the results in the order of the items.
//! Leaves out what is done; it may not depend on other items, so that threads never change a result.

/// Fewer items are not worth a thread.
const LEAST: usize = 64;

/// Returns what `work` makes of each item, in order; up to `threads` threads share the work.
pub fn spread<T: Send, U: Send>(items: Vec<T>, threads: usize, work: impl Fn(T) -> U + Sync) -> Vec<U> {
    let threads = threads.min(items.len() / LEAST);
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let (all, size) = (items.len(), items.len().div_ceil(threads));
    let mut items = items.into_iter();
    let mine: Vec<T> = items.by_ref().take(size).collect();
    let work = &work;
    std::thread::scope(|scope| {
        let mut others = Vec::with_capacity(threads);
        while items.len() > 0 {
            let part: Vec<T> = items.by_ref().take(size).collect();
            others.push(scope.spawn(move || part.into_iter().map(work).collect::<Vec<U>>()));
        }
        let mut done = Vec::with_capacity(all);
        done.extend(mine.into_iter().map(work));
        for other in others {
            match other.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_items() {
        for count in [0, 1, LEAST - 1, LEAST, 2 * LEAST, 10 * LEAST + 7] {
            for threads in [0, 1, 2, 3, 16] {
                let found = spread((0..count).collect(), threads, |item| item * 2);
                assert_eq!(found, (0..count).map(|item| item * 2).collect::<Vec<_>>(), "{count} {threads}");
            }
        }
    }
}
