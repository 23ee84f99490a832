//! What varies among the members of a group, counted while it grows: few numbers instead of maps of texts.
//! Leaves out where events come from: see `counts`.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::pattern::Catalog;

use super::error_group::VARIANT_LIMIT;
use super::texts::Words;

/// Stands for all values that are not told apart.
const OTHERS: u32 = u32::MAX;

/// Name, value, and how many events have it; in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Variants(Vec<(u32, u32, u64)>);

/// The names and values of all groups by number: of names there are few, of values as many as there is room for.
#[derive(Debug, Default)]
pub(super) struct Varying {
    names: Vec<Box<str>>,
    values: Words,
}

impl Varying {
    fn name(&mut self, name: &str) -> u32 {
        let known = self.names.iter().position(|known| **known == *name);
        known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        }) as u32
    }
}

impl Variants {
    /// Counts what an event says.
    pub(super) fn count(&mut self, event: &Event, catalog: &Catalog, words: &mut Varying) {
        if let Some(known) = &event.known {
            let identity = &catalog.errors.get(known.pattern).identity;
            for (name, value) in &known.captures {
                // What the request and the exception say is counted from them.
                let elsewhere = matches!(name.as_str(), "type" | "status" | "method" | "path" | "route" | "client");
                if !elsewhere && !identity.iter().any(|counting| **counting == **name) {
                    self.add(name, value, words);
                }
            }
        }
        if let Some(request) = &event.entry.http {
            let call = [request.method.as_deref(), request.path.as_deref()];
            self.add("call", &call.into_iter().flatten().collect::<Vec<_>>().join(" "), words);
            if let Some(agent) = request.user_agent.as_deref() {
                self.add("user agent", agent, words);
            }
            if let Some(kind) = event.client {
                self.add("client", kind.name(), words);
            }
        }
    }

    fn add(&mut self, name: &str, value: &str, words: &mut Varying) {
        if value.is_empty() {
            return;
        }
        let name = words.name(name);
        let has_room = self.0.iter().filter(|known| known.0 == name && known.1 != OTHERS).count() < VARIANT_LIMIT;
        let value = if has_room { words.values.number(value) } else { words.values.known(value) };
        let mut counted = self.0.iter().map(|known| (known.0, known.1));
        let known = value.and_then(|value| counted.position(|known| known == (name, value)));
        let value = value.filter(|_| has_room || known.is_some()).unwrap_or(OTHERS);
        match known.or_else(|| self.0.iter().position(|known| (known.0, known.1) == (name, value))) {
            Some(at) => self.0[at].2 += 1,
            None => self.0.push((name, value, 1)),
        }
    }

    /// Returns the counts by name and value.
    pub(super) fn by_name(&self, words: &Varying) -> BTreeMap<String, BTreeMap<String, u64>> {
        let mut all: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (name, value, count) in &self.0 {
            let value = if *value == OTHERS { "(others)".to_string() } else { words.values.get(*value) };
            let name = words.names.get(*name as usize).map_or("", |name| name);
            *all.entry(name.to_string()).or_default().entry(value).or_default() += count;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_limit_are_counted_together() {
        let (mut variants, mut words) = (Variants::default(), Varying::default());
        for round in 0..2 {
            for number in 0..VARIANT_LIMIT + 3 {
                variants.add("call", &format!("GET /tea/{number}"), &mut words);
            }
            variants.add("client", "probe", &mut words);
            variants.add("client", "", &mut words);
            let told = variants.by_name(&words);
            assert_eq!(told["call"].len(), VARIANT_LIMIT + 1);
            assert_eq!((told["call"]["GET /tea/0"], told["call"]["(others)"]), (round + 1, 3 * (round + 1)));
            assert_eq!(told["client"], BTreeMap::from([("probe".to_string(), round + 1)]));
        }
    }

    #[test]
    fn without_room_for_new_values_known_ones_are_counted() {
        let (mut variants, mut words) = (Variants::default(), Varying::default());
        variants.add("call", "GET /tea", &mut words);
        let mut numbers = 0..;
        for size in (0..=20).rev() {
            let long = "x".repeat(1 << size);
            while words.values.number(&format!("{long}{:?}", numbers.next())).is_some() {}
        }
        for value in ["GET /tea", "GET /pot", "PUT /pot"] {
            variants.add("call", value, &mut words);
        }
        variants.add("a new name", "probe", &mut words);
        let told = variants.by_name(&words);
        assert_eq!(told["call"], BTreeMap::from([("GET /tea".to_string(), 2), ("(others)".to_string(), 2)]));
        assert_eq!(told["a new name"], BTreeMap::from([("(others)".to_string(), 1)]));
    }
}
