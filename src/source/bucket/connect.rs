//! The way to a bucket: credentials, endpoints and time limits, all from the environment.
//! Leaves out keeping or showing a secret: `object_store` reads them itself.

use std::env;
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::address::{Address, Scheme};
use super::trouble;
use crate::source::SourceError;

/// How long one answer may take with all its retries, unless the environment says otherwise.
const TOTAL_SECONDS: u64 = 50;
/// Where virtual machines of both clouds ask who they are.
const METADATA: &str = "169.254.169.254:80";

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// For one answer (a page of a listing, an object, a chunk of it) with all its retries.
    pub(super) total: Duration,
}

impl Bounds {
    /// Returns the bounds; `LOG_GARDENER_BUCKET_TIMEOUT` (seconds) shortens them.
    pub(super) fn from_environment() -> Bounds {
        let named = set("LOG_GARDENER_BUCKET_TIMEOUT").and_then(|text| text.parse().ok());
        Bounds { total: Duration::from_secs(named.unwrap_or(TOTAL_SECONDS).clamp(1, 600)) }
    }

    /// No retry starts in the second half, so that the last one still has its time.
    fn retries(self) -> RetryConfig {
        let backoff =
            BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(8), base: 2.0 };
        RetryConfig { backoff, max_retries: 6, retry_timeout: self.total / 2 }
    }

    /// Large objects take their time, so only silence is limited.
    fn client(self) -> ClientOptions {
        ClientOptions::new()
            .with_timeout_disabled()
            .with_read_timeout(self.total / 2)
            .with_connect_timeout(Duration::from_secs(5).min(self.total / 2))
    }
}

/// Connects to the bucket of an address.
pub(super) fn connect(address: &Address, bounds: Bounds) -> Result<Arc<dyn ObjectStore>, SourceError> {
    match address.scheme {
        Scheme::Gs => google(address, bounds),
        Scheme::S3 => amazon(address, bounds),
    }
}

fn google(address: &Address, bounds: Bounds) -> Result<Arc<dyn ObjectStore>, SourceError> {
    // Objects stored with `Content-Encoding: gzip` come as they are stored; else the service would unpack
    // them, and neither length nor hash would be those of the stored bytes.
    let stored = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
    let mut client = bounds.client().with_default_headers(stored);
    let mut builder = GoogleCloudStorageBuilder::from_env();
    if let Some(emulator) = set("STORAGE_EMULATOR_HOST") {
        client = client.with_allow_http(true);
        builder = builder.with_base_url(&emulator_url(address, &emulator)?).with_skip_signature(true);
    } else {
        let given = [
            GoogleConfigKey::ServiceAccount,
            GoogleConfigKey::ServiceAccountKey,
            GoogleConfigKey::ApplicationCredentials,
            GoogleConfigKey::BearerToken,
        ];
        let given = given.iter().any(|key| builder.get_config_value(key).is_some());
        let anonymous = builder.get_config_value(&GoogleConfigKey::SkipSignature).as_deref() == Some("true");
        if !given && !anonymous {
            match gcloud_file() {
                Some(file) => builder = builder.with_application_credentials(file.to_string_lossy()),
                None if answers(set("GCE_METADATA_HOST")) => {}
                None => return Err(trouble::no_credentials(address)),
            }
        }
    }
    let built = builder
        .with_bucket_name(&address.bucket)
        .with_client_options(client)
        .with_retry(bounds.retries())
        .build()
        .map_err(|error| trouble::unusable(address, &error))?;
    Ok(Arc::new(built))
}

fn amazon(address: &Address, bounds: Bounds) -> Result<Arc<dyn ObjectStore>, SourceError> {
    let mut builder = AmazonS3Builder::from_env();
    let endpoint = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint]
        .iter()
        .find_map(|key| builder.get_config_value(key))
        .unwrap_or_default();
    let allowed = set("AWS_ALLOW_HTTP").is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1");
    let client = bounds.client().with_allow_http(allowed || is_loopback(&endpoint));
    if builder.get_config_value(&AmazonS3ConfigKey::Region).is_none()
        && let Some(region) = builder.get_config_value(&AmazonS3ConfigKey::DefaultRegion)
    {
        builder = builder.with_region(region);
    }
    let given = [
        AmazonS3ConfigKey::AccessKeyId,
        AmazonS3ConfigKey::WebIdentityTokenFile,
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
    ];
    let given = given.iter().any(|key| builder.get_config_value(key).is_some());
    let anonymous = builder.get_config_value(&AmazonS3ConfigKey::SkipSignature).as_deref() == Some("true");
    let disabled = set("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let metadata = builder.get_config_value(&AmazonS3ConfigKey::MetadataEndpoint);
    if !given && !anonymous && (disabled || !answers(metadata)) {
        return Err(trouble::no_credentials(address));
    }
    let built = builder
        .with_bucket_name(&address.bucket)
        .with_client_options(client)
        .with_retry(bounds.retries())
        .build()
        .map_err(|error| trouble::unusable(address, &error))?;
    Ok(Arc::new(built))
}

/// Returns the address of the emulator; anything but this machine is refused, as no credentials go there.
fn emulator_url(address: &Address, named: &str) -> Result<String, SourceError> {
    let url = if named.contains("://") { named.to_owned() } else { format!("http://{named}") };
    if is_loopback(&url) {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    Err(SourceError::new(format!("cannot read {address}"))
        .caused_by("STORAGE_EMULATOR_HOST names another machine; an emulator is read on this one only")
        .hint("set it to 127.0.0.1:PORT, or unset it to read the real service"))
}

fn is_loopback(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or("");
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the file that `gcloud auth application-default login` writes.
fn gcloud_file() -> Option<PathBuf> {
    let folder = match set("CLOUDSDK_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => PathBuf::from(set("APPDATA")?).join("gcloud"),
        None => PathBuf::from(set("HOME")?).join(".config/gcloud"),
    };
    Some(folder.join("application_default_credentials.json")).filter(|file| file.exists())
}

/// Whether there is somebody to ask for credentials, at the usual address or the one named: it is asked first
/// with a short limit, as waiting for nobody takes long.
fn answers(named: Option<String>) -> bool {
    let named = named.unwrap_or_else(|| METADATA.to_owned());
    let authority = named.split_once("://").map_or(named.as_str(), |(_, rest)| rest).split('/').next().unwrap_or("");
    let authority = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    let Ok(mut addresses) = authority.to_socket_addrs() else { return false };
    addresses.any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_an_emulator() {
        for url in ["http://127.0.0.1:9000", "http://localhost:1/x", "http://[::1]:9025", "127.0.0.1:80"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://10.0.0.1:9000", "http://localhost.evil.example", "http://127.0.0.1.evil.example:80", ""] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
