//! Deployments that Cloud Audit Logs record come in with a severe question about one service, and stand in
//! the report as the change before the first event.
//! Leaves out other shapes of audit entries: see `entry::audit`.

use regex::Regex;
use serde_json::{Value, json};

use crate::fake_cloud::run::triage;
use crate::fake_cloud::{FakeCloud, Reply, entry};

/// Returns the string behind a key of the filter, unescaped.
fn quoted(filter: &str, key: &str) -> Option<String> {
    let (_, rest) = filter.split_once(&format!("{key}\""))?;
    let mut text = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    Some(text)
}

/// Whether the filter lets an audit entry through: by the method, and by a label or the resource's name.
fn lets_through(filter: &str, audit: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let matches = |key: &str, value: &Value| {
        quoted(filter, key).is_some_and(|regex| Regex::new(&regex).expect("a regex").is_match(&text(value)))
    };
    let labels = audit["resource"]["labels"].as_object().expect("labels");
    let labelled = labels.iter().any(|(name, value)| {
        quoted(filter, &format!("resource.labels.{name}=")).is_some_and(|wanted| wanted == text(value))
    });
    let payload = &audit["protoPayload"];
    matches("protoPayload.methodName=~", &payload["methodName"])
        && (labelled || matches("protoPayload.resourceName=~", &payload["resourceName"]))
}

fn audit(time: &str, kind: &str, labels: &Value, method: &str, resource: &str) -> Value {
    json!({
        "insertId": format!("{method}{resource}"),
        "logName": "projects/wickshop/logs/cloudaudit.googleapis.com%2Factivity",
        "resource": {"type": kind, "labels": labels},
        "severity": "NOTICE",
        "timestamp": time,
        "receiveTimestamp": time,
        "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": method, "resourceName": resource},
    })
}

/// What went wrong, written by the platform of the deployment.
fn failures(kind: &str, label: &str) -> Vec<Value> {
    let failed = |index: usize| {
        let time = format!("2026-03-10T09:{:02}:00Z", 30 + index);
        let mut failed = entry("checkout", &time, "ERROR", "payment refused by bank", &format!("f{index}"));
        failed["resource"] = json!({"type": kind, "labels": {label: "checkout", "project_id": "wickshop"}});
        failed
    };
    (0..5).map(failed).collect()
}

/// Type and label of what logs; type and label of the audit entry (`-`: none, so that the name of the
/// resource must tell); method and resource.
const DEPLOYMENTS: &str = "\
cloud_run_revision service_name cloud_run_revision service_name=checkout google.cloud.run.v1.Services.ReplaceService namespaces/wickshop/services/checkout
cloud_run_revision service_name cloud_run_revision service_name=checkout /InternalServices.ReplaceInternalService namespaces/wickshop/services/checkout
cloud_run_revision service_name cloud_run_revision service_name=checkout google.cloud.run.v2.Services.UpdateService projects/wickshop/locations/europe-west1/services/checkout
cloud_run_revision service_name audited_resource - google.cloud.run.v2.Services.CreateService projects/wickshop/locations/europe-west1/services/checkout
cloud_run_revision service_name audited_resource - google.cloud.run.v2.WorkerPools.UpdateWorkerPool projects/wickshop/locations/europe-west1/workerPools/checkout
cloud_run_job job_name cloud_run_job job_name=checkout google.cloud.run.v1.Jobs.ReplaceJob namespaces/wickshop/jobs/checkout
k8s_container container_name k8s_cluster cluster_name=prod io.k8s.apps.v1.deployments.patch apps/v1/namespaces/shop/deployments/checkout
k8s_container container_name k8s_cluster cluster_name=prod io.k8s.apps.v1.statefulsets.update apps/v1/namespaces/shop/statefulsets/checkout
k8s_container container_name k8s_cluster cluster_name=prod io.k8s.apps.v1.daemonsets.patch apps/v1/namespaces/shop/daemonsets/checkout
cloud_function function_name cloud_function function_name=checkout google.cloud.functions.v1.CloudFunctionsService.UpdateFunction projects/wickshop/locations/europe-west1/functions/checkout
cloud_function function_name audited_resource - google.cloud.functions.v2.FunctionService.UpdateFunction projects/wickshop/locations/europe-west1/functions/checkout
gae_app module_id gae_app module_id=checkout google.appengine.v1.Versions.CreateVersion apps/wickshop/services/checkout/versions/20260310t092900
gae_app module_id audited_resource - google.appengine.v1.Versions.CreateVersion apps/wickshop/services/checkout/versions/20260310t092900";

#[test]
fn a_deployment_of_the_service_is_the_change_before_the_first_event() {
    for row in DEPLOYMENTS.lines() {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [kind, label, audited, labels, method, resource] = words[..] else { panic!("{row}") };
        let labels = match labels.split_once('=') {
            Some((name, value)) => json!({ name: value }),
            None => json!({}),
        };
        let deployed = audit("2026-03-10T09:29:20Z", audited, &labels, method, resource);
        // Nearer to the first event, but of others: another service, another of the same beginning, and a mere reading.
        let mut others: Vec<Value> = ["billing", "checkout-v2"]
            .iter()
            .map(|name| {
                let labels = labels.to_string().replace("checkout", name);
                let labels = serde_json::from_str(&labels).expect("JSON");
                audit("2026-03-10T09:29:50Z", audited, &labels, method, &resource.replace("checkout", name))
            })
            .collect();
        others.push(audit(
            "2026-03-10T09:29:55Z",
            audited,
            &labels,
            "google.cloud.run.v1.Services.GetService",
            resource,
        ));
        let failures = failures(kind, label);
        let cloud = FakeCloud::with(Vec::new(), move |_, asked| {
            let filter = asked["filter"].as_str().unwrap_or("");
            let quarter = filter.contains("timestamp<\"2026-03-10T09:30:00Z\"");
            let late = filter.contains("receiveTimestamp");
            let audits = [&others[..], std::slice::from_ref(&deployed)].concat();
            let through: Vec<Value> = audits.into_iter().filter(|audit| lets_through(filter, audit)).collect();
            match (late, quarter) {
                (false, true) => Reply::Page(json!({"entries": through})),
                (false, false) if filter.contains("timestamp>=\"2026-03-10T09:30:00Z\"") => {
                    Reply::Page(json!({"entries": failures}))
                }
                _ => Reply::Page(json!({})),
            }
        });
        let ran = triage(&cloud, &["--min-severity", "ERROR", "--service", "checkout"]);
        assert_eq!(ran.code, 0, "{method}: {}", ran.stderr);
        let short: Vec<&str> = method.trim_start_matches('/').rsplit('.').take(2).collect();
        let target = resource.rsplit('/').next().expect("a name");
        let told = format!(
            "last recorded change before the first event: {}.{} on {target} at 2026-03-10T09:29:20.000Z, 40 s before it",
            short[1], short[0]
        );
        let trigger = ran.stdout.lines().find(|line| line.contains("before the first event")).unwrap_or("none");
        assert!(ran.stdout.contains(&told), "{method} of {audited}: {trigger}");
        assert_eq!(ran.json()["coverage"]["entries"], 6, "{method} of {audited}");
    }
}
