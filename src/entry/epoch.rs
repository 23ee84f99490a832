//! Reads times counted from 1970, in whatever unit. Leaves out written dates: see `clock`.

use super::Timestamp;

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by magnitude.
pub(crate) fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: f64 =
            text.parse().ok().filter(|seconds: &f64| text.contains(['e', 'E']) && seconds.is_finite())?;
        return epoch(&format!("{:.0}", seconds.abs().min(1e18)));
    }
    let number: i64 = whole.parse().ok()?;
    let unit: i64 = match number {
        // Below 1990 a number in a time field is a duration or a counter.
        ..=631_152_000 => return None,
        631_152_001..=99_999_999_999 => 1_000_000_000,
        100_000_000_000..=99_999_999_999_999 => 1_000_000,
        100_000_000_000_000..=99_999_999_999_999_999 => 1_000,
        _ => 1,
    };
    let nanos = fraction_nanos(fraction.as_bytes()) / (1_000_000_000 / unit);
    Some(Timestamp(number.checked_mul(unit)?.checked_add(nanos)?))
}

/// Returns up to nine digits after the point as nanoseconds.
pub(crate) fn fraction_nanos(digits: &[u8]) -> i64 {
    let value = digits.iter().take(9).fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
    value * 10_i64.pow(9 - digits.len().min(9) as u32)
}
