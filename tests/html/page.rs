//! Reads a page as strictly as it is written, and tells what is wrong with it: loads, links, order, policy.
//! Leaves out what a browser makes of it: see `browser`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use regex::Regex;
use sha2::{Digest, Sha256};

const EMPTY: [&str; 2] = ["meta", "br"];

static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<(/?)([a-z0-9]+)((?:[^<>])*)>").expect("compiles"));
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"([\w-]+)="([^"]*)""#).expect("compiles"));

/// Returns everything that is wrong with a page; nothing for a good one.
pub(crate) fn faults(page: &str) -> Vec<String> {
    let mut faults = policy_faults(page);
    let body = without_verbatim(page);
    let (mut open, mut ids, mut anchors, mut level) = (Vec::new(), BTreeSet::new(), Vec::new(), 0);
    let tags = TAG.find_iter(&body).count();
    if body.matches('<').count() != tags + 1 || !body.starts_with("<!doctype html>\n<html lang=\"en\">") {
        faults.push("a `<` that begins no tag, or no doctype and language".to_string());
    }
    for tag in TAG.captures_iter(&body) {
        let name = &tag[2];
        if &tag[1] == "/" {
            if open.pop() != Some(name.to_string()) {
                faults.push(format!("</{name}> closes nothing"));
            }
            continue;
        }
        if !EMPTY.contains(&name) && !tag[3].ends_with('/') {
            open.push(name.to_string());
        }
        if let Some(found) = name.strip_prefix('h').and_then(|digit| digit.parse::<u32>().ok()) {
            if found > level + 1 {
                faults.push(format!("<{name}> after a heading of level {level}"));
            }
            level = found;
        }
        for attribute in ATTRIBUTE.captures_iter(&tag[3]) {
            let (key, value) = (&attribute[1], &attribute[2]);
            let text = ["title", "aria-label"].contains(&key);
            if key == "src" || key == "style" || key.starts_with("on") || (!text && value.contains("://")) {
                faults.push(format!("<{name} {key}=\"{value}\">"));
            }
            match key {
                "id" if !ids.insert(value.to_string()) => faults.push(format!("two ids {value}")),
                "href" if value.starts_with('#') => anchors.push(value[1..].to_string()),
                "href" if name == "a" && IN_THE_RUN.is_match(value) => {}
                "href" => faults.push(format!("a link to {value}")),
                _ => {}
            }
        }
    }
    faults.extend(open.iter().map(|name| format!("<{name}> is not closed")));
    faults.extend(anchors.into_iter().filter(|to| !ids.contains(to)).map(|to| format!("nothing has the id {to}")));
    if body.matches("<h1>").count() != 1 {
        faults.push("not one heading of level 1".to_string());
    }
    faults
}

static IN_THE_RUN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^incidents/P[0-3]-[0-9a-f]{8,32}/report\.html$").expect("compiles"));

/// The policy is there before anything it is about, and names exactly this style and this script.
fn policy_faults(page: &str) -> Vec<String> {
    let hash = |name: &str| {
        let text = inside(page, name).unwrap_or_default();
        format!("'sha256-{}'", base64::prelude::BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
    };
    let policy = format!(
        "<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; \
         script-src {}; base-uri 'none'; form-action 'none'\">",
        hash("style"),
        hash("script")
    );
    let head = page.find("<head>").map_or("", |at| page[at + 6..].trim_start());
    let mut faults = Vec::new();
    if !head.starts_with(&policy) {
        faults.push(format!("no such policy at the beginning of the head: {policy}"));
    }
    for name in ["<style>", "<script>"] {
        if page.matches(name).count() != 1 {
            faults.push(format!("not one {name}"));
        }
    }
    let style = inside(page, "style").unwrap_or_default();
    faults.extend(
        ["url(", "@import", "http"]
            .iter()
            .filter(|word| style.contains(**word))
            .map(|word| format!("{word} in the style")),
    );
    faults
}

/// Returns what stands in the only element of this name.
pub(crate) fn inside<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let rest = page.split_once(&format!("<{name}>"))?.1;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn without_verbatim(page: &str) -> String {
    let mut page = page.to_string();
    for name in ["style", "script"] {
        if let Some(text) = inside(&page, name).map(str::to_string) {
            page = page.replacen(&text, "", 1);
        }
    }
    page
}

/// Returns the text of every element of this name, as a reader sees it.
pub(crate) fn texts(page: &str, name: &str) -> Vec<String> {
    let body = without_verbatim(page);
    let starts = Regex::new(&format!("<{name}(?: [^<>]*)?>")).expect("compiles");
    let end = format!("</{name}>");
    let found = starts.find_iter(&body).filter_map(|start| body[start.end()..].split(&end).next());
    found.map(|inner| unescaped(&TAG.replace_all(inner, ""))).collect()
}

fn unescaped(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#96;", "`"), ("&amp;", "&")];
    signs.iter().fold(text.to_string(), |text, (written, read)| text.replace(written, read))
}
