//! The upper tail of the binomial distribution, for counts of any size.
//! Leaves out what is counted, and which of many answers to believe: `escalation` and `cascade` know.

/// Returns the probability that a binomial number of `whole` with chance `share` is `least` or more.
///
/// At or below the mean it is 1: that is no evidence of anything. Above it each term is smaller than the one before
/// it, and the sum ends soon.
pub(crate) fn upper_tail(least: u64, whole: u64, share: f64) -> f64 {
    let (k, n) = (least as f64, whole as f64);
    if least == 0 || share >= 1.0 || k <= n * share {
        return 1.0;
    }
    if share <= 0.0 || least > whole {
        return 0.0;
    }
    let chance = ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k) + k * share.ln() + (n - k) * (-share).ln_1p();
    let (mut term, mut sum, mut at) = (1.0, 1.0, k);
    while at < n && term > sum * 1e-17 {
        term *= (n - at) / (at + 1.0) * share / (1.0 - share);
        sum += term;
        at += 1.0;
    }
    (chance + sum.ln()).exp().min(1.0)
}

/// The logarithm of n!, by its product or by Stirling's series (Abramowitz and Stegun, 6.1.41).
fn ln_factorial(n: f64) -> f64 {
    if n < 32.0 {
        return (2..=n as u64).map(|factor| factor as f64).product::<f64>().ln();
    }
    let square = n * n;
    let series = 1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0) / square) / square;
    (n + 0.5) * n.ln() - n + 0.5 * std::f64::consts::TAU.ln() + series / n
}

#[cfg(test)]
mod tests {
    use super::upper_tail;

    #[test]
    fn the_tail_agrees_with_values_from_a_table() {
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
        near(upper_tail(3, 3, 0.5), 0.125);
        near(upper_tail(2, 4, 0.25), 1.0 - 0.75f64.powi(4) - 4.0 * 0.25 * 0.75f64.powi(3));
        // Python: sum(comb(40, i) * 0.01**i * 0.99**(40 - i) for i in range(6, 41))
        near(upper_tail(6, 40, 0.01), 2.866965944820224e-06);
        assert_eq!(upper_tail(0, 9, 0.1), 1.0);
        assert_eq!(upper_tail(1, 40, 0.1), 1.0);
        assert_eq!((upper_tail(5, 4, 0.5), upper_tail(3, 9, 0.0)), (0.0, 0.0));
        assert!(upper_tail(200_000, 250_000, 0.01) < 1e-300);
    }
}
