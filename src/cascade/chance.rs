//! Which of many probabilities to believe.
//! Leaves out what is counted, and the tail itself: see `group::binomial`.
//!
//! Trials with different chances each are bounded by a binomial with their mean chance: above the mean its upper
//! tail is the larger one (W. Hoeffding, "On the distribution of the number of successes in independent trials",
//! Annals of Mathematical Statistics 27, 1956). Of many answers the share that is wrong is kept below a bound
//! (Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57,
//! 1995): a reader minds how many of the links shown are wrong, not whether any is.

/// Returns for each probability whether it is beyond chance; at most a share of `bound` of those is expected not to be.
pub(super) fn beyond(probabilities: &[f64], bound: f64) -> Vec<bool> {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let allowed = |rank: usize| bound * (rank + 1) as f64 / sorted.len() as f64;
    let last = (0..sorted.len()).rev().find(|rank| sorted[*rank] <= allowed(*rank));
    let limit = last.map_or(-1.0, |last| sorted[last]);
    probabilities.iter().map(|probability| *probability <= limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_is_asked_the_more_is_needed() {
        assert_eq!(beyond(&[0.004], 0.01), [true]);
        assert_eq!(beyond(&[0.004, 0.5, 0.5], 0.01), [false, false, false]);
        assert_eq!(beyond(&[0.009, 0.001, 0.5, 0.004], 0.01), [false, true, false, true]);
        assert_eq!(beyond(&[], 0.01), [] as [bool; 0]);
    }
}
