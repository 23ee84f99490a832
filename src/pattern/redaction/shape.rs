//! Made-up values of a documented shape: `ghp_{b36}` is `ghp_` and 36 letters and digits.
//! Leaves out recognising values: examples and tests are made with this, so that no file holds what looks like a secret.

/// Returns a value of `shape`; the same for the same `seed`. Nothing if the shape cannot be read.
///
/// In braces stand a class and how many of it, or from how many to how many: `n` digits, `x` and `X` hexadecimal digits,
/// `a` and `A` letters, `w` and `W` letters of one case and digits, `b` letters of both cases and digits, `u` the same
/// with `_` and `-`, `s` the alphabet of base64. `{c16}` are digits with the checksum of a card number, `{i}` is an IBAN.
pub fn sample(shape: &str, seed: u64) -> Option<String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d);
    let (mut out, mut rest) = (String::new(), shape);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (what, after) = after.split_once('}')?;
        let mut class = what.chars();
        let class = class.next().map(|first| (first, class.as_str()))?;
        out.push_str(&part(class, &out, &mut random)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn part((class, count): (char, &str), before: &str, random: &mut Random) -> Option<String> {
    if class == 'i' {
        return Some(iban(random));
    }
    let (least, most): (u64, u64) = match count.split_once('-') {
        Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
        None => (count.parse::<u64>().ok()?, count.parse().ok()?),
    };
    let length = (least + random.below(most.checked_sub(least)? + 1)) as usize;
    if class == 'c' {
        let known = before.bytes().rev().take_while(u8::is_ascii_digit).count();
        return Some(checked(&before[before.len() - known..], length, random));
    }
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    let alphabet: String = match class {
        'n' => "0123456789".into(),
        'x' => "0123456789abcdef".into(),
        'X' => "0123456789ABCDEF".into(),
        'a' => LOWER.into(),
        'A' => LOWER.to_uppercase(),
        'w' => format!("{LOWER}0123456789"),
        'W' => format!("{}0123456789", LOWER.to_uppercase()),
        'b' => format!("{LOWER}{}0123456789", LOWER.to_uppercase()),
        'u' => format!("{LOWER}{}0123456789_-", LOWER.to_uppercase()),
        's' => format!("{LOWER}{}0123456789+/", LOWER.to_uppercase()),
        _ => return None,
    };
    let alphabet = alphabet.as_bytes();
    let letter = |random: &mut Random| char::from(alphabet[random.below(alphabet.len() as u64) as usize]);
    let mut text: String = (0..length).map(|_| letter(random)).collect();
    // A made-up value ends in a letter or digit; a sign there would be read as the end of a sentence.
    while text.ends_with(['-', '_', '+', '/']) {
        text.pop();
        text.push(letter(random));
    }
    Some(text)
}

/// Returns digits that, after `known`, have the checksum of a card.
fn checked(known: &str, length: usize, random: &mut Random) -> String {
    let mut digits = known.as_bytes().to_vec();
    digits.extend((1..length).map(|_| b'0' + random.below(10) as u8));
    let last = (b'0'..=b'9').find(|last| {
        let mut all = digits.clone();
        all.push(*last);
        super::checks::luhn(&all)
    });
    digits.push(last.unwrap_or(b'0'));
    String::from_utf8(digits[known.len()..].to_vec()).unwrap_or_default()
}

/// Returns a German account number with its checksum.
fn iban(random: &mut Random) -> String {
    let account: String = (0..18).map(|_| char::from(b'0' + random.below(10) as u8)).collect();
    let rest = format!("{account}131400").bytes().fold(0u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

/// A small generator (xorshift64*, Marsaglia and Vigna); examples must be the same at each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn shapes_are_filled() {
        let one = sample("ghp_{b36}", 1).unwrap_or_default();
        assert_eq!((one.len(), one.starts_with("ghp_")), (40, true));
        assert_eq!(Some(one), sample("ghp_{b36}", 1));
        assert_ne!(sample("{x8}", 1), sample("{x8}", 2));
        assert_eq!(sample("{q3}", 1), None);
        assert_eq!(sample("4{c15}", 3).map(|card| super::super::checks::card(card.as_bytes())), Some(true));
    }
}
