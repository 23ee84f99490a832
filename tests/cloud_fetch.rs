//! Saving what Cloud Logging holds: the same incidents offline, manifests, stated gaps.
//! Leaves out kills and size: see `cloud_resume` and `cloud_size`; faults of single requests: `cloud_faults`.

use std::fs;

use serde_json::{Value, json};

use crate::fake_cloud::save::{NOW, entries, manifest, run, triage};
use crate::fake_cloud::{FakeCloud, refusal};

/// The incidents without the place where the entries stood.
fn incidents(view: &Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !matches!(name.as_str(), "source" | "line"));
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut incidents = view["incidents"].clone();
    strip(&mut incidents);
    incidents
}

#[test]
fn a_fetched_file_gives_the_same_incidents_as_its_source() {
    let cloud = FakeCloud::new(entries());
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let (code, live) = triage(&cloud, at, "gcp://wickshop");
    assert_eq!(code, 0);
    assert!(live["incidents"].as_array().is_some_and(|incidents| incidents.len() >= 2));
    for (name, magic) in [("e.ndjson.zst", &[0x28, 0xb5][..]), ("e.gz", &[0x1f, 0x8b]), ("e.ndjson", b"{\"")] {
        let (code, stdout, stderr) = run(&cloud, at, &["fetch", "gcp://wickshop", "--out", name]);
        assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
        assert!(fs::read(at.join(name)).expect("written").starts_with(magic), "{name}");
        let (code, offline) = triage(&cloud, at, name);
        assert_eq!(code, 0);
        assert_eq!(incidents(&offline), incidents(&live), "{name}");
        assert_eq!(offline["coverage"]["asked"], live["coverage"]["asked"]);
        assert_eq!(offline["coverage"]["entries"], 180);
        let manifest = manifest(at, name);
        assert_eq!(manifest["schema"], "log-gardener/manifest/1");
        assert_eq!(manifest["entries"], 180);
        assert_eq!(manifest["sha256"], offline["coverage"]["sources"][0]["sha256"]);
        assert_eq!(manifest["resource_names"], json!(["projects/wickshop"]));
        assert_eq!(manifest["asked"], json!({"from": "2026-03-10T09:00:00Z", "to": NOW}));
        assert_eq!(manifest["from"], "2026-03-10T09:00:01.500Z");
        assert_eq!(manifest["gaps"], json!([]));
    }
    let text = fs::read_to_string(at.join("e.ndjson")).expect("text");
    let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    // The API leaves DEFAULT out, and so does the file.
    assert_eq!(first["severity"], Value::Null);
    assert!(
        text.contains("\"severity\":\"ERROR\"") && text.contains("\"timestamp\":\"2026-03-10T09:00:30.000000001Z\"")
    );
    let names: Vec<String> = fs::read_dir(at)
        .expect("listed")
        .map(|found| found.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!names.iter().any(|name| name.contains(".part")), "{names:?}");
}

#[cfg(unix)]
#[test]
fn what_is_saved_is_its_owners_alone_unless_it_was_opened() {
    use std::os::unix::fs::PermissionsExt;
    let cloud = FakeCloud::new(entries());
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let mode = |name: &str| fs::metadata(at.join(name)).expect("written").permissions().mode() & 0o777;
    for _ in 0..2 {
        assert_eq!(run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "e.ndjson"]).0, 0);
        assert_eq!((mode("e.ndjson"), mode("e.ndjson.manifest.json")), (0o600, 0o600));
    }
    fs::set_permissions(at.join("e.ndjson"), fs::Permissions::from_mode(0o640)).expect("set");
    assert_eq!(run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "e.ndjson"]).0, 0);
    assert_eq!(mode("e.ndjson"), 0o640);
}

#[test]
fn a_manifest_of_other_bytes_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let cloud = FakeCloud::new(entries());
    assert_eq!(run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "e.ndjson"]).0, 0);
    let text = fs::read_to_string(at.join("e.ndjson")).expect("text");
    fs::write(at.join("e.ndjson"), text.lines().take(30).collect::<Vec<_>>().join("\n")).expect("written");
    let (_, view) = triage(&cloud, at, "e.ndjson");
    assert!(view["coverage"]["notes"].to_string().contains("its manifest belongs to other bytes"));
    assert_eq!(view["coverage"]["asked"]["from"], Value::Null);
}

#[test]
fn nothing_is_written_when_nothing_can_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let cloud = FakeCloud::with(entries(), |_, _| refusal(403, "PERMISSION_DENIED", "no", ""));
    let (code, stdout, stderr) = run(&cloud, at, &["fetch", "gcp://wickshop", "--out", "e.zst"]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(stderr.contains("roles/logging.viewer"), "{stderr}");
    assert_eq!(fs::read_dir(at).expect("listed").count(), 0);
    assert_eq!(run(&cloud, at, &["fetch", "gcp://wickshop"]).0, 2);
    assert_eq!(run(&cloud, at, &["fetch", "x.json", "--out", "e.zst"]).0, 3);
    let (code, _, stderr) =
        run(&FakeCloud::new(entries()), at, &["fetch", "gcp://wickshop", "--out", "/proc/none/e.zst"]);
    assert_eq!(code, 4, "{stderr}");
}
