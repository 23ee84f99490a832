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
    // Behind a letter: a robot's address.
    if rule.id == "telegram-bot-token" {
        phrases.push(format!("https://api.shop.example/bot{value}/sendMessage"));
    }
    if let Some(name) = rule.name.as_ref().filter(|name| rule.reads_notations() && !name.contains(' ')) {
        let (lower, option) = (name.to_lowercase(), name.to_lowercase().replace('_', "-"));
        phrases.extend([
            format!("['run', '--{option}', '{value}', '-v']"),
            format!("run --{option} {value} -v"),
            format!("{{\"{lower}\": [\"{value}\"]}}"),
            format!("{{\"{lower}\": {{\"value\": \"{value}\"}}}}"),
            format!("{{\"name\": \"{name}\", \"value\": \"{value}\"}}"),
            format!("<{lower}>{value}</{lower}>"),
            format!("user[{lower}]={value}&n=1"),
            format!("{lower} -> '{value}'"),
        ]);
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

/// Passwords with everything that a notation may take for its end.
pub(crate) const AWKWARD: [&str; 10] = [
    "ab\"cd9Zq7",
    "ab\\cd9Zq7",
    "ab\\\"cd9Zq7",
    "ab\\n9Zq7",
    "p(9Zq)x7!",
    "$9Zqabc7",
    "[9Zqabc7",
    "ab;c&d,9Zq7",
    "it's9Zq7",
    "ab%26cd9Zq7",
];

/// What holds such a password as JSON: a field, a list, an object, a text that is JSON itself.
pub(crate) fn documents(password: &str) -> Vec<String> {
    let said = serde_json::json!({ "password": password, "n": 1 }).to_string();
    let twice = serde_json::json!({ "message": said }).to_string();
    vec![
        serde_json::json!({ "db_password": [password, password] }).to_string(),
        serde_json::json!({ "password": { "value": password } }).to_string(),
        serde_json::json!({ "env": [{ "name": "DB_PASSWORD", "value": password }] }).to_string(),
        serde_json::json!({ "argv": ["run", "--password", password] }).to_string(),
        serde_json::json!({ "message": twice }).to_string(),
        format!("refused: {said}"),
        twice,
        said,
    ]
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}
