//! What a `gcp://` address names: a project, a folder, an organization or a view of a log bucket.
//! Leaves out whether it exists; only the API knows.

use std::fmt;

use crate::source::SourceError;

/// Where Cloud Logging entries are read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloudAddress {
    /// `gcp://PROJECT`
    Project(String),
    /// `gcp://folders/ID`
    Folder(String),
    /// `gcp://organizations/ID`
    Organization(String),
    /// `gcp://projects/P/locations/L/buckets/B/views/V`, kept as the resource name.
    View(String),
}

impl CloudAddress {
    /// Reads an address; `None` when the text does not start with `gcp://`.
    pub fn parse(text: &str) -> Option<Result<CloudAddress, SourceError>> {
        let rest = text.strip_prefix("gcp://")?;
        let parts: Vec<&str> = rest.strip_suffix('/').unwrap_or(rest).split('/').collect();
        let named = |part: &&str| is_name(part);
        let address = match parts.as_slice() {
            [project] | ["projects", project] if is_project(project) => CloudAddress::Project((*project).to_owned()),
            ["folders", id] if is_number(id) => CloudAddress::Folder((*id).to_owned()),
            ["organizations", id] if is_number(id) => CloudAddress::Organization((*id).to_owned()),
            ["projects" | "folders" | "organizations", _, "locations", _, "buckets", _, "views", _]
                if parts.iter().all(named) =>
            {
                CloudAddress::View(parts.join("/"))
            }
            _ => {
                return Some(Err(SourceError::new(format!("cannot read {text}"))
                    .caused_by("it names no project, folder, organization or view of a log bucket")
                    .hint("write gcp://PROJECT, gcp://folders/NUMBER, gcp://organizations/NUMBER or gcp://projects/P/locations/L/buckets/B/views/V")));
            }
        };
        Some(Ok(address))
    }

    /// Returns the resource name that requests carry.
    pub fn resource_name(&self) -> String {
        match self {
            CloudAddress::Project(project) => format!("projects/{project}"),
            CloudAddress::Folder(id) => format!("folders/{id}"),
            CloudAddress::Organization(id) => format!("organizations/{id}"),
            CloudAddress::View(name) => name.clone(),
        }
    }

    /// Returns the project, where the address is one or lies in one.
    pub fn project(&self) -> Option<&str> {
        match self {
            CloudAddress::Project(project) => Some(project),
            CloudAddress::View(name) => name.strip_prefix("projects/")?.split('/').next(),
            _ => None,
        }
    }
}

impl fmt::Display for CloudAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloudAddress::Project(project) => write!(f, "gcp://{project}"),
            other => write!(f, "gcp://{}", other.resource_name()),
        }
    }
}

/// A project id, a project number, or an id of the old kind with a domain (`example.com:shop`).
fn is_project(text: &str) -> bool {
    !matches!(text, "projects" | "folders" | "organizations") && text.len() <= 100 && is_name(text)
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_resource_names() {
        for (address, resource) in [
            ("gcp://wickshop-staging", "projects/wickshop-staging"),
            ("gcp://projects/wickshop", "projects/wickshop"),
            ("gcp://example.com:shop", "projects/example.com:shop"),
            ("gcp://folders/12345", "folders/12345"),
            ("gcp://organizations/9", "organizations/9"),
            (
                "gcp://projects/p/locations/global/buckets/_Default/views/_AllLogs",
                "projects/p/locations/global/buckets/_Default/views/_AllLogs",
            ),
        ] {
            let parsed = CloudAddress::parse(address).expect("gcp").expect("an address");
            assert_eq!(parsed.resource_name(), resource);
            assert_eq!(CloudAddress::parse(&parsed.to_string()), Some(Ok(parsed)), "{address}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_forms_there_are() {
        for wrong in [
            "gcp://",
            "gcp://folders/shop",
            "gcp://folders",
            "gcp://a/b",
            "gcp://p q",
            "gcp://projects/p/locations/global/buckets/b",
            "gcp://../etc",
        ] {
            let error = CloudAddress::parse(wrong).expect("gcp").expect_err(wrong);
            assert!(error.to_string().contains("gcp://folders/NUMBER"), "{error}");
        }
        assert_eq!(CloudAddress::parse("gs://bucket"), None);
    }
}
