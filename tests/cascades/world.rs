//! Generated exports with known causes: incidents of many kinds, noise of their own groups, and decoys.
//! Leaves out what is made of them.

#![allow(unreachable_pub)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// 2026-05-04T00:00:00Z, in milliseconds.
const BEGIN: u64 = 1_777_852_800_000;
/// Every export covers two hours.
const LENGTH: u64 = 7_200_000;

/// An export and what is true of it.
#[derive(Default)]
pub struct World {
    pub entries: Vec<Value>,
    /// (cause, effect), by message: the effect happens because of the cause, directly or not.
    pub caused: BTreeSet<(String, String)>,
    /// The same without what lies in between: these must be found.
    pub direct: BTreeSet<(String, String)>,
    /// (insertId of a root event, insertIds of what followed from it).
    pub incidents: Vec<(String, Vec<String>)>,
    /// Roots, by message, with the kind of the incident.
    pub roots: Vec<(String, &'static str)>,
    /// Messages that nothing causes and that cause nothing.
    pub decoys: BTreeSet<String>,
    names: u64,
}

/// SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most.max(1)
    }

    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

const THINGS: [&str; 24] = [
    "kettle", "oven", "tray", "ladle", "pantry", "cellar", "apron", "whisk", "grater", "sieve", "griddle", "funnel",
    "skillet", "teapot", "cutter", "mixer", "peeler", "roller", "steamer", "toaster", "strainer", "blender", "carafe",
    "platter",
];
const PARTS: [&str; 20] = [
    "valve",
    "handle",
    "lid",
    "hinge",
    "spout",
    "burner",
    "gasket",
    "drawer",
    "timer",
    "filter",
    "latch",
    "nozzle",
    "switch",
    "shelf",
    "magnet",
    "spring",
    "thermostat",
    "rack",
    "bearing",
    "clamp",
];
const FAULTS: [&str; 20] = [
    "jammed",
    "leaking",
    "missing",
    "overheated",
    "unreadable",
    "misplaced",
    "frozen",
    "cracked",
    "blocked",
    "spilled",
    "rusted",
    "loose",
    "empty",
    "burnt",
    "clogged",
    "bent",
    "scorched",
    "dented",
    "unplugged",
    "tangled",
];

/// Where an event is logged.
#[derive(Clone, Copy)]
struct Place {
    service: u64,
    instance: u64,
}

/// One event of a group.
struct Event<'e> {
    text: &'e str,
    at: u64,
    place: Place,
    trace: Option<&'e str>,
    request: Option<&'e str>,
}

impl World {
    /// Returns a world of all kinds of incidents and decoys.
    pub fn new(seed: u64) -> World {
        let mut random = Random(seed);
        let random = &mut random;
        let mut world = World { names: random.below(9600), ..World::default() };
        for kind in ["trace", "trace", "instance", "instance", "chain", "request", "once", "two-causes", "crash-loop"] {
            world.incident(kind, random);
        }
        for kind in ["steady", "burst", "periodic", "elsewhere", "session", "traced"] {
            world.decoy(kind, random);
        }
        world
    }

