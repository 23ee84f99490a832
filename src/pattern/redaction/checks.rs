//! What a regular expression cannot tell of a value: checksums, address ranges, whether it looks made up.
//! Leaves out finding values.

use core::net::{Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

use super::super::mark;
use super::named::Notation;

/// A question about a value that an expression found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Check {
    /// Looks made up: digits among letters, or both cases after the first letter; and names no error.
    Mixed,
    /// Is no placeholder, no word such as `none`, no name of a variable.
    Password,
    /// The same, and looks made up or is long.
    Token,
    /// Is the password of a URL and not a port with what follows it.
    Url,
    /// Is the mailbox of a person: no identity of a service, no unit of systemd, no login of a host for code.
    Mailbox,
}

impl Check {
    /// Returns whether `value` passes; `key` is what stands before it in the match.
    pub(crate) fn passes(self, value: &str, key: &str) -> bool {
        match self {
            Check::Mixed => is_mixed(value) && !is_symbol(value),
            Check::Password => !is_word(value, key),
            Check::Token => !is_word(value, key) && (is_mixed(value) || value.len() >= 16) && !is_symbol(value),
            Check::Url => !is_word(value, key) && !is_port(value),
            Check::Mailbox => is_mailbox(value),
        }
    }

    /// The same for a value that stands behind its name in `notation`.
    pub(crate) fn passes_as(self, value: &str, key: &str, notation: Notation) -> bool {
        let token = self == Check::Token;
        let looks = || is_mixed(value) && !is_symbol(value);
        match notation {
            Notation::Quoted if token => {
                is_value(value, key) && (is_mixed(value) || value.len() >= 16) && !is_symbol(value)
            }
            Notation::Quoted | Notation::NextQuoted if !token => is_value(value, key),
            Notation::Assigned => self.passes(value, key),
            Notation::Told => value.len() >= 4 && looks() && !is_word(value, key) && !(token && is_named_thing(value)),
            Notation::Listed => looks() && is_value(value, key) && !is_word(value, key),
            Notation::Quoted | Notation::NextQuoted | Notation::Next => {
                let of = |is: fn(&u8) -> bool| value.bytes().any(|byte| is(&byte));
                let letters = (of(u8::is_ascii_lowercase), of(u8::is_ascii_uppercase));
                let made_up = match token {
                    true => value.len() >= 16 && letters == (true, true),
                    false => value.len() >= 6 && (letters.0 || letters.1) && !is_named_thing(value),
                };
                made_up && of(u8::is_ascii_digit) && !is_word(value, key) && !is_symbol(value)
            }
        }
    }
}

/// What is written where a value would stand and is none.
const NO_VALUE: [&str; 40] = [
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "empty",
    "missing",
    "invalid",
    "required",
    "expired",
    "redacted",
    "hidden",
    "masked",
    "filtered",
    "yes",
    "no",
    "ok",
    "string",
    "str",
    "unset",
    "not",
    "is",
    "was",
    "must",
    "default",
    "wrong",
    "incorrect",
    "failed",
    "optional",
    "valid",
    "set",
    "present",
    "absent",
    "changed",
    "unknown",
    "rejected",
    "accepted",
    "authentication",
    "removed",
];

fn is_mixed(value: &str) -> bool {
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let lower = value.bytes().any(|byte| byte.is_ascii_lowercase());
    let upper = value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
    (digit && letter) || (lower && upper)
}

/// Whether what stands in quotes is a value: no placeholder, no sentence, not the name again.
fn is_value(value: &str, key: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let blanks = value.bytes().filter(|byte| *byte == b' ').count();
    let says = |word: &str| NO_VALUE.contains(&word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    let sentence = blanks >= 2 || lower.split(' ').any(says);
    let name = key.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let name = &name[name.rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + 1)..];
    let plain = lower.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.'));
    let told_again = plain && name.len() >= 3 && lower.contains(name) || lower.len() >= 3 && key.contains(&lower);
    !(is_placeholder(value, &lower) || sentence || told_again || is_place(value))
}

/// Whether it begins with a port, as in `host:8080/@name`.
fn is_port(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    (1..=5).contains(&digits) && value[digits..].starts_with(['/', '?', '#', '>', ',', ';', ':', ')'])
}

