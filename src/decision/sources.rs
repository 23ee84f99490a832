//! Which sources are one log: the same ones, or files whose names differ in a date alone.
//! Leaves out reading them.

/// Whether two sets of sources, as users named them, are one log: then one says whether it goes on in the other.
///
/// A log that is begun anew each day is one; files with other names may be those of other programs or hosts.
pub fn same_log(one: &str, other: &str) -> bool {
    one == other || !one.contains("://") && without_dates(one) == without_dates(other)
}

/// Replaces each date in a name, `2026-03-10` or `20260310`, by one mark.
fn without_dates(name: &str) -> String {
    let mut rest = name;
    let mut kept = String::new();
    while let Some(at) = rest.find(|char: char| char.is_ascii_digit()) {
        let (before, digits) = rest.split_at(at);
        kept.push_str(before);
        let length =
            date(digits).unwrap_or_else(|| digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len()));
        kept.push_str(if date(digits).is_some() { "<date>" } else { &digits[..length] });
        rest = &digits[length..];
    }
    kept + rest
}

/// Returns the length of the date that a text begins with.
fn date(text: &str) -> Option<usize> {
    let digits = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<u32>().ok()
    };
    let dashed = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    let (month, day, length) = if dashed { (5, 8, 10) } else { (4, 6, 8) };
    let all = digits(0, 4)? >= 1970
        && (1..=12).contains(&digits(month, month + 2)?)
        && (1..=31).contains(&digits(day, day + 2)?)
        && digits(length, length + 1).is_none();
    all.then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_two_days_are_one_and_others_are_not() {
        let one = |a: &str, b: &str| assert!(same_log(a, b), "{a} {b}");
        one("app.log", "app.log");
        one("logs/mill-2026-03-09.log", "logs/mill-2026-03-10.log");
        one("mill.20260309.log --service=x", "mill.20260310.log --service=x");
        let two = |a: &str, b: &str| assert!(!same_log(a, b), "{a} {b}");
        two("mill1.log", "mill2.log");
        two("mill-2026-03-09.log", "weir-2026-03-10.log");
        two("host1-2026-03-09.log", "host2-2026-03-10.log");
        two("mill-2026-93-09.log", "mill-2026-93-10.log");
        two("mill-202603091.log", "mill-202603092.log");
        two("gcp://mill-20260309", "gcp://mill-20260310");
    }
}
