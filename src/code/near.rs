//! Which of several names is nearest to a wrong one, and why.
//! Leaves out where the names come from.

/// How near a name is, and the reason in words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Nearness {
    /// From 0, nothing in common, to 1, the same.
    pub(crate) score: f64,
    /// Why, as a phrase.
    pub(crate) why: String,
}

/// Below this, names are not told as near.
pub(crate) const NEAR: f64 = 0.5;

/// Why a name is near that has no more in common with the wrong one than others have.
pub(crate) const MOST_SIMILAR: &str = "it is the most similar name";

/// Splits a name into its words: `HTTPServerError2` and `http_server_error2` give the same.
pub(crate) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let starts = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || before.is_uppercase() && letters.get(at + 1).is_some_and(|next| next.is_lowercase())
            });
        if !letter.is_alphanumeric() || starts {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// Returns the edits between two names: insertions, deletions, replacements and swaps of neighbours
/// (optimal string alignment, Damerau 1964).
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(200).collect(), b.chars().take(200).collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

fn alike(a: &str, b: &str) -> f64 {
    let longest = a.chars().count().max(b.chars().count()).max(1);
    1.0 - edits(a, b) as f64 / longest as f64
}

/// Returns how near a name is to the wrong one.
pub(crate) fn nearness(wrong: &str, name: &str) -> Nearness {
    let (a, b) = (words(wrong), words(name));
    if a == b || a.concat() == b.concat() {
        return Nearness { score: 0.99, why: "the same words in another spelling".to_string() };
    }
    let count = edits(&wrong.to_lowercase(), &name.to_lowercase());
    let letters = alike(&wrong.to_lowercase(), &name.to_lowercase());
    // Words are matched one to one, each with its most similar partner; a plural is almost the same word.
    let mut left: Vec<&String> = b.iter().collect();
    let mut common = 0.0;
    for word in &a {
        let best = left.iter().enumerate().map(|(at, other)| (at, alike(word, other)));
        let best = best.max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((at, likeness)) = best.filter(|(_, likeness)| *likeness >= 0.6) {
            common += likeness;
            left.remove(at);
        }
    }
    let both = 2.0 * common / (a.len() + b.len()).max(1) as f64;
    // All words of the wrong name stand in the other one, or the reverse: a part was left out or put in.
    let contained = common / a.len().min(b.len()).max(1) as f64;
    let inside = if contained > 0.95 { 0.55 + 0.45 * both } else { 0.0 };
    let score = (0.5 * letters + 0.5 * both).max(inside).max(letters * 0.95).min(0.98);
    let why = match count {
        1 => "one letter differs".to_string(),
        2 => "two letters differ".to_string(),
        _ if contained > 0.95 && a.len() < b.len() => "it has all words of the name, and more".to_string(),
        _ if contained > 0.95 && a.len() > b.len() => "all its words stand in the name".to_string(),
        _ => MOST_SIMILAR.to_string(),
    };
    Nearness { score, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_depend_on_spelling() {
        assert_eq!(words("HTTPServerError"), ["http", "server", "error"]);
        assert_eq!(words("http_server_error"), ["http", "server", "error"]);
        assert_eq!(words("connectDB"), ["connect", "db"]);
    }

    #[test]
    fn the_meant_name_is_nearest() {
        for (wrong, meant, others) in [
            ("OrderResource", "OrdersResource", &["OrderList", "Resource"][..]),
            ("connectDB", "connect_db", &["db", "connect"]),
            ("APP_TOKEN", "APP_SOCKET_TOKEN", &["APP_NAME", "BOT_TOKEN_FILE"]),
            ("chat", "chat_completion", &["completion", "list_models"]),
            ("get_active", "get_active_instance", &["get_all", "get", "is_active"]),
        ] {
            let score = |name: &str| nearness(wrong, name).score;
            for other in others {
                assert!(score(meant) > score(other), "{wrong}: {meant} {} {other} {}", score(meant), score(other));
            }
            assert!(score(meant) >= NEAR);
        }
        assert!(nearness("settings", "render").score < NEAR);
    }
}
