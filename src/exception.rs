//! What a stack trace says: type, message, chain and frames, in any language.
//! Leaves out reading traces (`event::trace`) and their grammars (`pattern`); both speak these words.

/// An exception as a stack trace or a structured field tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exception {
    /// Type as written, with its module or package: `sqlalchemy.exc.OperationalError`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Message in full; may span lines.
    pub message: Option<String>,
    /// `python`, `java`, `javascript`, `go`, ...; the id of the trace grammar that read it.
    pub language: Option<String>,
    /// What led to it, nearest cause first.
    pub chain: Vec<ChainedException>,
    /// Frames of the exception that finally propagated, innermost first.
    pub frames: Vec<StackFrame>,
}

/// An exception that stands behind another one.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ChainedException {
    /// Type as written.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Message in full.
    pub message: Option<String>,
    /// How the text relates it: `caused by`, `during handling of`, `suppressed`, `grouped`.
    pub relation: String,
    /// Its own frames, innermost first.
    #[serde(skip)]
    pub frames: Vec<StackFrame>,
}

/// One line of a stack trace.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct StackFrame {
    /// File as written.
    pub file: Option<String>,
    /// Line, 1-based.
    pub line: Option<u32>,
    /// Function or method.
    pub function: Option<String>,
    /// Whether it is the application's own code and not a library, the runtime or generated code.
    pub in_app: bool,
}

impl Exception {
    /// Returns the innermost frame of the application's own code.
    pub fn innermost_in_app(&self) -> Option<&StackFrame> {
        self.frames.iter().find(|frame| frame.in_app)
    }
}
