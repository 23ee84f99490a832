//! `doctor`: is everything there that reading Cloud Logging needs? One line each, with what mends it.
//! Leaves out trying: the source does that.

use serde_json::json;

use crate::source::cloud::{Check, CloudAddress, examine};

use super::arguments::{DoctorArguments, TextOrJson};
use super::failure::{Exit, Failure};
use super::{cloud, input, print};

/// Runs the command.
pub(super) fn run(arguments: DoctorArguments) -> Result<Exit, Failure> {
    let address = match &arguments.source {
        None => None,
        Some(text) => Some(CloudAddress::parse(text).ok_or_else(|| {
            Failure::new(Exit::Usage, format!("`{text}` is no gcp:// address")).hint("write gcp://PROJECT")
        })??),
    };
    let settings = cloud::settings(&arguments.credentials)?;
    let checks = examine(address.as_ref(), &settings, input::now(arguments.now.as_deref())?);
    let fine = checks.iter().all(|check| check.works != Some(false));
    match arguments.format {
        TextOrJson::Text => print::text(&text(&checks))?,
        TextOrJson::Json => print::json(&json!({
            "schema": "log-gardener/doctor/1",
            "fine": fine,
            "checks": checks.iter().map(|check| json!({
                "name": check.name,
                "works": check.works,
                "found": check.found,
                "mend": check.mend,
            })).collect::<Vec<_>>(),
        }))?,
    };
    Ok(if fine { Exit::Done } else { Exit::CannotSay })
}

fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let works = match check.works {
            Some(true) => "ok",
            Some(false) => "FAILS",
            None => "-",
        };
        text.push_str(&format!("{:<12} {works:<6} {}\n", check.name, print::plain(&check.found)));
        if let Some(mend) = &check.mend {
            text.push_str(&format!("{:<19} run: {}\n", "", print::plain(mend)));
        }
    }
    text
}
