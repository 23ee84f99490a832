//! `tail` of Cloud Logging: what is asked, and what is said about the stream itself.
//! Leaves out the incidents: `tail` finds and prints them, wherever entries come from.

use serde_json::{Value, json};

use crate::entry::Timestamp;
use crate::source::cloud::{Live, LiveNews, Selection};
use crate::source::{self, Follow, SourcePath};

use super::arguments::TailArguments;
use super::failure::{Exit, Failure};
use super::{cloud, print};

/// Begins to follow the source; `window_nanos` is how far `--from-start` reaches back in Cloud Logging.
pub(super) fn follow(
    path: &SourcePath,
    arguments: &TailArguments,
    window_nanos: i64,
    now: Timestamp,
) -> Result<Follow, Failure> {
    let SourcePath::Cloud(address) = path else {
        return if arguments.cloud.is_empty() {
            Ok(Follow::open(path, arguments.from_start)?)
        } else {
            Err(cloud::no_source())
        };
    };
    let selection = selection(arguments)?;
    let start = if arguments.from_start { now.plus_nanos(-window_nanos) } else { now };
    Ok(Follow::live(path, Live::open(address, &selection, &cloud::settings(&arguments.cloud.credentials)?, start)?))
}

/// Prints what would be asked, without asking.
pub(super) fn explain(arguments: &TailArguments) -> Result<Exit, Failure> {
    let mut text = String::new();
    for path in source::expand(std::slice::from_ref(&arguments.source))? {
        let SourcePath::Cloud(address) = path else { return Err(cloud::no_source()) };
        let filter = selection(arguments)?.timeless(&address);
        let filter = if filter.is_empty() { "none: every entry" } else { &filter };
        text.push_str(&format!("resource names  {}\nfilter          {filter}\n", address.resource_name()));
    }
    print::text(&text)
}

fn selection(arguments: &TailArguments) -> Result<Selection, Failure> {
    let refused = |option: &str, why: &str, hint: &str| {
        Err(Failure::new(Exit::Usage, format!("{option} cannot be used with tail")).because(why).hint(hint))
    };
    if arguments.cloud.limit.is_some() {
        return refused("--limit", "a stream has no oldest entries to stop after", "say --stop-after, or use triage");
    }
    if arguments.cloud.widen {
        return refused("--widen", "a stream has no window whose edges errors touch", "leave it out, or use triage");
    }
    cloud::selection(&arguments.cloud, &arguments.min_severity)
}

/// Returns a piece of news as one JSON value.
pub(super) fn to_json(news: &LiveNews) -> Value {
    let mut line = json!({ "schema": "log-gardener/tail/1", "news": news.word() });
    let facts = match news {
        LiveNews::Lost { cause, attempt } => json!({ "cause": cause, "attempt": attempt }),
        LiveNews::Back => json!({}),
        LiveNews::Suppressed { count, reason } => json!({ "count": count, "reason": reason }),
        LiveNews::Gap(gap) => json!({
            "from": gap.window.from.to_string(), "to": gap.window.to.to_string(), "cause": gap.cause,
        }),
        LiveNews::Filled { from } => json!({ "from": from.to_string() }),
        LiveNews::Unreadable(reason) => json!({ "cause": reason }),
        LiveNews::Ended(followed) => json!({
            "entries": followed.entries, "repeated": followed.repeated, "gaps": followed.gaps,
        }),
    };
    if let (Some(line), Value::Object(facts)) = (line.as_object_mut(), facts) {
        line.extend(facts);
    }
    line
}