/// Whether a mailbox may be a person's.
fn is_mailbox(value: &str) -> bool {
    const UNITS: [&str; 9] = ["service", "socket", "timer", "mount", "target", "slice", "scope", "device", "automount"];
    let lower = value.to_ascii_lowercase();
    let service = lower.ends_with("gserviceaccount.com");
    let unit = lower.rsplit('.').next().is_some_and(|last| UNITS.contains(&last));
    !service && !unit && !lower.starts_with("git@")
}

/// Whether it stands for a value that is filled in, or was taken out.
fn is_placeholder(value: &str, lower: &str) -> bool {
    let is_upper = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let within = |open: &str, close: char| value.starts_with(open) && value.ends_with(close);
    let format = value.strip_prefix('%').is_some_and(|rest| rest.len() <= 2) || value.starts_with("%(");
    value.is_empty()
        || value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b'-' | b'#' | b'_' | b'?'))
        || value.starts_with("***")
        || within("${", '}')
        || within("$(", ')')
        || within("{", '}')
        || within("<", '>')
        || within("[", ']')
        || value.strip_prefix('$').is_some_and(|name| is_upper(name) || name.bytes().all(|b| b.is_ascii_lowercase()))
        || format
        || mark::has_mark(value)
        || lower.starts_with("os.environ")
        || lower.starts_with("process.env")
        || lower.ends_with("redacted")
        || lower.ends_with("filtered")
}

/// Whether it says where something lies: a file, or a resource of a cloud.
fn is_place(value: &str) -> bool {
    const ROOTS: [&str; 12] =
        ["/run/", "/var/", "/etc/", "/srv/", "/home/", "/usr/", "/opt/", "/tmp/", "/app", "/mnt/", "/root/", "/data/"];
    ROOTS.iter().any(|root| value.starts_with(root))
        || value.starts_with("projects/")
        || value.starts_with("arn:")
        || value.contains("/secrets/")
        || value.starts_with("secret/")
}

/// Whether it is the name of an error or a type: two words or more in capitals, as in `TooShort8`, `auth.TokenExpired`.
pub(super) fn is_symbol(value: &str) -> bool {
    let last = value.trim_end_matches(['.', ',', ':', '!', '?', ')']).rsplit(['.', ':']).next().unwrap_or(value);
    let letters = last.trim_end_matches(|c: char| c.is_ascii_digit());
    if last.len() - letters.len() > 2 || !letters.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    // Words have three letters or so, and vowels; what is made up has short runs.
    let humps = letters.bytes().filter(u8::is_ascii_uppercase).count();
    let first = letters.bytes().next().is_some_and(|first| first.is_ascii_uppercase());
    let words = humps + usize::from(!first);
    let vowels = letters.bytes().filter(|byte| b"aeiouyAEIOUY".contains(byte)).count();
    words >= 2 && letters.len() >= words * 3 && vowels * 5 >= letters.len() && letters.len() <= 80
}

