//! Names of frames without what a build, a deployment or a compiler makes up.
//! Leaves out which frames count: `fingerprint` decides that.

use std::sync::LazyLock;

use regex::Regex;

use crate::event::StackFrame;

/// Returns `file function` of a frame of `language`, as it reads in every build.
pub(super) fn frame_name(frame: &StackFrame, language: Option<&str>) -> String {
    let file = frame.file.as_deref().map(stable_file).unwrap_or_default();
    let function = frame.function.as_deref().map(|function| stable_function(function, language)).unwrap_or_default();
    format!("{file} {function}").trim().to_string()
}

/// Removes content hashes, versions, release folders and query strings from a path:
/// `releases/20260304/main.3f2a1b9c.js` is `releases/main.js`.
fn stable_file(file: &str) -> String {
    let file = file.split(['?', '#']).next().unwrap_or(file);
    let mut kept: Vec<String> = Vec::new();
    let mut segments = file.split(['/', '\\']).peekable();
    while let Some(segment) = segments.next() {
        let is_name = segments.peek().is_none();
        let stable = if is_name { stable_file_name(segment) } else { stable_folder(segment).to_string() };
        // A folder that is nothing but a release leaves no trace; the root's empty name stays.
        if is_name || segment.is_empty() || !stable.is_empty() {
            kept.push(stable);
        }
    }
    kept.join("/")
}

/// `main.3f2a1b9c.js` and `main-BxY3k9Qa.js` are `main.js`.
fn stable_file_name(name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let last = parts.len() - 1;
    let kept = parts.iter().enumerate().filter(|(at, part)| *at == 0 || *at == last || !is_hash(part));
    let mut kept: Vec<&str> = kept.map(|(_, part)| *part).collect();
    let is_bundle = parts.len() > 1 && matches!(parts[last], "js" | "mjs" | "cjs" | "css");
    if is_bundle && let Some(first) = kept.first_mut() {
        *first = without_bundle_hash(first);
    }
    kept.join(".")
}

/// Bundlers put a hyphen and eight or more made-up letters behind the name of a chunk.
fn without_bundle_hash(name: &str) -> &str {
    // The made-up letters may have a hyphen among them: eight is what bundlers write by default.
    let eight = name.len().checked_sub(9).filter(|at| name.is_char_boundary(*at)).map(|at| name.split_at(at));
    let eight = eight.and_then(|(base, tail)| Some((base, tail.strip_prefix('-')?)));
    for (base, tail) in [name.rsplit_once('-'), eight].into_iter().flatten() {
        let has = |kind: fn(&u8) -> bool| tail.bytes().any(|byte| kind(&byte));
        // Names have digits too, `OAuth2Client`: made up is what changes between letters and digits again and again.
        let turns = tail.as_bytes().windows(2).filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count();
        let made_up = (8..=10).contains(&tail.len()) && turns >= 2 && has(u8::is_ascii_uppercase);
        if !base.is_empty() && (is_hash(tail) || made_up) {
            return base;
        }
    }
    name
}

/// `20260304120000` and `3f2a1b9c` are nothing, `tokio-1.37.0` is `tokio`, `python3.11` is `python`.
fn stable_folder(name: &str) -> &str {
    let is_number = name.len() >= 6 && name.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || is_hash(name) {
        return "";
    }
    let bytes = name.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    for at in 0..bytes.len() {
        let fresh = at == 0 || !is_part(&bytes[at - 1]);
        if fresh && bytes[at].is_ascii_digit() {
            let version: Vec<u8> = bytes[at..].iter().copied().take_while(is_part).collect();
            if version.windows(2).any(|two| two[0] == b'.' && two[1].is_ascii_digit()) {
                return name[..at].trim_end_matches(['-', '_', '@', 'v']);
            }
        }
    }
    name
}

fn is_hash(word: &str) -> bool {
    // `decade2` and `facade1` are words.
    word.len() >= 7
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// Removes what compilers and versions of a runtime make up: `lambda$reserve$3`, `handler::h8a1f0c22d1b3e4f5`,
/// `func1`, `<RunAsync>d__4.MoveNext`, `Cart#sum`.
fn stable_function(function: &str, language: Option<&str>) -> String {
    match language {
        Some("ruby") => ruby(function),
        Some("elixir") => elixir(function),
        Some("csharp") => csharp(function),
        Some("javascript") if matches!(function, "<anonymous>" | "anonymous" | "?") => String::new(),
        _ => numberless(function),
    }
}

/// Removes the numbers that tell closures and generated classes apart.
fn numberless(function: &str) -> String {
    let base = match function.rsplit_once("::h") {
        Some((base, hash)) if hash.len() == 16 && is_hash(hash) => base,
        _ => function,
    };
    let mut name = String::with_capacity(base.len());
    let mut after_mark = false;
    for c in base.chars() {
        if c.is_ascii_digit() && after_mark {
            continue;
        }
        after_mark = matches!(c, '$' | '#') || (after_mark && c.is_ascii_digit());
        name.push(c);
    }
    for mark in [".func", ".gowrap", ".deferwrap"] {
        if let Some((base, rest)) = name.split_once(mark)
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            // Closures in closures: `func1.2`, `func1.func3`.
            let inner = rest.split('.').all(|part| {
                let number = part.strip_prefix("func").unwrap_or(part);
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
            });
            if inner {
                return format!("{base}{mark}");
            }
        }
    }
    name
}

