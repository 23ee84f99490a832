//! The nine severities of Cloud Logging and every spelling of them that logs use.
//! Leaves out finding a level inside a text: see `level`.

use std::fmt;

/// Severity as Cloud Logging orders it; the numbers are the API's (`LogSeverity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// No severity was given and none could be inferred.
    #[default]
    Default = 0,
    /// Debug or trace information.
    Debug = 100,
    /// Routine information.
    Info = 200,
    /// Normal but significant, such as a configuration change.
    Notice = 300,
    /// Might cause problems.
    Warning = 400,
    /// Likely to cause problems.
    Error = 500,
    /// More severe problems or outages.
    Critical = 600,
    /// A person must act at once.
    Alert = 700,
    /// One or more systems are unusable.
    Emergency = 800,
}

/// Bytes of the longest spelling, `INFORMATIONAL`.
const LONGEST_WORD: usize = 13;

impl Severity {
    /// Reads a severity word in any usual spelling (`warn`, `E`, `FATAL`, `err`), or `None`.
    pub fn from_word(word: &str) -> Option<Severity> {
        let word = word.trim().as_bytes();
        // No spelling is longer; most texts that are asked about are.
        let mut upper = [0; LONGEST_WORD];
        let upper = upper.get_mut(..word.len())?;
        upper.copy_from_slice(word);
        upper.make_ascii_uppercase();
        Some(match &*upper {
            b"DEFAULT" => Severity::Default,
            b"DEBUG" | b"TRACE" | b"FINE" | b"FINER" | b"FINEST" | b"VERBOSE" | b"DBG" | b"TRC" | b"D" => {
                Severity::Debug
            }
            b"INFO" | b"INFORMATION" | b"INFORMATIONAL" | b"I" | b"SUCCESS" | b"CONFIG" | b"INF" => Severity::Info,
            b"NOTICE" => Severity::Notice,
            b"WARNING" | b"WARN" | b"W" | b"WRN" => Severity::Warning,
            b"ERROR" | b"ERR" | b"E" | b"SEVERE" | b"EROR" => Severity::Error,
            b"CRITICAL" | b"CRIT" | b"FATAL" | b"FTL" | b"PNC" | b"PANIC" | b"DPANIC" | b"F" | b"C" => {
                Severity::Critical
            }
            b"ALERT" => Severity::Alert,
            b"EMERGENCY" | b"EMERG" => Severity::Emergency,
            _ => return None,
        })
    }

    /// Reads the API's number (`500` is `ERROR`); numbers between two steps count as the lower one.
    pub fn from_number(number: i64) -> Option<Severity> {
        Some(match number {
            0..=99 => Severity::Default,
            100..=199 => Severity::Debug,
            200..=299 => Severity::Info,
            300..=399 => Severity::Notice,
            400..=499 => Severity::Warning,
            500..=599 => Severity::Error,
            600..=699 => Severity::Critical,
            700..=799 => Severity::Alert,
            800..=899 => Severity::Emergency,
            _ => return None,
        })
    }

    /// Returns the API's name, upper case.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Default => "DEFAULT",
            Severity::Debug => "DEBUG",
            Severity::Info => "INFO",
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
            Severity::Critical => "CRITICAL",
            Severity::Alert => "ALERT",
            Severity::Emergency => "EMERGENCY",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl serde::Serialize for Severity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
