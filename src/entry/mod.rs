//! One log record, whatever shape it came in, and how each shape is read.
//! Leaves out opening files (`source`) and saying what failed (`event`): decoding never fails, it
//! returns what it could not read as [`Skipped`].

mod access_line;
mod access_text;
mod ansi;
mod audit;
mod calm;
mod clock;
mod clock_local;
mod cloud;
mod code_location;
mod correlation;
mod decode;
mod epoch;
mod error_field;
mod http;
mod http_fields;
pub(crate) mod journal;
mod json;
mod json_access;
mod json_object;
mod json_read;
mod json_repair;
mod level;
mod line_end;
mod logfmt;
mod logger_name;
mod named;
mod options;
mod origin;
mod payload;
mod pubsub;
mod python_client;
mod redis;
mod severity;
mod shape;
pub(crate) mod shared_prefix;
mod stdout_json;
mod structured;
mod syslog;
mod text_entry;
mod text_header;
mod text_ids;
mod timestamp;

pub use calm::{Calm, identity};
pub(crate) use calm::{Instants, calm_severity};
pub use decode::{Decoded, Decoder};
pub(crate) use decode::{parse as parse_json, parse_strictly as parse_json_strictly};
pub use options::{ReadOptions, TraceHints};
pub use severity::Severity;
pub use timestamp::Timestamp;

pub(crate) use ansi::strip as strip_colours;
pub(crate) use clock::{Written, read_prefix as read_time_prefix, read_text as read_time};
pub(crate) use cloud::LOG_REQUESTS;
pub(crate) use http_fields::names_request;
pub(crate) use json::Value as Json;
pub(crate) use json_object::{Name, Object};
pub(crate) use origin::{REVISIONS, SERVICES};
pub(crate) use shape::{MESSAGE_KEYS, Shape, shape_of};
pub(crate) use text_entry::Outer;
pub(crate) use text_header::{level_alone, read_header};

use std::sync::Arc;

/// Where an entry stands in its source, so that every statement can point back at it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The source as the user named it (a path, `-`), shared by all its entries.
    pub source: Arc<str>,
    /// 0-based count of the entry within its source.
    pub index: u64,
    /// 1-based line where the entry starts in the decompressed text; 0 when the shape has no lines.
    pub line: u64,
    /// 1-based line where the entry ends, inclusive; 0 when the shape has no lines.
    pub end_line: u64,
}

impl Position {
    /// Returns how evidence names the source: `-` is `stdin`, for `-:21` reads like an option.
    pub fn source_name(&self) -> Arc<str> {
        if &*self.source == "-" { Arc::from("stdin") } else { Arc::clone(&self.source) }
    }
}

/// How the severity of an entry became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeverityOrigin {
    /// Read from the entry's own severity field.
    Field,
    /// Inferred from a level written in the text, for example `[ERROR]`.
    Text,
    /// Inferred from an HTTP status: nothing else told, or an access line stated a lower level. Servers log
    /// every request at INFO, so that there the status tells more than the level.
    HttpStatus,
    /// Inferred from a stack trace or a panic that carries no level of its own.
    Trace,
    /// No level anywhere, but an error pattern knows the text as a failure.
    Pattern,
    /// Nothing told; `Severity::Default`.
    #[default]
    None,
}

/// One record as Cloud Logging defines it, whatever shape it came in.
///
/// Source of the field meanings: Cloud Logging `LogEntry` reference (REST v2).
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Where it stands in the input.
    pub at: Position,
    /// `insertId`, unique within one log name and timestamp.
    pub insert_id: Option<String>,
    /// `logName` in full, for example `projects/p/logs/run.googleapis.com%2Fstderr`.
    pub log_name: Option<String>,
    /// When the event happened, by the entry's own `timestamp`.
    pub timestamp: Option<Timestamp>,
    /// When Cloud Logging received it.
    pub receive_timestamp: Option<Timestamp>,
    /// When the application says it wrote the message (a time inside the payload).
    pub payload_timestamp: Option<Timestamp>,
    /// The effective severity: the field, or what the text or the status tells.
    pub severity: Severity,
    /// How `severity` became known.
    pub severity_origin: SeverityOrigin,
    /// Whether a level was stated: in a Cloud Logging entry by its severity field, elsewhere by a field or
    /// in the text.
    pub severity_stated: bool,
    /// What the entry says, in full: colour codes and level headers removed, literal `\n` of a
    /// double-encoded traceback turned into line ends. Empty when it has no payload.
    pub message: String,
    /// A stack trace that stood in a field of its own (`stack_trace`, `exc_info`, `error.traceback`).
    pub stack_trace: Option<String>,
    /// An exception named in a structured field, without a trace.
    pub error_field: Option<ErrorField>,
    /// Whether a payload (text, JSON or proto) was there at all.
    pub has_payload: bool,
    /// What wrote it.
    pub origin: Origin,
    /// `trace` without its `projects/.../traces/` prefix.
    pub trace: Option<String>,
    /// `spanId`.
    pub span: Option<String>,
    /// `operation.id`, or another id under which the application groups its lines.
    pub operation: Option<String>,
    /// The request that a request log entry describes.
    pub http: Option<HttpRequest>,
    /// Where the application logged it, logging internals left out (they name no fault line).
    pub logged_at: Option<CodeLocation>,
    /// Correlation fields of the payload: (`request_id`, value) and the like, sorted by key.
    pub correlation: Vec<(String, String)>,
    /// A deployment or configuration change that an audit entry records.
    pub change: Option<Change>,
    /// Parts of one message that the agent cut: `split {uid, index, totalSplits}`.
    pub split: Option<Split>,
    /// Severity the pipeline would not keep on its own, but the text may continue another entry
    /// (a connector of chained tracebacks, an indented line, the second half of a cut message).
    pub may_continue: bool,
    /// Fields that tell a person, with their values, as far as [`ReadOptions::named`] asks for them.
    pub named: Vec<(String, String)>,
}

