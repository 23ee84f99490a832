//! Decodes one record, JSON or text, into an entry. Never fails: what is no entry comes back as a reason.
//! Leaves out finding the records in a stream: the source room does that.

use super::json::Value;
use super::{
    LogEntry, Object, Outer, Position, ReadOptions, Severity, Shape, TraceHints, cloud, journal, json_read,
    json_repair, named, shape_of, stdout_json, text_entry,
};

/// An entry, and what the coverage must know besides.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The entry.
    pub entry: LogEntry,
    /// Whether its time named no zone and so was read in the assumed one.
    pub zoneless: bool,
}

/// Decodes records under given options.
#[derive(Clone, Copy)]
pub struct Decoder<'a> {
    options: &'a ReadOptions,
    hints: &'a dyn TraceHints,
}

impl<'a> Decoder<'a> {
    /// Returns a decoder that asks `hints` about stack traces.
    pub fn new(options: &'a ReadOptions, hints: &'a dyn TraceHints) -> Decoder<'a> {
        Decoder { options, hints }
    }

    /// Decodes a JSON value, or says why it is no log entry.
    pub fn value(&self, value: &serde_json::Value, at: Position) -> Result<Decoded, String> {
        match Value::from(value) {
            Value::Object(fields) => self.object(fields, at, None, &Outer::default()),
            other => Err(format!("not a log entry: {}", kind(&other))),
        }
    }

    /// Decodes one record of text; any text is an entry.
    pub fn text(&self, text: &str, at: Position) -> Decoded {
        self.text_within(text, at, &Outer::default())
    }

    /// Decodes a text that a container runtime wrapped.
    pub(crate) fn text_within(&self, text: &str, at: Position, outer: &Outer) -> Decoded {
        let (entry, zoneless) = text_entry::decode(text, at, outer, self.options, self.hints);
        Decoded { entry, zoneless }
    }

    /// Decodes a JSON object listed under the severity `bucket` of a dump, or wrapped by a runtime.
    pub(crate) fn object(
        &self,
        fields: Object<'_>,
        at: Position,
        bucket: Option<Severity>,
        outer: &Outer,
    ) -> Result<Decoded, String> {
        self.shaped(shape_of(&fields), fields, at, bucket, outer)
    }

    /// Decodes a JSON object whose shape has been told.
    pub(crate) fn shaped(
        &self,
        shape: Shape,
        fields: Object<'_>,
        at: Position,
        bucket: Option<Severity>,
        outer: &Outer,
    ) -> Result<Decoded, String> {
        let named = named::read(&fields, &self.options.named);
        let (mut entry, zoneless) = match shape {
            Shape::Cloud => cloud::decode(fields, at, bucket, self.options, self.hints),
            Shape::Stdout => stdout_json::decode(&fields, at, outer, self.options, self.hints),
            Shape::Journal => {
                // The time is read with the other fields.
                let outer = Outer { time: None, ..journal::outer(&fields, self.options) };
                stdout_json::decode(&fields, at, &outer, self.options, self.hints)
            }
            Shape::Docker => {
                let text = fields.get("log").and_then(Value::as_str).unwrap_or("");
                return Ok(self.text(text, at));
            }
            Shape::PubSub(data) => return self.envelope(&data, at),
            Shape::Other(reason) => return Err(reason.to_owned()),
        };
        entry.named = named;
        Ok(Decoded { entry, zoneless })
    }

    /// Decodes what a Pub/Sub envelope held: an entry, a structured line or plain text.
    fn envelope(&self, data: &[u8], at: Position) -> Result<Decoded, String> {
        let text = String::from_utf8_lossy(data);
        if text.trim().is_empty() {
            return Err("not a log entry: the envelope is empty".to_owned());
        }
        match parse(&text, &mut String::new()) {
            // An envelope inside an envelope is no delivery that exists; it is not followed.
            Ok(Value::Object(fields)) if !matches!(shape_of(&fields), Shape::PubSub(_)) => {
                self.object(fields, at, None, &Outer::default())
            }
            Ok(value) => Err(format!("not a log entry: the envelope holds {}", kind(&value))),
            Err(_) => Ok(self.text(&text, at)),
        }
    }
}

/// Parses JSON; strings that only a lenient reader accepts are mended first.
///
/// A mended text is put into `mended`, from which the value then borrows.
pub(crate) fn parse<'a>(text: &'a str, mended: &'a mut String) -> Result<Value<'a>, String> {
    let error = match parse_strictly(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    *mended = json_repair::repair(text).into_owned();
    serde_json::from_str(mended).map_err(|_| plain(&error))
}

/// Parses JSON as its standard has it.
pub(crate) fn parse_strictly(text: &str) -> Result<Value<'_>, serde_json::Error> {
    json_read::read(text).map_or_else(|| serde_json::from_str(text), Ok)
}

fn plain(error: &serde_json::Error) -> String {
    // The parser counts lines within the record; the coverage names them within the source.
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text in quotes",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
