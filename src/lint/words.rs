//! The word lists of the lint: blame, victory, vagueness, people, and words that need a source.
//! Leaves out any judgement of a sentence; a word counts where it stands in prose, not in a quotation.

/// Words by which a text blames.
pub(super) const BLAME: [&str; 14] = [
    "careless",
    "carelessly",
    "careful",
    "negligent",
    "negligence",
    "blame",
    "fault of",
    "human error",
    "user error",
    "should have known",
    "forgot",
    "copy-paste",
    "copy/paste",
    "sloppy",
];

/// Words that celebrate, animate or exaggerate.
pub(super) const LOUD: [&str; 33] = [
    "successfully",
    "perfect",
    "perfectly",
    "amazing",
    "excellent",
    "great",
    "awesome",
    "comprehensive",
    "robust",
    "enterprise-grade",
    "world-class",
    "mission accomplished",
    "victory",
    "triumph",
    "catastrophic",
    "disaster",
    "disastrous",
    "devastating",
    "massive",
    "massively",
    "huge",
    "extremely",
    "incredibly",
    "definitively",
    "guaranteed",
    "100% fixed",
    "bulletproof",
    "flawless",
    "ultra",
    "crucial",
    "critical success",
    "nightmare",
    "epic",
];

/// Verbs of which nobody can tell when they are done.
pub(super) const VAGUE: [&str; 11] = [
    "improve",
    "ensure",
    "be more careful",
    "make sure",
    "consider improving",
    "enhance",
    "optimize",
    "strengthen",
    "raise awareness",
    "look into",
    "think about",
];

/// Words that need a source.
pub(super) const SOURCED: [&str; 7] = ["production", "customer", "customers", "revenue", "money", "$", "€"];

/// People as causes.
pub(super) const PEOPLE: [&str; 7] =
    ["developer", "engineer", "operator", "intern", "the team forgot", "somebody", "someone"];
