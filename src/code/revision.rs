//! Which commit logged: as told, as labels and names of revisions say, else HEAD.
//! Leaves out reading labels (`entry`). A branch is no answer, for it moves on; hashes and tags stay.

use super::git::{GitFault, Oid, Repository};

/// Fewest digits by which a hash is taken for one.
const LEAST_DIGITS: usize = 7;

/// How it is said that nothing tells which commit logged.
pub const ASSUMED: &str = "HEAD, assumed";

/// Something in the log that may name the commit that logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The label or field, or `revision`.
    pub label: String,
    /// Its value: a hash, a version, an image with its tag, the name of a revision.
    pub value: String,
    /// Events that carry it.
    pub events: u64,
}

/// The commit that is read, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The commit.
    pub commit: Oid,
    /// How it is known, in a few words.
    pub from: String,
    /// What a reader must know about that.
    pub limits: Vec<String>,
}

/// Returns the commit that logged: `told` goes before the claims, and where none names a commit it is `head`.
pub fn deployed(repository: &Repository, told: Option<&Oid>, claims: &[Claim], head: &Oid) -> Deployed {
    if let Some(commit) = told {
        return Deployed { commit: commit.clone(), from: "--deployed".to_string(), limits: Vec::new() };
    }
    let mut claims: Vec<&Claim> = claims.iter().collect();
    claims.sort_by_key(|claim| (std::cmp::Reverse(claim.events), claim.label.clone(), claim.value.clone()));
    let mut found: Vec<(&Claim, Oid)> = Vec::new();
    let mut limits = Vec::new();
    for claim in claims {
        match meant(repository, claim) {
            Some(commit) if found.iter().all(|(_, known)| *known != commit) => found.push((claim, commit)),
            Some(_) => {}
            None if names_commits(&claim.label) => {
                limits.push(format!("{} `{}` names no commit of this repository", claim.label, claim.value));
            }
            None => {}
        }
    }
    let others = found.len().saturating_sub(1);
    match found.into_iter().next() {
        Some((claim, commit)) => {
            if others > 0 {
                limits.push(format!(
                    "the events come from {} commits; the one with the most events was read",
                    others + 1
                ));
            }
            let whole = claim.value == commit.as_str();
            let from = if whole { claim.label.clone() } else { format!("{} {}", claim.label, claim.value) };
            Deployed { commit, from, limits }
        }
        None => {
            limits.push("no label and no revision of the log names a commit of this repository: HEAD was read, and what runs may differ; name it with --deployed".to_string());
            Deployed { commit: head.clone(), from: ASSUMED.to_string(), limits }
        }
    }
}

/// Returns the commit that a name given by the user means.
pub fn told(repository: &Repository, name: &str) -> Result<Oid, GitFault> {
    repository.commit_named(name)
}

/// Whether a label holds commits and nothing else, so that one which is not found is worth a word.
fn names_commits(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ["commit", "sha", "vcs", "opencontainers.image.revision"].iter().any(|word| label.contains(word))
}

fn meant(repository: &Repository, claim: &Claim) -> Option<Oid> {
    let named = |name: String| repository.commit_named(&name).ok();
    hashes(&claim.value)
        .into_iter()
        .find_map(|hash| named(hash.to_string()).filter(|commit| commit.as_str().starts_with(hash)))
        .or_else(|| tags(&claim.value).into_iter().find_map(|tag| named(format!("refs/tags/{tag}"))))
}

/// Returns the words of a value that can be hashes of commits.
fn hashes(value: &str) -> Vec<&str> {
    // The digest of an image is the hash of something else, and so is the id of a build.
    let value = value.split("sha256:").next().unwrap_or("");
    let is_hash = |word: &&str| {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        (LEAST_DIGITS..=64).contains(&word.len())
            && word.bytes().all(hex)
            // A number is a date or a count, and letters alone are a word, unless they are very many.
            && (word.len() >= 40 || (digits > 0 && digits < word.len()))
    };
    let uuid = value.len() == 36 && value.bytes().filter(|byte| *byte == b'-').count() == 4;
    let words = value.split(|c: char| !c.is_ascii_alphanumeric()).map(|word| word.strip_prefix('g').unwrap_or(word));
    if uuid { Vec::new() } else { words.filter(is_hash).collect() }
}

/// Returns the names that a tag for this version may have.
fn tags(value: &str) -> Vec<String> {
    let version = value.split('@').next().unwrap_or("");
    let version = version.rsplit('/').next().unwrap_or("");
    let version = version.rsplit_once(':').map_or(version, |(_, tag)| tag);
    let is_version = version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    match is_version {
        true if version.starts_with('v') => vec![version.to_string()],
        true => vec![version.to_string(), format!("v{version}")],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{hashes, tags};

    #[test]
    fn hashes_are_told_from_numbers_words_and_digests() {
        for (value, expect) in [
            ("1a2b3c4", vec!["1a2b3c4"]),
            ("shop-1a2b3c4d-prod", vec!["1a2b3c4d"]),
            ("europe-docker.pkg.dev/p/shop/api:main-0a1b2c3d4e", vec!["0a1b2c3d4e"]),
            ("v1.4.2-12-g0a1b2c3", vec!["0a1b2c3"]),
            ("shop-00042-qix", vec![]),
            ("20260102", vec![]),
            ("defaced", vec![]),
            ("123e4567-e89b-42d3-a456-426614174000", vec![]),
            ("shop@sha256:00aa11bb22cc33dd44ee55ff00aa11bb22cc33dd44ee55ff00aa11bb22cc33dd", vec![]),
        ] {
            assert_eq!(hashes(value), expect, "{value}");
        }
    }

    #[test]
    fn versions_are_tags_and_moving_names_are_none() {
        assert_eq!(tags("1.4.2"), ["1.4.2", "v1.4.2"]);
        assert_eq!(tags("registry:5000/shop/api:v1.4.2@sha256:00"), ["v1.4.2"]);
        for moving in ["latest", "main", "shop-00042-qix", "api:latest", "5000"] {
            assert_eq!(tags(moving), Vec::<String>::new(), "{moving}");
        }
    }
}
