//! Places in which a secret stands in logs. Leaves out what is expected of them.

use log_gardener::pattern::RedactionRule;

/// How one writes what stands in a log.
type Write = fn(&str) -> String;

/// Everything that a phrase may stand in.
pub(crate) const CONTEXTS: [(&str, Write); 14] = [
    ("bare", |phrase| phrase.to_string()),
    ("in a sentence", |phrase| format!("request 17 with {phrase} was refused")),
    ("at the end of a sentence", |phrase| format!("the provider refused {phrase}.")),
    ("in quotes", |phrase| format!("got \"{phrase}\" instead")),
    ("in apostrophes", |phrase| format!("got '{phrase}' instead")),
    ("in backticks", |phrase| format!("got `{phrase}`, expected nothing")),
    ("in brackets", |phrase| format!("rejected ({phrase}) [{phrase}]")),
    ("in JSON", |phrase| format!("{{\"said\":{},\"n\":1}}", quoted(phrase))),
    ("in JSON in JSON", |phrase| quoted(&format!("{{\"said\":{},\"n\":1}}", quoted(phrase)))),
    ("in a header", |phrase| format!("> X-Thing: {phrase}")),
    ("after a line end in a string", |phrase| format!("'first line\\n{phrase}\\nlast line'")),
    ("in a traceback", |phrase| {
        format!(
            "  File \"/app/shop.py\", line 3, in pay\n    client = Client({})\nValueError: {phrase}",
            quoted(phrase)
        )
    }),
    ("in a shell", |phrase| format!("+ curl -H '{phrase}' https://shop.example/v1")),
    ("in Markdown", |phrase| {
        format!("- **{phrase}** and _{phrase}_ |{phrase}|").replace("_ |", " |").replace("and _", "and ")
    }),
];

/// Ways to name a value where the name has to announce it.
pub(crate) fn phrases(rule: &RedactionRule, value: &str) -> Vec<String> {
    let mut phrases = vec![rule.example.replace("{secret}", value)];
    let bare = rule.technical() || matches!(rule.kind.as_str(), "email" | "ip" | "ip6" | "card" | "iban" | "jwt");
    if bare {
        let plain = [
            value.to_string(),
            format!("key={value}"),
            format!("key={value}, n=1"),
            format!("https://shop.example/cb?k={value}&n=1"),
            format!("https%3A%2F%2Fshop.example%2Fcb%3Fk%3D{value}%26n%3D1"),
        ];
        phrases.extend(plain);
    }
    if let Some(name) = rule.name.as_ref().filter(|_| rule.is_announced()) {
        let lower = name.to_lowercase();
        phrases.extend([
            format!("{name}={value}"),
            format!("{name}: {value}"),
            format!("{{\"{lower}\": \"{value}\"}}"),
            format!("{{'{lower}': '{value}'}}"),
            format!("https://shop.example/?{lower}={value}&n=1"),
            format!("{}: {value}", name.replace('_', "-")),
        ]);
    }
    phrases
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}
