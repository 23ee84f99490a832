//! The fields of a Cloud Logging entry that tell what a calm entry is counted as, and the paths they stand at.
//! Leaves out reading them: see `calm`. Which names they have is `entry`'s to say.

use crate::entry::{MESSAGE_KEYS, Name, REVISIONS, SERVICES};

/// A field, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field(u8);

/// `insertId`, `logName`, `timestamp`, `receiveTimestamp`, `severity`.
pub(super) const INSERT_ID: Field = Field(0);
/// See [`INSERT_ID`].
pub(super) const LOG_NAME: Field = Field(1);
/// See [`INSERT_ID`].
pub(super) const TIME: Field = Field(2);
/// See [`INSERT_ID`].
pub(super) const RECEIVED: Field = Field(3);
/// See [`INSERT_ID`].
pub(super) const SEVERITY: Field = Field(4);
/// `textPayload`.
pub(super) const TEXT: Field = Field(5);

const TOP: [(&str, &str); 8] = [
    ("", "insertId"),
    ("", "logName"),
    ("", "timestamp"),
    ("", "receiveTimestamp"),
    ("", "severity"),
    ("", "textPayload"),
    ("httpRequest", "requestMethod"),
    ("httpRequest", "requestUrl"),
];

/// What proves that `httpRequest` says something.
pub(super) const REQUEST: std::ops::Range<u8> = 6..8;
/// What names the service, first first.
pub(super) const SERVICE: std::ops::Range<u8> = 8..20;
/// What names the revision, first first.
pub(super) const REVISION: std::ops::Range<u8> = 20..25;
/// What holds the message of a JSON payload, first first.
pub(super) const MESSAGE: std::ops::Range<u8> = 25..33;

impl Field {
    /// How many there are.
    pub(super) const COUNT: usize = 33;

    /// Returns its number.
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Returns the field at a path: the keys above it joined by a unit separator, which no key holds unescaped, and its own key.
    pub(super) fn at(above: &str, key: &str) -> Option<Field> {
        let name = |list: &[Name], from: u8| {
            let place = list.iter().position(|name| name.text == key)?;
            Some(Field(from + place as u8))
        };
        match above {
            "resource\u{1f}labels" => name(&SERVICES.0, SERVICE.start).or_else(|| name(&REVISIONS.0, REVISION.start)),
            "labels" => name(&SERVICES.1, SERVICE.start + SERVICES.0.len() as u8)
                .or_else(|| name(&REVISIONS.1, REVISION.start + REVISIONS.0.len() as u8)),
            "jsonPayload" => name(&MESSAGE_KEYS, MESSAGE.start),
            _ => {
                let place = TOP.iter().position(|path| *path == (above, key))?;
                Some(Field(place as u8))
            }
        }
    }

    /// Returns the first of a range that `has` holds for.
    pub(super) fn first(range: std::ops::Range<u8>, has: impl Fn(Field) -> bool) -> Option<Field> {
        range.map(Field).find(|field| has(*field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_those_of_the_lists() {
        assert_eq!(usize::from(REQUEST.end), TOP.len());
        assert_eq!(usize::from(SERVICE.end - SERVICE.start), SERVICES.0.len() + SERVICES.1.len());
        assert_eq!(usize::from(REVISION.end - REVISION.start), REVISIONS.0.len() + REVISIONS.1.len());
        assert_eq!(usize::from(MESSAGE.end), Field::COUNT);
        assert_eq!(Field::at("", "severity"), Some(SEVERITY));
        assert_eq!(Field::at("jsonPayload", "message").map(Field::index), Some(25));
        assert_eq!(Field::at("resource.labels", "app"), None);
    }
}