/// An exception named in a structured field (`error: {type, value}`), without a trace of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorField {
    /// The exception's type as written, for example `ModuleNotFoundError`.
    pub type_name: String,
    /// Its message; empty when the field had none.
    pub message: String,
}

/// What wrote an entry: the monitored resource and the instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// `resource.type`, for example `cloud_run_revision`.
    pub resource_type: Option<String>,
    /// Project id.
    pub project: Option<String>,
    /// Region or zone.
    pub location: Option<String>,
    /// Service, container or application name.
    pub service: Option<String>,
    /// Revision or pod template; changes with every deployment.
    pub revision: Option<String>,
    /// One running copy: Cloud Run instance id, pod name, host and process.
    pub instance: Option<String>,
    /// What names the build that runs: the label and its value, a commit, a version or an image.
    pub build: Option<(String, String)>,
}

/// The request that a request log entry describes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: Option<String>,
    /// The full URL as logged.
    pub url: Option<String>,
    /// The path of the URL without query.
    pub path: Option<String>,
    /// Response status.
    pub status: Option<u16>,
    /// Nanoseconds the request took; entries are stamped at its start unless `logged_at_end`.
    pub latency_nanos: Option<i64>,
    /// Whether the entry was written when the request was over, as applications do.
    pub logged_at_end: bool,
    /// The caller's user agent.
    pub user_agent: Option<String>,
    /// The caller's address.
    pub remote_ip: Option<String>,
}

/// A place in the application's code.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeLocation {
    /// File or module.
    pub module: Option<String>,
    /// Function.
    pub function: Option<String>,
    /// Line, 1-based.
    pub line: Option<u32>,
}

/// A deployment or configuration change that an audit entry records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The method called, for example `google.cloud.run.v1.Services.ReplaceService`.
    pub method: String,
    /// The resource changed, as written.
    pub resource: Option<String>,
    /// Status or message that the entry states.
    pub message: Option<String>,
}

/// One part of a message that the agent cut into several entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Shared by all parts.
    pub uid: String,
    /// 0-based position of this part.
    pub index: u32,
    /// Number of parts.
    pub total: u32,
}

/// The reason for which an object with a payload and nothing that says where it was logged is skipped.
pub const NAMELESS: &str = "not a log entry: no insertId, no logName, no resource with type and labels";

/// What could not be read, and why; it stands in the coverage.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// `line 12`, `entry 4` or `byte 1024`, as precise as the shape allows.
    pub at: String,
    /// Plain words, such as [`NAMELESS`].
    pub reason: String,
}

impl LogEntry {
    /// Returns an entry that says nothing yet, standing at `at`.
    pub fn empty(at: Position) -> LogEntry {
        LogEntry {
            at,
            insert_id: None,
            log_name: None,
            timestamp: None,
            receive_timestamp: None,
            payload_timestamp: None,
            severity: Severity::Default,
            severity_origin: SeverityOrigin::None,
            severity_stated: false,
            message: String::new(),
            stack_trace: None,
            error_field: None,
            has_payload: false,
            origin: Origin::default(),
            trace: None,
            span: None,
            operation: None,
            http: None,
            logged_at: None,
            correlation: Vec::new(),
            change: None,
            split: None,
            may_continue: false,
            named: Vec::new(),
        }
    }

    /// Returns how evidence points at this entry: its insertId, or `source:line`.
    pub fn reference(&self) -> String {
        match &self.insert_id {
            Some(id) => id.clone(),
            None if self.at.line > 0 => format!("{}:{}", self.at.source_name(), self.at.line),
            None => format!("{}#{}", self.at.source_name(), self.at.index),
        }
    }

    /// Returns when the thing described was over: a request's start plus its latency, else `timestamp`.
    pub fn end(&self) -> Option<Timestamp> {
        let request = self.http.as_ref().filter(|request| !request.logged_at_end);
        let latency = request.and_then(|request| request.latency_nanos).unwrap_or(0);
        self.timestamp.map(|start| start.plus_nanos(latency))
    }
}