/// Whether it is made of words with hyphens, as resources are called: `db-creds-v2`.
fn is_named_thing(value: &str) -> bool {
    let words = value.split('-').filter(|part| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    words.count() >= 2
}

/// Whether it says that there is no value, or names a variable, as in a line of code.
fn is_word(value: &str, key: &str) -> bool {
    let value = value.trim_end_matches(['.', ',', ':', '!', '?']);
    let lower = value.to_ascii_lowercase();
    let name = |part: &str| {
        part.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    // `self.password`, `settings.DB_PASSWORD`; a part without a digit.
    let path = value.contains('.') && value.split('.').all(name) && !has_digit;
    let snake = value.contains('_') && value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        || value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    // `get("x")`, `d[key]`: a name, and something in brackets up to the end.
    let call = value.split_once(['(', '[']).is_some_and(|(called, rest)| {
        called.split(['.', ':']).all(|part| part.is_empty() || name(part))
            && (rest.is_empty() || rest.ends_with([')', ']']))
    });
    let code = value.starts_with(['{', '(', '[', '<', '=', '*', '/']) && !has_digit;
    let told_again = lower.len() >= 3 && key.to_ascii_lowercase().contains(&lower);
    let none = NO_VALUE.contains(&lower.as_str());
    is_placeholder(value, &lower) || is_place(value) || path || snake || call || code || told_again || none
}

/// The checksum of card numbers (ISO/IEC 7812-1, Luhn).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(digit - b'0')) {
            (0, digit) => digit,
            (_, digit) => digit * 2 - if digit > 4 { 9 } else { 0 },
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether digits begin and are as many as those of a card: Visa, Mastercard, American Express, Discover, JCB, Diners Club.
pub(crate) fn card(digits: &[u8]) -> bool {
    let begins = |length: usize| {
        digits.get(..length).and_then(|part| std::str::from_utf8(part).ok()?.parse::<u32>().ok()).unwrap_or(0)
    };
    let (two, three, four) = (begins(2), begins(3), begins(4));
    let fits = match digits.len() {
        16 => {
            (40..=49).contains(&two)
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&four)
                || four == 6011
                || two == 65
                || (644..=649).contains(&three)
                || two == 62
                || (3528..=3589).contains(&four)
        }
        15 => matches!(two, 34 | 37),
        14 => (300..=305).contains(&three) || matches!(two, 36 | 38),
        _ => false,
    };
    // A number of one digit is a placeholder.
    let kinds = (b'0'..=b'9').filter(|digit| digits.contains(digit)).count();
    fits && kinds > 1 && luhn(digits)
}

/// Whether an address belongs to one machine of the internet; what stays in a network of one's own tells nothing of people.
pub(crate) fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    !(a == 0
        || a >= 224
        || shared
        || benchmark
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local())
}

/// The same for version 6.
pub(crate) fn is_public6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public(inner);
    }
    let [first, second, third, ..] = address.segments();
    let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || first & 0xff00 == 0xff00;
    let benchmark = (first, second, third) == (0x2001, 2, 0);
    // Global unicast is 2000::/3 and 64:ff9b::/96; a short run of hexadecimal words is something else.
    let global = first & 0xe000 == 0x2000 || (first, second) == (0x64, 0xff9b);
    global && !local && !benchmark
}

/// Whether the remainder modulo 97 is 1 (ISO 13616).
pub(crate) fn iban(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
    if !(15..=34).contains(&plain.len()) {
        return false;
    }
    let (head, tail) = plain.split_at(4);
    let rest = tail.iter().chain(head).try_fold(0u32, |rest, byte| {
        let value = (*byte as char).to_digit(36)?;
        Some(if value > 9 { rest * 100 + value } else { rest * 10 + value } % 97)
    });
    rest == Some(1)
}

/// Returns the entropy of a text in bits per character (Shannon).
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let all = text.len().max(1) as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_and_ranges() {
        assert!(card(b"4111111111111111") != card(b"4111111111111112"));
        assert!(card(b"378282246310005") && !card(b"1234567890123452") && !card(b"0000000000000000"));
        assert!(iban("DE89 3704 0044 0532 0130 00") && !iban("DE89 3704 0044 0532 0130 01") && !iban("DE89"));
        let public = |text: &str| is_public(text.parse().expect("an address"));
        assert!(public("8.8.4.4") && public("203.0.113.9"));
        for kept in ["10.1.2.3", "172.16.0.9", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"] {
            assert!(!public(kept), "{kept}");
        }
        let public6 = |text: &str| is_public6(text.parse().expect("an address"));
        assert!(public6("2001:db8::1") && public6("::ffff:8.8.4.4"));
        assert!(!public6("::1") && !public6("fe80::1") && !public6("fd00::1") && !public6("2001:2::1"));
    }

    #[test]
    fn words_are_no_passwords() {
        for word in [
            "None",
            "REDACTED",
            "self.password",
            "db_password",
            "DB_PASSWORD",
            "****",
            "${PW}",
            "password",
            "required.",
        ] {
            assert!(!Check::Password.passes(word, "password="), "{word}");
        }
        for value in ["hunter", "hunter2", "a.b.c1", "S3cret!", "x"] {
            assert!(Check::Password.passes(value, "pwd=") || value == "x", "{value}");
        }
        assert!(!Check::Token.passes("4096", "token=") && Check::Token.passes("a81f0c", "token="));
    }
}
