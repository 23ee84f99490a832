//! Reads objects that only wrap lists of entries: dumps of Python scripts, `entries.list` responses.
//! Leaves out what such a dump counts of itself; the entries are counted here anew.

use super::json_measure::{Keys, Measured, measure};
use super::reader::Reader;
use crate::entry::{Json, Severity, Timestamp, parse_json, read_time};

/// Other values of a wrapper are collected up to this size.
const SMALL: usize = 64 << 10;

const LIST_KEYS: [&str; 8] =
    ["logs_by_severity", "raw_logs", "logs", "entries", "log_entries", "logEntries", "all_logs", "logs_by_service"];

/// Keys that only a record has: an object with one of them is a record with a list in it.
const RECORD_KEYS: [&str; 17] = [
    "message",
    "msg",
    "severity",
    "level",
    "levelname",
    "lvl",
    "insertId",
    "insert_id",
    "logName",
    "log_name",
    "textPayload",
    "text_payload",
    "jsonPayload",
    "json_payload",
    "event",
    "resource",
    "stream",
];

/// Returns whether a key of a wrapper may hold entries.
pub(super) fn is_list_key(key: &str) -> bool {
    LIST_KEYS.contains(&key)
}

/// Returns whether an object with these keys only wraps lists of entries.
pub(super) fn is_wrapper(keys: &[String]) -> bool {
    keys.iter().any(|key| is_list_key(key)) && !keys.iter().any(|key| RECORD_KEYS.contains(&key.as_str()))
}

impl Reader<'_> {
    /// Reads the wrapper at the window's start.
    pub(super) fn wrapper(&mut self, depth: usize) {
        self.scanner.advance(1);
        while let Some(key) = self.next_key() {
            match self.scanner.skip_blanks() {
                Some(b'[') if is_list_key(&key) => {
                    self.summary.set_format(if key == "entries" { "entries-list" } else { "python-dump" });
                    self.list(None, depth + 1);
                }
                Some(b'{') if is_list_key(&key) => {
                    self.summary.set_format("python-dump");
                    self.buckets(depth);
                }
                Some(_) => self.aside(&key),
                None => break,
            }
        }
    }

    /// Reads `{"ERROR": [...], "WARNING": [...]}`.
    fn buckets(&mut self, depth: usize) {
        self.scanner.advance(1);
        while let Some(key) = self.next_key() {
            match self.scanner.skip_blanks() {
                Some(b'[') => {
                    self.list(Severity::from_word(&key).filter(|severity| *severity != Severity::Default), depth + 1)
                }
                Some(_) => self.aside(&key),
                None => break,
            }
        }
    }

    /// Goes to the next key and past its colon; `None` when the object is closed, damaged or cut off.
    fn next_key(&mut self) -> Option<String> {
        loop {
            match self.scanner.skip_blanks() {
                Some(b',') => self.scanner.advance(1),
                Some(b'"') => {
                    let key = self.quoted(256);
                    if self.scanner.skip_blanks() == Some(b':') {
                        self.scanner.advance(1);
                        return Some(key.unwrap_or_default());
                    }
                }
                Some(b'}') => {
                    self.scanner.advance(1);
                    return None;
                }
                Some(_) => {
                    let line = self.scanner.line;
                    self.summary.damaged(format!("broken JSON: the dump's own structure breaks at line {line}"));
                    self.scanner.skip_line();
                    return None;
                }
                None => {
                    let line = self.scanner.line;
                    self.summary
                        .damaged(format!("cut off: the dump is not closed at line {line}, where the input ends"));
                    return None;
                }
            }
        }
    }

    /// Reads a value beside the lists; only the window that was asked for is of use.
    fn aside(&mut self, key: &str) {
        match self.scanner.peek(0) {
            Some(b'{' | b'[') => {
                let mut keys = Keys { seen: Vec::new(), large: usize::MAX, wanted: |_| false };
                match measure(&mut self.scanner, SMALL, &mut keys) {
                    Measured::Whole(length) => {
                        let text = self.take(length);
                        if let Ok(value) = parse_json(&text, &mut String::new()) {
                            self.window_asked(key, &value);
                        }
                    }
                    Measured::CutOff(length) => self.scanner.advance(length),
                    Measured::Broken { resume } if resume > 0 => self.scanner.advance(resume),
                    Measured::Broken { .. } => {
                        self.scanner.skip_line();
                    }
                    Measured::TooLong | Measured::Large => {}
                }
            }
            Some(b'"') => {
                if let Some(text) = self.quoted(SMALL) {
                    self.window_asked(key, &Json::String(text.into()));
                }
            }
            _ => {
                while !matches!(self.scanner.peek(0), None | Some(b',' | b'}' | b'\n')) {
                    self.scanner.advance(1);
                }
            }
        }
    }

    fn window_asked(&mut self, key: &str, value: &Json<'_>) {
        let time = |value: Option<&Json<'_>>| -> Option<Timestamp> { read_time(value?.as_str()?, self.options)?.at };
        match key {
            "time_range" | "timeRange" | "window" => {
                let either = |keys: [&str; 3]| keys.iter().find_map(|key| time(value.as_object()?.get(key)));
                self.summary.asked_from = either(["start", "from", "start_time"]).or(self.summary.asked_from);
                self.summary.asked_to = either(["end", "to", "end_time"]).or(self.summary.asked_to);
            }
            "start_time" | "startTime" => self.summary.asked_from = time(Some(value)).or(self.summary.asked_from),
            "end_time" | "endTime" => self.summary.asked_to = time(Some(value)).or(self.summary.asked_to),
            _ => {}
        }
    }
}
