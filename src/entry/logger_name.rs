//! Reads what stands between the level and the message: thread, logger, file and line.
//! Leaves out anything that may be the message itself; an exception's type is never a logger.

use super::CodeLocation;

/// What stood between level and message, and where the message starts in the text given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Between {
    pub(crate) message_at: usize,
    pub(crate) place: Option<CodeLocation>,
}

/// Reads the part after a level.
pub(crate) fn between(rest: &str) -> Between {
    loguru(rest)
        .or_else(|| spring(rest))
        .or_else(|| ruby(rest))
        .or_else(|| caller(rest))
        .or_else(|| threaded(rest))
        .or_else(|| dotted(rest))
        .unwrap_or_default()
}

/// Returns whether a dotted or plain name is an exception's type by its last part.
pub(crate) fn is_exception_name(name: &str) -> bool {
    let last = name.rsplit(['.', ':', '$', '\\']).next().unwrap_or(name);
    ["Error", "Exception", "Warning", "Failure", "Exit", "Interrupt", "Timeout", "Fault", "Throwable", "Panic"]
        .iter()
        .any(|ending| last.ends_with(ending))
}

/// `module.path:function:150 | text` and `module:function:12 - text`.
fn loguru(rest: &str) -> Option<Between> {
    let head = rest.find(' ')?;
    let message = rest[head..].strip_prefix(" | ").or_else(|| rest[head..].strip_prefix(" - "))?;
    let mut parts = rest[..head].rsplitn(3, ':');
    let line = parts.next()?.parse().ok()?;
    let function = parts.next()?;
    let module = parts.next()?;
    let place = CodeLocation { module: Some(module.into()), function: Some(function.into()), line: Some(line) };
    Some(Between { message_at: rest.len() - message.len(), place: Some(place) })
}

/// Spring Boot: `1 --- [main] c.e.Application : text`.
fn spring(rest: &str) -> Option<Between> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest[digits..].strip_prefix(" --- ")?;
    let colon = after.find(" : ")?;
    let logger = after[..colon].trim().rsplit(' ').next()?;
    Some(Between { message_at: rest.len() - after.len() + colon + 3, place: module(logger) })
}

/// Ruby: `-- program: text`.
fn ruby(rest: &str) -> Option<Between> {
    let after = rest.strip_prefix("-- ")?;
    let colon = after.find(": ").or_else(|| after.ends_with(':').then(|| after.len() - 1))?;
    let message_at = rest.len() - after.len() + (colon + 2).min(after.len());
    (!after[..colon].contains(' ')).then_some(Between { message_at, place: None })
}

/// zap: `pkg/file.go:12<tab>text`.
fn caller(rest: &str) -> Option<Between> {
    let end = rest.find('\t')?;
    let (file, line) = rest[..end].trim().rsplit_once(':')?;
    let line = line.parse().ok()?;
    if file.contains(' ') || !file.contains('.') {
        return None;
    }
    Some(Between {
        message_at: end + 1,
        place: Some(CodeLocation { module: Some(file.into()), function: None, line: Some(line) }),
    })
}

/// log4j and logback: `[thread] logger - text`, `[thread] logger: text`.
fn threaded(rest: &str) -> Option<Between> {
    let close = rest.strip_prefix('[')?.find(']')? + 1;
    let after = rest[close + 1..].trim_start();
    let inner = dotted(after)?;
    Some(Between { message_at: rest.len() - after.len() + inner.message_at, ..inner })
}

fn dotted(rest: &str) -> Option<Between> {
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let token = &rest[..end];
    let after = rest[end..].trim_start_matches([' ', '\t']);
    let ends_name = token.ends_with(':') || after.starts_with('[');
    if !ends_name && !after.starts_with("- ") {
        return None;
    }
    let name = token.trim_end_matches(':');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-$:/@#<>".contains(&b);
    let is_name = !name.is_empty()
        && name.len() <= 120
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !is_name || is_exception_name(name) {
        return None;
    }
    let skipped = rest.len() - after.len();
    if let Some(text) = after.strip_prefix("- ") {
        return Some(Between { message_at: rest.len() - text.len(), place: module(name) });
    }
    let dotted = name.contains("::") || name.split('.').count() >= 2 && !name.contains('/') && !name.ends_with('.');
    (dotted && ends_name).then(|| Between { message_at: skipped, place: module(name) })
}

fn module(name: &str) -> Option<CodeLocation> {
    if let Some(place) = CodeLocation::from_caller(name) {
        return Some(place);
    }
    Some(CodeLocation { module: Some(name.to_owned()), function: None, line: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between() {
        let check = |rest: &str, message: &str, module: Option<&str>| {
            let found = between(rest);
            assert_eq!(&rest[found.message_at..], message, "{rest:?}");
            assert_eq!(found.place.and_then(|place| place.module).as_deref(), module, "{rest:?}");
        };
        check("a.b:run:150 | text", "text", Some("a.b"));
        check("a.b:run:150 - text", "text", Some("a.b"));
        check("1 --- [main] c.e.App   : text", "text", Some("c.e.App"));
        check("[main] com.x.Y - text", "text", Some("com.x.Y"));
        check("com.x.Y: text", "text", Some("com.x.Y"));
        check("crate::module: text", "text", Some("crate::module"));
        check("-- : could not charge", "could not charge", None);
        check("sqlalchemy.exc.OperationalError: x", "sqlalchemy.exc.OperationalError: x", None);
        check("[ClickHouse] REAL connection failed", "[ClickHouse] REAL connection failed", None);
        check("payment: failed", "payment: failed", None);
        check("pkg/file.go:12\tboom", "boom", Some("pkg/file.go"));
        check("Process exited - reason 5", "Process exited - reason 5", None);
        check("nova.osapi.wsgi [req-1] GET", "[req-1] GET", Some("nova.osapi.wsgi"));
        check("", "", None);
    }
}
