//! Reads where the application logged an entry. Places inside a logging library name no fault line
//! and are left out.

use super::json_access::{integer, object, owned, text};
use super::json_object::keys;
use super::{CodeLocation, Object};

impl CodeLocation {
    /// Reads `pkg/file.go:12`, as zap and slog write a caller.
    pub(crate) fn from_caller(text: &str) -> Option<CodeLocation> {
        let (file, line) = text.rsplit_once(':')?;
        let line = line.parse().ok().filter(|line| *line > 0)?;
        Some(CodeLocation { module: Some(file.to_owned()), function: None, line: Some(line) })
    }

    /// Reads the place out of a payload: labels, source location or fields of its own.
    pub(crate) fn from_payload(payload: &Object) -> Option<CodeLocation> {
        let nested = keys!["logging.googleapis.com/sourceLocation", "sourceLocation", "source_location", "source"];
        nested
            .iter()
            .filter_map(|key| payload.named(key)?.as_object())
            .find_map(CodeLocation::from_object)
            .or_else(|| object(payload, keys!["labels"]).and_then(CodeLocation::from_object))
            .or_else(|| text(payload, keys!["caller"]).and_then(CodeLocation::from_caller))
            .or_else(|| CodeLocation::from_object(payload))
            .and_then(CodeLocation::outside_logging)
    }

    /// Reads `{file, line, function}` in the spellings of the usual loggers.
    pub(crate) fn from_object(fields: &Object) -> Option<CodeLocation> {
        let function = owned(fields, keys!["function", "funcName", "func_name", "func", "method", "functionName"]);
        let line = integer(fields, keys!["line", "lineno", "lineNumber", "line_number"])
            .and_then(|line| u32::try_from(line).ok());
        let module = owned(fields, keys!["module", "file", "pathname", "filename", "fileName"]);
        // One of them alone is too little: `method` may be GET, `line` a line of an order.
        let told = [function.is_some(), line.is_some(), module.is_some()].iter().filter(|told| **told).count();
        (told >= 2 && module.is_some()).then_some(CodeLocation {
            module,
            function,
            line: line.filter(|line| *line > 0),
        })
    }

    /// Returns the place unless it lies inside a logging library.
    pub(crate) fn outside_logging(self) -> Option<CodeLocation> {
        let module = self.module.as_deref().unwrap_or("");
        let last = module.rsplit(['/', '\\']).next().unwrap_or(module);
        let logging = module == "logging" || module.starts_with("logging.") || module.ends_with("/logging/__init__.py");
        let internal = last == "loguru" || module.starts_with("loguru.") || module.starts_with("structlog.");
        let handler = module.is_empty() && matches!(self.function.as_deref(), Some("callHandlers"));
        (!logging && !internal && !handler).then_some(self)
    }
}
