//! A progress bar on stderr, for long input read in a terminal.
//! Leaves out everything else: it draws nothing in pipes, in CI, or for short input.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Input below this size is read before a bar could be seen, bytes.
const WORTH_SHOWING: u64 = 8 << 20;

/// A bar that shows bytes read.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Returns a bar over `total` bytes (0 when unknown, as for stdin), or one that draws nothing.
    pub(super) fn new(total: u64) -> Progress {
        if !std::io::stderr().is_terminal() || (total > 0 && total < WORTH_SHOWING) {
            return Progress { bar: None };
        }
        let bar = ProgressBar::with_draw_target((total > 0).then_some(total), ProgressDrawTarget::stderr_with_hz(5));
        let template = if total > 0 {
            "reading {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"
        } else {
            "reading {bytes}, {bytes_per_sec}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress { bar: Some(bar) }
    }

    /// Moves the bar to `bytes`.
    pub(super) fn at(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
