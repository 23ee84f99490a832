//! A JSON document that goes over several lines: whether a line is part of it, and the field that its values stand in.
//! Leaves out single lines that are JSON by themselves, and what is done with strings.

/// Containers within each other that are followed; in deeper ones no name is known.
const DEEPEST: usize = 64;
/// A longer name tells nothing of a value.
const LONGEST_NAME: usize = 64;

/// Where the lines of a document stand.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// For each open container the name of the values in it: that of a list is the field's, an object has none.
    open: Vec<Option<String>>,
    /// Containers beyond [`DEEPEST`].
    deeper: usize,
    /// The field whose value has not come yet.
    field: Option<String>,
}

impl Document {
    /// Returns whether a document is open.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Returns the field that a value belongs to if its line names none.
    pub(super) fn field(&self) -> Option<&str> {
        self.field.as_deref().or(self.open.last().and_then(|name| name.as_deref()).filter(|_| self.deeper == 0))
    }

    /// Takes a line; returns whether it can be part of a JSON document. One that cannot leaves it.
    pub(super) fn take(&mut self, line: &str) -> bool {
        let fits = self.follow(line).is_some();
        if !fits {
            *self = Document::default();
        }
        fits
    }

    fn follow(&mut self, line: &str) -> Option<()> {
        let bytes = line.as_bytes();
        // Between two values stands a sign.
        let (mut at, mut after_value, mut string) = (0, false, None);
        while at < bytes.len() {
            match bytes[at] {
                byte if byte.is_ascii_whitespace() => at += 1,
                byte @ (b'{' | b'[') if !after_value => {
                    let name = (byte == b'[').then(|| self.field().map(str::to_string)).flatten();
                    self.field = None;
                    if self.open.len() < DEEPEST {
                        self.open.push(name)
                    } else {
                        self.deeper += 1
                    }
                    at += 1;
                }
                b'}' | b']' => {
                    match self.deeper.checked_sub(1) {
                        Some(deeper) => self.deeper = deeper,
                        None => drop(self.open.pop()),
                    }
                    (self.field, after_value) = (None, true);
                    at += 1;
                }
                b',' => {
                    (self.field, after_value) = (None, false);
                    at += 1;
                }
                b':' => {
                    let name: &str = string.take()?;
                    self.field = Some(name).filter(|name| name.len() <= LONGEST_NAME).map(str::to_string);
                    after_value = false;
                    at += 1;
                }
                b'"' if !after_value => {
                    let end = super::json::string_end(bytes, at)?;
                    string = line.get(at + 1..end - 1);
                    string?;
                    (at, after_value) = (end, true);
                }
                _ if !after_value => {
                    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
                    let end = at + bytes[at..].iter().take_while(|byte| is_word(byte)).count();
                    let word = &line[at..end];
                    let is_literal = matches!(word, "true" | "false" | "null" | "NaN" | "Infinity" | "-Infinity");
                    let is_number = || serde_json::from_str::<serde_json::Number>(word).is_ok();
                    if !is_literal && !is_number() {
                        return None;
                    }
                    (at, after_value) = (end, true);
                }
                _ => return None,
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    fn fields(lines: &[&str]) -> Vec<Option<String>> {
        let mut document = Document::default();
        lines.iter().map(|line| document.take(line).then(|| document.field().unwrap_or("-").to_string())).collect()
    }

    #[test]
    fn the_field_of_a_value_is_known_over_lines() {
        let lines = ["{", r#""a": ["#, r#""one","#, r#"{"b": 1},"#, r#""two"],"#, r#""c":"#, r#""three""#, "}"];
        let named = ["-", "a", "a", "a", "-", "c", "c", "-"];
        assert_eq!(fields(&lines), named.map(|name| Some(name.to_string())));
    }

    #[test]
    fn what_is_no_json_leaves_the_document() {
        for line in [
            r#"{"a":1} trailing"#,
            r#"{"a": "cut"#,
            r#"{"a":1} {"b":2}"#,
            "[{x}] start",
            "[{",
            "ERROR login",
            "4111 1111 1111 1111",
            "+14155550123",
            "é",
        ] {
            let mut document = Document::default();
            assert_eq!(document.take(line), line == "[{", "{line}");
        }
    }
}