/// Since 3.4 Ruby names the class too: `block (2 levels) in Cart#sum` is `block in sum`.
fn ruby(function: &str) -> String {
    let (around, name) = match function.rsplit_once(" in ") {
        Some((around, name)) => (around.split(" (").next().unwrap_or(around), name),
        None => ("", function),
    };
    let owned = |left: &str| left.starts_with(|c: char| c.is_ascii_uppercase());
    let name = match name.split_once('#').or_else(|| name.rsplit_once('.')) {
        Some((left, method)) if owned(left) && !method.is_empty() => method,
        _ => name,
    };
    if around.is_empty() { name.to_string() } else { format!("{around} in {name}") }
}

/// Arguments are values, and arity is written only where they are not.
fn elixir(function: &str) -> String {
    static ARITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"/\d+\b").ok());
    let name = function.split_once('(').filter(|(name, _)| !name.is_empty() && function.ends_with(')'));
    let name = name.map_or(function, |(name, _)| name);
    ARITY.as_ref().map_or_else(|| name.to_string(), |arity| arity.replace_all(name, "").into_owned())
}

/// Async methods, lambdas and local functions are classes and methods with numbers.
fn csharp(function: &str) -> String {
    static MADE_UP: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let rules = [
            (r"<>c(?:__DisplayClass\d+_\d+)?(?:`\d+)?\.", ""),
            (r"<<([^<>]+)>b__\d+(?:_\d+)?>d(?:__\d+)?\.MoveNext", "$1 lambda"),
            (r"<([^<>]+)>d__\d+(?:`\d+)?\.MoveNext", "$1"),
            (r"<([^<>]+)>b__\d+(?:_\d+)?", "$1 lambda"),
            (r"<([^<>]+)>g__(\w+)\|\d+(?:_\d+)?", "$1 $2"),
        ];
        rules.into_iter().filter_map(|(rule, name)| Some((Regex::new(rule).ok()?, name))).collect()
    });
    MADE_UP.iter().fold(function.to_string(), |name, (rule, replace)| rule.replace_all(&name, *replace).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_and_deployments_leave_a_path_as_it_is() {
        let check = |file: &str, expect: &str| assert_eq!(stable_file(file), expect, "{file}");
        check("/srv/releases/20260304120000/app/cup.py", "/srv/releases/app/cup.py");
        check("/srv/tea-1.2.3-rc1/lib/cup.py", "/srv/tea/lib/cup.py");
        check("/usr/lib/python3.11/json/decoder.py", "/usr/lib/python/json/decoder.py");
        check("static/main.3f2a1b9c.js?v=12", "static/main.js");
        check("assets/index-BxY3k9Qa.js", "assets/index.js");
        check("assets/index-D7f-Lm02.js", "assets/index.js");
        check("assets/page-controller.js", "assets/page-controller.js");
        check("hooks/use-OAuth2Client.ts", "hooks/use-OAuth2Client.ts");
        check("hooks/use-Base64Encoder.js", "hooks/use-Base64Encoder.js");
        check("app/decade2/run.js", "app/decade2/run.js");
        check(r"C:\tea\cup.cs", "C:/tea/cup.cs");
        check("api/v1/cups.py", "api/v1/cups.py");
    }

    #[test]
    fn compilers_and_runtimes_leave_a_function_as_it_is() {
        let check = |language: &str, function: &str, expect: &str| {
            assert_eq!(stable_function(function, Some(language)), expect, "{function}");
        };
        check("java", "com.tea.Shop.lambda$serve$3", "com.tea.Shop.lambda$serve$");
        check("rust", "tea::pour::h8a1f0c22d1b3e4f5", "tea::pour");
        check("go", "main.run.func1.2", "main.run.func");
        check("go", "main.run.func1.func3", "main.run.func");
        check("go", "main.funcs1", "main.funcs1");
        check("ruby", "Integer#/", "/");
        check("ruby", "block (2 levels) in Tea::Cart#sum", "block in sum");
        check("ruby", "<main>", "<main>");
        check("elixir", "Tea.Pot.pour(:cold, 1)", "Tea.Pot.pour");
        check("elixir", "anonymous fn/1 in Tea.Shop.serve/0", "anonymous fn in Tea.Shop.serve");
        check("csharp", "Tea.Shop.<ServeAsync>d__4.MoveNext", "Tea.Shop.ServeAsync");
        check("csharp", "Tea.Shop.<>c__DisplayClass4_0.<Serve>b__1", "Tea.Shop.Serve lambda");
        check("csharp", "Tea.Shop.<>c.<<Serve>b__0_1>d.MoveNext", "Tea.Shop.Serve lambda");
        check("csharp", "Tea.Shop.<Serve>g__Pour|4_0", "Tea.Shop.Serve Pour");
        check("javascript", "<anonymous>", "");
        check("javascript", "Object.<anonymous>", "Object.<anonymous>");
    }
}
