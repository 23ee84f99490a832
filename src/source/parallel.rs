//! Skims blocks of lines in several threads and hands over what they held in the order of the source.
//! Leaves out skimming itself (`skim`). What comes out does not depend on the number of threads.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::reader::{BLOCK, Reader};
use super::scanner::Block;
use super::skim::{Skim, Skimmed, Terms};

/// Blocks on their way, by their place in the source.
#[derive(Default)]
struct Blocks {
    waiting: VecDeque<(u64, Block)>,
    done: BTreeMap<u64, (Block, thread::Result<Skimmed>)>,
    closed: bool,
}

#[derive(Default)]
struct Desk {
    blocks: Mutex<Blocks>,
    changed: Condvar,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'d>(&self, blocks: MutexGuard<'d, Blocks>) -> MutexGuard<'d, Blocks> {
        self.changed.wait(blocks).unwrap_or_else(PoisonError::into_inner)
    }

    /// Skims a block and lays it down; a panic is the reader's to raise.
    fn skim(&self, number: u64, block: Block, skim: &mut Skim, terms: Terms<'_>) {
        let skimmed = catch_unwind(AssertUnwindSafe(|| skim.lines(block.bytes(), terms)));
        self.lock().done.insert(number, (block, skimmed));
        self.changed.notify_all();
    }

    /// Skims blocks until there will be no more.
    fn work(&self, skim: &mut Skim, terms: Terms<'_>) {
        let mut blocks = self.lock();
        loop {
            if let Some((number, block)) = blocks.waiting.pop_front() {
                drop(blocks);
                self.skim(number, block, skim, terms);
                blocks = self.lock();
            } else if blocks.closed {
                return;
            } else {
                blocks = self.wait(blocks);
            }
        }
    }

    /// Returns a block when it is done; skims in the meantime.
    fn take(&self, number: u64, skim: &mut Skim, terms: Terms<'_>) -> (Block, Skimmed) {
        let mut blocks = self.lock();
        loop {
            if let Some((block, skimmed)) = blocks.done.remove(&number) {
                return (block, skimmed.unwrap_or_else(|panic| resume_unwind(panic)));
            }
            if let Some((other, block)) = blocks.waiting.pop_front() {
                drop(blocks);
                self.skim(other, block, skim, terms);
                blocks = self.lock();
            } else {
                blocks = self.wait(blocks);
            }
        }
    }
}

/// Lets the threads end, also when this one panics.
struct Closing<'d>(&'d Desk);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Reader<'_> {
    /// Skims whole lines with all threads until a line is no entry of its own or the source ends.
    pub(super) fn skim_in_parallel(&mut self) {
        let Some(least) = self.wanted else { return };
        let source = Arc::clone(&self.source);
        let terms = Terms { least, options: self.options, hints: self.hints, source: &source };
        let threads = self.options.threads;
        let mut skims = std::mem::take(&mut self.skims);
        skims.resize_with(threads.max(1), Skim::new);
        let desk = Desk::default();
        if let Some((own, others)) = skims.split_first_mut() {
            thread::scope(|scope| {
                let closing = Closing(&desk);
                for skim in others {
                    let desk = &desk;
                    scope.spawn(move || desk.work(skim, terms));
                }
                // So many that no thread waits while this one applies what another found.
                let most = if threads > 1 { 2 * threads as u64 + 2 } else { 1 };
                self.hand_round(&desk, own, terms, most);
                drop(closing);
            });
        }
        self.skims = skims;
    }

    /// Hands blocks to the threads, `most` at a time, and takes what they held in order.
    fn hand_round(&mut self, desk: &Desk, own: &mut Skim, terms: Terms<'_>, most: u64) {
        let (mut given, mut taken) = (0, 0);
        let mut spare: Vec<Block> = Vec::new();
        loop {
            while given - taken < most
                && let Some(block) = self.scanner.take_lines(BLOCK, spare.pop().unwrap_or_default())
            {
                desk.lock().waiting.push_back((given, block));
                desk.changed.notify_all();
                given += 1;
            }
            if taken == given {
                return;
            }
            let (block, skimmed) = desk.take(taken, own, terms);
            taken += 1;
            let rest = skimmed.length;
            self.apply(skimmed);
            if rest < block.bytes().len() {
                let mut bytes = block.bytes()[rest..].to_vec();
                // What nobody has begun is not begun any more.
                let mut idle: BTreeMap<u64, Block> = desk.lock().waiting.drain(..).collect();
                for number in taken..given {
                    let block = idle.remove(&number).unwrap_or_else(|| desk.take(number, own, terms).0);
                    bytes.extend_from_slice(block.bytes());
                }
                self.scanner.put_back(&bytes);
                return;
            }
            spare.push(block);
        }
    }
}
