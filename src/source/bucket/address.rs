//! Reads `gs://BUCKET/PREFIX` and `s3://BUCKET/PREFIX`.
//! Leaves out whether the bucket exists.

use std::fmt;

use object_store::path::Path;

use crate::source::SourceError;

/// Which kind of bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Google Cloud Storage.
    Gs,
    /// Amazon S3, and what speaks its protocol.
    S3,
}

impl Scheme {
    /// Returns `gs` or `s3`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Gs => "gs",
            Scheme::S3 => "s3",
        }
    }
}

/// A bucket and the prefix of the objects in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Which kind of bucket.
    pub scheme: Scheme,
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with, without a `/` at either end; empty for the whole bucket.
    pub prefix: Path,
    /// Whether the prefix was written with a `/` behind it: then it is a folder and nothing else.
    pub folder: bool,
}

impl Address {
    /// Reads an argument; `None` when it names no bucket.
    pub fn parse(argument: &str) -> Option<Result<Address, SourceError>> {
        let (scheme, rest) = argument.split_once("://")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "gs" => Scheme::Gs,
            "s3" => Scheme::S3,
            _ => return None,
        };
        Some(Address::of(scheme, rest, argument))
    }

    fn of(scheme: Scheme, rest: &str, argument: &str) -> Result<Address, SourceError> {
        let wrong = |cause: String| {
            let scheme = scheme.as_str();
            SourceError::new(format!("cannot read {argument}"))
                .caused_by(cause)
                .hint(format!("write {scheme}://BUCKET or {scheme}://BUCKET/PREFIX"))
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if bucket.is_empty() || !bucket.chars().all(plain) {
            return Err(wrong(format!("`{bucket}` is no name of a bucket")));
        }
        if prefix.contains(['*', '?']) {
            return Err(wrong("a pattern cannot be read in a bucket; a prefix reads everything below it".to_owned()));
        }
        let folder = prefix.is_empty() || prefix.ends_with('/');
        let prefix = Path::parse(prefix).map_err(|error| wrong(error.to_string()))?;
        Ok(Address { scheme, bucket: bucket.to_owned(), prefix, folder })
    }

    /// Returns the name of an object of this bucket, as coverage and evidence cite it.
    pub fn name_of(&self, key: &Path) -> String {
        format!("{}://{}/{key}", self.scheme.as_str(), self.bucket)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.bucket)?;
        if !self.prefix.is_root() {
            write!(f, "/{}", self.prefix)?;
        }
        Ok(())
    }
}
