//! Tells whether a stack trace was logged by the line before it, or printed by a process that crashed.
//! Leaves out where traces begin and end: the trace grammars know that.

/// Blank lines that may stand between a line and the trace it logs.
const MOST_BLANKS: usize = 2;

/// Whether the trace that begins with `line` may belong to a record with the first line `head`, which
/// states a level of WARNING or above when `severe`, with `blanks` blank lines between the two.
pub(super) fn logs(head: &str, severe: bool, line: &str, blanks: usize) -> bool {
    if is_crash(line) && !announces_crash(head) {
        return false;
    }
    // Spring Boot writes a blank line before the trace; a crash may follow a blank line as well, but then
    // it does not begin with a qualified type.
    blanks == 0 || severe && blanks <= MOST_BLANKS && begins_with_qualified_type(line)
}

/// What runtimes print themselves when a process or a goroutine ends.
fn is_crash(line: &str) -> bool {
    let goroutine = |line: &str| {
        let rest = line.strip_prefix("goroutine ");
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(" ["))
    };
    let thread = |line: &str| line.starts_with("thread '") && line.contains("' panicked at ");
    ["panic: ", "fatal error: ", "Exception in thread \"", "Unhandled exception", "Fatal Python error: "]
        .iter()
        .any(|start| line.starts_with(start))
        || goroutine(line)
        || thread(line)
}

/// A recovered panic is logged with its goroutine below: `recovered from panic: boom`.
fn announces_crash(head: &str) -> bool {
    let head = head.to_ascii_lowercase();
    ["panic", "recover", "goroutine", "stack", "uncaught", "unhandled", "fatal", "crash"]
        .iter()
        .any(|word| head.contains(word))
        || head.trim_end().ends_with(':')
}

/// `org.acme.SomeException: text`, `System.InvalidOperationException`.
fn begins_with_qualified_type(line: &str) -> bool {
    let end = line.find([':', ' ', '\t']).unwrap_or(line.len());
    let name = &line[..end];
    let plain = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
    };
    name.contains('.') && name.split('.').all(plain) && (end == line.len() || line[end..].starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::logs;

    #[test]
    fn a_logged_trace_and_a_crash() {
        let check = |head: &str, severe: bool, line: &str, blanks: usize, expect: bool| {
            assert_eq!(logs(head, severe, line, blanks), expect, "{head:?} {line:?} {blanks}");
        };
        check("ERROR it broke", true, "Traceback (most recent call last):", 0, true);
        check("ERROR it broke", true, "Traceback (most recent call last):", 1, false);
        check("ERROR it broke", true, "com.acme.BadThing: x", 1, true);
        check("ERROR it broke", true, "com.acme.BadThing", 2, true);
        check("ERROR it broke", true, "com.acme.BadThing: x", 3, false);
        check("a line", false, "com.acme.BadThing: x", 1, false);
        check("ERROR it broke", true, "e.g. this", 1, false);
        check("ERROR no prices", true, "panic: boom", 0, false);
        check("ERROR no prices", true, "goroutine 7 [running]:", 0, false);
        check("ERROR no prices", true, "thread 'main' panicked at src/a.rs:1:2:", 0, false);
        check("ERROR recovered from panic: boom", true, "goroutine 7 [running]:", 0, true);
    }
}
