//! Reads what the journal of systemd says of an entry besides its message: unit, process, host, and whether the
//! application stated the priority. Leaves out the message itself, which may be of any shape.

use std::borrow::Cow;

use super::json::Value;
use super::json_access::{owned, scalar_of, text};
use super::json_object::keys;
use super::{Object, Outer, ReadOptions, clock, syslog};

/// Whether an object is an entry of the journal, as `journalctl -o json` prints it.
pub(crate) fn is_record(fields: &Object) -> bool {
    fields.named(&keys!["__REALTIME_TIMESTAMP"][0]).is_some()
        && fields.named(&keys!["MESSAGE"][0]).is_some_and(|message| !message.is_null())
}

/// Whether an entry is a line of a unit's output: the journal gives each the priority 6, whatever it says.
pub(crate) fn is_captured(fields: &Object) -> bool {
    text(fields, keys!["_TRANSPORT"]) == Some("stdout")
        && scalar_of(fields, keys!["PRIORITY"]).is_none_or(|priority| priority == "6")
}

/// Whether the container runtime cut the line here and the rest follows.
pub(crate) fn goes_on(fields: &Object) -> bool {
    text(fields, keys!["CONTAINER_PARTIAL_MESSAGE"]) == Some("true")
}

/// Returns who wrote an entry and when.
pub(crate) fn outer(fields: &Object, options: &ReadOptions) -> Outer {
    let process = scalar_of(fields, keys!["_PID", "SYSLOG_PID"]);
    Outer {
        time: fields.get("__REALTIME_TIMESTAMP").and_then(|time| clock::read_value(time, options)),
        instance: syslog::instance(text(fields, keys!["_HOSTNAME"]), process.as_deref()),
        service: service(fields),
    }
}

/// A unit that is a service names it best: programs that run scripts are all called alike.
fn service(fields: &Object) -> Option<String> {
    let unit = |key| text(fields, key).and_then(|unit| unit.strip_suffix(".service")).map(str::to_owned);
    owned(fields, keys!["CONTAINER_NAME"])
        .or_else(|| unit(keys!["_SYSTEMD_USER_UNIT"]))
        .or_else(|| unit(keys!["_SYSTEMD_UNIT"]))
        .or_else(|| owned(fields, keys!["SYSLOG_IDENTIFIER", "_COMM", "_SYSTEMD_UNIT"]))
}

/// Returns the message as text.
pub(crate) fn message<'v>(fields: &'v Object<'_>) -> Cow<'v, str> {
    match fields.named(&keys!["MESSAGE"][0]) {
        Some(Value::String(message)) => Cow::Borrowed(message),
        Some(value) => Cow::Owned(bytes(value).unwrap_or_default()),
        None => Cow::Borrowed(""),
    }
}

/// Reads a message that is written as a list of bytes, because it holds what is no printable text.
pub(crate) fn bytes(value: &Value<'_>) -> Option<String> {
    let byte = |value: &Value<'_>| match value {
        Value::Number(number) => number.as_u64().and_then(|number| u8::try_from(number).ok()),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = value.as_array()?.iter().map(byte).collect();
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_an_entry() {
        let check = |record: &str, service: Option<&str>, instance: Option<&str>, captured: bool| {
            let Ok(Value::Object(fields)) = serde_json::from_str(record) else { panic!("{record}") };
            assert!(is_record(&fields), "{record}");
            let outer = outer(&fields, &ReadOptions::default());
            assert_eq!((outer.service.as_deref(), outer.instance.as_deref()), (service, instance), "{record}");
            assert_eq!(is_captured(&fields), captured, "{record}");
            assert!(outer.time.is_some());
        };
        let time = r#""__REALTIME_TIMESTAMP":"1773133200000000","MESSAGE":"x""#;
        check(
            &format!(
                r#"{{{time},"_SYSTEMD_UNIT":"shop.service","_PID":"7","_HOSTNAME":"w","SYSLOG_IDENTIFIER":"python3","_TRANSPORT":"stdout","PRIORITY":"6"}}"#
            ),
            Some("shop"),
            Some("w/7"),
            true,
        );
        check(&format!(r#"{{{time},"_HOSTNAME":"w","SYSLOG_IDENTIFIER":"kernel"}}"#), Some("kernel"), Some("w"), false);
        check(
            &format!(r#"{{{time},"_SYSTEMD_UNIT":"init.scope","SYSLOG_IDENTIFIER":"systemd","_TRANSPORT":"journal"}}"#),
            Some("systemd"),
            None,
            false,
        );
        check(
            &format!(
                r#"{{{time},"_SYSTEMD_UNIT":"docker.service","CONTAINER_NAME":"till","_TRANSPORT":"stdout","PRIORITY":3}}"#
            ),
            Some("till"),
            None,
            false,
        );
    }
}
