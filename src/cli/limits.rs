//! `[limits]` of `log-gardener.toml`, and the options that go before it.
//! Leaves out what the limits mean: see `limits` and `docs/limits.md`.

use std::num::{NonZeroU64, NonZeroUsize};

use serde::Deserialize;

use crate::limits::Limits;

use super::arguments::InputArguments;
use super::failure::Failure;
use super::settings::Settings;

/// `[limits]`: none of them can be zero, for nothing would be read then.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsPart {
    record_bytes: Option<NonZeroUsize>,
    text_lines: Option<NonZeroUsize>,
    text_bytes: Option<NonZeroUsize>,
    unpacked_ratio: Option<NonZeroU64>,
    sources: Option<NonZeroUsize>,
    groups: Option<NonZeroUsize>,
    linked_events: Option<NonZeroUsize>,
    reports: Option<NonZeroUsize>,
    document_bytes: Option<NonZeroUsize>,
}

impl LimitsPart {
    /// Returns the limits with the defaults where none is set.
    pub(super) fn limits(&self) -> Limits {
        let size = |set: Option<NonZeroUsize>, default: usize| set.map_or(default, NonZeroUsize::get);
        let default = Limits::DEFAULT;
        Limits {
            record_bytes: size(self.record_bytes, default.record_bytes),
            text_lines: size(self.text_lines, default.text_lines),
            text_bytes: size(self.text_bytes, default.text_bytes),
            unpacked_ratio: self.unpacked_ratio.map_or(default.unpacked_ratio, NonZeroU64::get),
            sources: size(self.sources, default.sources),
            groups: size(self.groups, default.groups),
            linked_events: size(self.linked_events, default.linked_events),
            reports: size(self.reports, default.reports),
            document_bytes: size(self.document_bytes, default.document_bytes),
        }
    }
}

/// Returns the limits of the settings in the working directory.
pub(super) fn of_settings() -> Result<Limits, Failure> {
    Ok(Settings::read(None)?.limits.limits())
}

/// Returns the limits of a run: of its options, else of the settings that were read for it or lie here.
pub(super) fn of(arguments: &InputArguments) -> Result<Limits, Failure> {
    let limits = arguments.limits.map_or_else(of_settings, Ok)?;
    Ok(Limits {
        record_bytes: arguments.max_record_bytes.unwrap_or(limits.record_bytes),
        unpacked_ratio: arguments.max_unpacked_ratio.map_or(limits.unpacked_ratio, NonZeroU64::get),
        groups: arguments.max_groups.map_or(limits.groups, NonZeroUsize::get),
        ..limits
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FREE_BYTES;

    const PAGE: &str = include_str!("../../docs/limits.md");

    #[test]
    fn the_page_names_every_limit_with_its_default() {
        let block = PAGE.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the settings");
        let settings: Settings = toml::from_str(block).expect("it can be read");
        assert_eq!(settings.limits.limits(), Limits::DEFAULT);
        let keys: toml::Table = toml::from_str(block).expect("it can be read");
        let keys = keys["limits"].as_table().expect("a table");
        assert_eq!(keys.len(), 9, "every key stands in the page");
        for (key, value) in keys {
            let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
            let row = row.unwrap_or_else(|| panic!("{key} has no row"));
            let number = crate::report::numbers::number(value.as_integer().expect("a number").unsigned_abs());
            assert!(row.contains(&format!("| {number} |")), "{row} does not say {number}");
        }
        assert!(PAGE.contains(&format!("{} MiB", FREE_BYTES >> 20)));
    }

    #[test]
    fn what_cannot_be_set_is_as_the_page_says() {
        let number = |text: &str| text.replace(',', "").parse::<u64>();
        let fixed: Vec<(&str, u64)> = PAGE
            .lines()
            .skip_while(|line| !line.starts_with("## Fixed"))
            .filter_map(|line| {
                let mut cells = line.strip_prefix("| ")?.split(" | ");
                Some((cells.next()?, number(cells.next()?).ok()?))
            })
            .collect();
        let known = [
            ("nesting of a JSON value", 128),
            ("samples kept of a group", crate::group::SAMPLES as u64),
            ("values kept of what varies in a group", crate::group::VARIANT_LIMIT as u64),
            ("bytes of all values of what varies, over all groups", crate::group::texts::MOST_BYTES as u64),
            ("instances and minutes kept of a group", crate::group::DISTINCT_LIMIT as u64),
            ("depth of folders", crate::source::DEEPEST_FOLDER as u64),
            ("bytes of a file of patterns or templates", super::super::catalog::FILE_LIMIT),
            ("bytes of the name of a field that tells a person", super::super::catalog::FIELD_LIMIT as u64),
            ("parts of templates inside each other", crate::report::DEEPEST_INCLUDE as u64),
            ("frames kept of an exception", crate::event::trace::section::MAX_FRAMES as u64),
            ("exceptions of a chain", crate::event::trace::section::MAX_SECTIONS as u64),
            ("bytes of a line that `redact` reads", super::super::redact::LONGEST),
            ("bytes of a compiled expression of a user's pattern", 10 << 20),
            ("characters of a title", 256),
            ("characters of an issue or a comment", crate::publish::github::block::LIMIT as u64),
        ];
        assert_eq!(fixed, known);
    }

    #[test]
    fn no_limit_is_zero_and_none_is_misspelt() {
        for (text, cause) in [
            ("[limits]\ngroups = 0\n", "nonzero"),
            ("[limits]\ngroup = 5\n", "unknown field `group`"),
            ("[limits]\nsources = -1\n", "nonzero"),
        ] {
            let error = toml::from_str::<Settings>(text).expect_err("wrong").to_string();
            assert!(error.contains(cause) && error.contains("line 2"), "{error}");
        }
    }
}