    /// Returns the export, in the order of time.
    pub fn ndjson(&self) -> Vec<u8> {
        let mut entries: Vec<&Value> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry["timestamp"].as_str().map(str::to_owned));
        lines(&entries)
    }

    /// Returns the export, in another order.
    pub fn shuffled(&self, random: &mut Random) -> Vec<u8> {
        let mut entries: Vec<&Value> = self.entries.iter().collect();
        for at in (1..entries.len()).rev() {
            entries.swap(at, random.below(at as u64 + 1) as usize);
        }
        lines(&entries)
    }

    fn incident(&mut self, kind: &'static str, random: &mut Random) {
        let home = Place { service: random.below(6), instance: random.below(3) };
        let root = self.name();
        self.roots.push((root.clone(), kind));
        match kind {
            "trace" | "request" | "once" => self.across(kind, &root, home, random),
            "instance" => self.star(&root, home, random),
            "chain" => self.chain(&root, home, random),
            "two-causes" => self.two_causes(&root, home, random),
            _ => self.crash_loop(&root, home, random),
        }
    }

    /// One operation over several services: root, then what fails because of it.
    fn across(&mut self, kind: &str, root: &str, home: Place, random: &mut Random) {
        let effects: Vec<(String, Place, u64)> = (0..random.between(2, 5))
            .map(|_| {
                let place = Place { service: random.below(6), instance: random.below(3) };
                (self.name(), place, random.between(75, 100))
            })
            .collect();
        let times = if kind == "once" { 1 } else { random.between(3, 30) };
        for _ in 0..times {
            let mut at = random.below(LENGTH);
            let id = format!("{:016x}{:016x}", random.next(), random.next());
            let (trace, request) = if kind == "request" { (None, Some(&id[..16])) } else { (Some(id.as_str()), None) };
            let first = self.log(Event { text: root, at, place: home, trace, request }, random);
            let mut followed = Vec::new();
            for (text, place, often) in &effects {
                if kind != "once" && !random.chance(*often) {
                    continue;
                }
                at += random.between(2, 900);
                followed.push(self.log(Event { text, at, place: *place, trace, request }, random));
                self.follows(root, text);
            }
            self.incidents.push((first, followed));
        }
        if kind != "once" {
            self.noise(root, times / 4, home, random);
            for (text, place, _) in &effects {
                self.noise(text, random.between(0, times), *place, random);
            }
        }
    }

    /// Several effects on the instance of the cause, with noise of each.
    fn star(&mut self, root: &str, home: Place, random: &mut Random) {
        let effects: Vec<(String, u64)> =
            (0..random.between(2, 4)).map(|_| (self.name(), random.between(85, 100))).collect();
        let times = random.between(6, 40);
        for _ in 0..times {
            let place = Place { instance: random.below(3), ..home };
            let mut at = random.below(LENGTH);
            let first = self.log(Event { text: root, at, place, trace: None, request: None }, random);
            let mut followed = Vec::new();
            for (text, often) in &effects {
                at += random.between(2, 1000);
                if random.chance(*often) {
                    followed.push(self.log(Event { text, at, place, trace: None, request: None }, random));
                    self.follows(root, text);
                }
            }
            self.incidents.push((first, followed));
        }
        self.noise(root, times / 3, home, random);
        for (text, _) in &effects {
            self.noise(text, random.between(0, times), home, random);
        }
    }

    /// Each effect causes the next; a step may also happen by itself, and then what follows from it follows.
    fn chain(&mut self, root: &str, home: Place, random: &mut Random) {
        let steps = [root.to_string(), self.name(), self.name(), self.name()];
        let times = random.between(15, 40);
        for _ in 0..times {
            let place = Place { instance: random.below(3), ..home };
            let mut at = random.below(LENGTH);
            let begin = if random.chance(25) { random.between(1, 2) as usize } else { 0 };
            let first = self.log(Event { text: &steps[begin], at, place, trace: None, request: None }, random);
            let mut followed = Vec::new();
            for step in begin + 1..steps.len() {
                if !random.chance(85) {
                    break;
                }
                at += random.between(20, 1200);
                followed.push(self.log(Event { text: &steps[step], at, place, trace: None, request: None }, random));
                self.direct.insert((steps[step - 1].clone(), steps[step].clone()));
                for before in &steps[..step] {
                    self.caused.insert((before.clone(), steps[step].clone()));
                }
            }
            if begin == 0 {
                self.incidents.push((first, followed));
            }
        }
    }

    /// One effect that two faults have, each sometimes.
    fn two_causes(&mut self, root: &str, home: Place, random: &mut Random) {
        let (other, effect) = (self.name(), self.name());
        self.roots.push((other.clone(), "two-causes"));
        for cause in [root, other.as_str()] {
            for _ in 0..random.between(8, 25) {
                let place = Place { instance: random.below(3), ..home };
                let at = random.below(LENGTH);
                self.log(Event { text: cause, at, place, trace: None, request: None }, random);
                let later = at + random.between(10, 2500);
                self.log(Event { text: &effect, at: later, place, trace: None, request: None }, random);
                self.follows(cause, &effect);
            }
        }
    }

    /// The same errors at every start, start after start.
    fn crash_loop(&mut self, root: &str, home: Place, random: &mut Random) {
        let effects: Vec<String> = (0..random.between(2, 4)).map(|_| self.name()).collect();
        let mut at = random.below(LENGTH / 2);
        for boot in 0..random.between(6, 40) {
            at += random.between(15_000, 70_000);
            let place = Place { instance: home.instance + boot / 9, ..home };
            let mut then = at;
            let first = self.log(Event { text: root, at, place, trace: None, request: None }, random);
            let mut followed = Vec::new();
            for text in &effects {
                then += random.between(1, 700);
                followed.push(self.log(Event { text, at: then, place, trace: None, request: None }, random));
                self.follows(root, text);
            }
            self.incidents.push((first, followed));
        }
    }

    fn decoy(&mut self, kind: &str, random: &mut Random) {
        let home = Place { service: random.below(6), instance: random.below(3) };
        let text = self.name();
        self.decoys.insert(text.clone());
        match kind {
            // Now and then, everywhere.
            "steady" => self.noise(&text, random.between(40, 300), home, random),
            // Two that rise in the same minutes on the same instances, for a reason that logs nothing.
            "burst" => {
                let twin = self.name();
                self.decoys.insert(twin.clone());
                let from = random.below(LENGTH - 200_000);
                for text in [&text, &twin] {
                    for _ in 0..random.between(10, 40) {
                        let (at, place) = (from + random.below(150_000), Place { instance: random.below(3), ..home });
                        self.log(Event { text, at, place, trace: None, request: None }, random);
                    }
                }
            }
            // Often and regularly, so that it precedes everything.
            "periodic" => {
                for beat in 0..LENGTH / 8000 {
                    let at = beat * 8000 + random.below(200);
                    self.log(Event { text: &text, at, place: home, trace: None, request: None }, random);
                }
            }
            // Two that trouble the same few users, again and again, for reasons of their own.
            "session" => {
                let twin = self.name();
                self.decoys.insert(twin.clone());
                for user in 0..4 {
                    let session = format!("{:016x}", random.next());
                    let from = random.below(LENGTH - 400_000);
                    for text in [&text, &twin] {
                        for _ in 0..random.between(3, 8) {
                            let at = from + user + random.below(300_000);
                            let place = Place { instance: random.below(3), ..home };
                            let said = format!("{text} session_id={session}");
                            self.log(Event { text: &said, at, place, trace: None, request: None }, random);
                        }
                    }
                }
            }
            // One that stands in every eighth operation, whether or not something fails in it.
            "traced" => {
                let traced: Vec<(u64, String)> = self
                    .entries
                    .iter()
                    .filter_map(|entry| {
                        let time = chrono::DateTime::parse_from_rfc3339(entry["timestamp"].as_str()?).ok()?;
                        let trace = entry["trace"].as_str()?.rsplit('/').next()?.to_string();
                        Some((time.timestamp_millis() as u64 - BEGIN, trace))
                    })
                    .collect();
                let mut seen = BTreeSet::new();
                for (at, trace) in traced {
                    if seen.insert(trace.clone()) && random.chance(12) {
                        let at = at.saturating_sub(random.between(1, 400));
                        self.log(Event { text: &text, at, place: home, trace: Some(&trace), request: None }, random);
                    }
                }
                for _ in 0..1500 {
                    let (at, id) = (random.below(LENGTH), format!("{:016x}{:016x}", random.next(), random.next()));
                    let place = Place { instance: random.below(3), ..home };
                    self.log(Event { text: &text, at, place, trace: Some(&id), request: None }, random);
                }
            }
            // At the moment of another error, each time, in a service that shares nothing with it.
            _ => {
                let times: Vec<u64> = (0..12).map(|_| random.below(LENGTH)).collect();
                let twin = self.name();
                self.decoys.insert(twin.clone());
                for at in times {
                    let there = Place { service: (home.service + 1) % 6, instance: random.below(3) };
                    self.log(Event { text: &text, at, place: home, trace: None, request: None }, random);
                    let at = at + random.between(5, 900);
                    self.log(Event { text: &twin, at, place: there, trace: None, request: None }, random);
                }
            }
        }
    }

    fn follows(&mut self, cause: &str, effect: &str) {
        self.caused.insert((cause.to_string(), effect.to_string()));
        self.direct.insert((cause.to_string(), effect.to_string()));
    }

    /// Events of the group that follow from nothing.
    fn noise(&mut self, text: &str, times: u64, home: Place, random: &mut Random) {
        for _ in 0..times {
            let place = Place { instance: random.below(3), ..home };
            let id = format!("{:016x}{:016x}", random.next(), random.next());
            let trace = random.chance(50).then_some(id.as_str());
            self.log(Event { text, at: random.below(LENGTH), place, trace, request: None }, random);
        }
    }

    /// Returns a message that no other group has.
    fn name(&mut self) -> String {
        let n = self.names as usize;
        // Neighbours differ in every word.
        self.names += 1;
        let (thing, part, fault) = (n % 24, (n / 24 + n) % 20, (n / 480 + n * 7) % 20);
        format!("{} {} is {}", THINGS[thing], PARTS[part], FAULTS[fault])
    }

    fn log(&mut self, event: Event, random: &mut Random) -> String {
        let id = format!("e{:06}", self.entries.len());
        let time = chrono::DateTime::from_timestamp_millis((BEGIN + event.at) as i64).expect("a time");
        let text = match event.request {
            Some(request) => format!("{} request_id={request}", event.text),
            None => event.text.to_string(),
        };
        let service = format!("svc-{}", event.place.service);
        let mut entry = json!({
            "insertId": id,
            "timestamp": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "severity": *random.pick(&["ERROR", "ERROR", "ERROR", "CRITICAL"]),
            "logName": "projects/kitchen/logs/stderr",
            "resource": { "type": "cloud_run_revision", "labels": {
                "service_name": service, "revision_name": format!("{service}-00001") } },
            "labels": { "instanceId": format!("{service}-i{}", event.place.instance) },
            "textPayload": text,
        });
        if let Some(trace) = event.trace {
            entry["trace"] = format!("projects/kitchen/traces/{trace}").into();
        }
        self.entries.push(entry);
        id
    }
}

fn lines(entries: &[&Value]) -> Vec<u8> {
    entries.iter().flat_map(|entry| format!("{entry}\n").into_bytes()).collect()
}
