//! How probable it is that something happens so often by chance, and which of many such answers to believe.
//! Leaves out what is counted.
//!
//! Trials with different chances each are bounded by a binomial with their mean chance: above the mean its upper
//! tail is the larger one (W. Hoeffding, "On the distribution of the number of successes in independent trials",
//! Annals of Mathematical Statistics 27, 1956). Of many answers the share that is wrong is kept below a bound
//! (Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57,
//! 1995): a reader minds how many of the links shown are wrong, not whether any is.

/// Returns P(X >= k) for X ~ Binomial(n, p), summed in logarithms so that small values stay exact.
pub(super) fn binomial_tail(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 || p >= 1.0 {
        return 1.0;
    }
    if p <= 0.0 || k > n {
        return 0.0;
    }
    let (n_real, k_real) = (n as f64, k as f64);
    if k_real <= n_real * p {
        // At or below the mean the tail is no evidence of anything.
        return 1.0;
    }
    let mut term = log_choose(n, k) + k_real * p.ln() + (n_real - k_real) * (-p).ln_1p();
    let first = term;
    let (mut sum, mut at) = (1.0f64, k_real);
    // Above the mean each term is smaller than the one before it.
    while at < n_real && term - first > -40.0 {
        term += ((n_real - at) / (at + 1.0) * p / (1.0 - p)).ln();
        sum += (term - first).exp();
        at += 1.0;
    }
    (first + sum.ln()).exp().min(1.0)
}

/// Returns for each probability whether it is beyond chance; at most a share of `bound` of those is expected not to be.
pub(super) fn beyond(probabilities: &[f64], bound: f64) -> Vec<bool> {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let allowed = |rank: usize| bound * (rank + 1) as f64 / sorted.len() as f64;
    let last = (0..sorted.len()).rev().find(|rank| sorted[*rank] <= allowed(*rank));
    let limit = last.map_or(-1.0, |last| sorted[last]);
    probabilities.iter().map(|probability| *probability <= limit).collect()
}

fn log_choose(n: u64, k: u64) -> f64 {
    let k = k.min(n - k);
    // Sums of at most some hundred thousand terms, for counts that are not far from each other.
    (0..k).map(|i| ((n - i) as f64).ln() - ((i + 1) as f64).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_agrees_with_values_from_a_table() {
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
        near(binomial_tail(3, 3, 0.5), 0.125);
        near(binomial_tail(2, 4, 0.25), 1.0 - 0.75f64.powi(4) - 4.0 * 0.25 * 0.75f64.powi(3));
        // Python: sum(comb(40, i) * 0.01**i * 0.99**(40 - i) for i in range(6, 41))
        near(binomial_tail(6, 40, 0.01), 2.866965944820224e-06);
        assert_eq!(binomial_tail(0, 9, 0.1), 1.0);
        assert_eq!(binomial_tail(1, 40, 0.1), 1.0);
        assert_eq!((binomial_tail(5, 4, 0.5), binomial_tail(3, 9, 0.0)), (0.0, 0.0));
        assert!(binomial_tail(200_000, 250_000, 0.01) < 1e-300);
    }

    #[test]
    fn the_more_is_asked_the_more_is_needed() {
        assert_eq!(beyond(&[0.004], 0.01), [true]);
        assert_eq!(beyond(&[0.004, 0.5, 0.5], 0.01), [false, false, false]);
        assert_eq!(beyond(&[0.009, 0.001, 0.5, 0.004], 0.01), [false, true, false, true]);
        assert_eq!(beyond(&[], 0.01), [] as [bool; 0]);
    }
}
