//! Everything that can be wrong with a config, in words that quote key, value and rule.

use std::{cmp::Ordering, fmt, sync::Arc};

use super::tree::{Place, Span};

/// What is wrong. The words never hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The file is too long.
    #[error("is larger than {bytes_max} bytes")]
    TooLarge {
        /// What is read at most.
        bytes_max: usize,
    },
    /// Not YAML, or YAML beyond its bounds.
    #[error("not readable as YAML: {0}")]
    Syntax(String),
    /// A key stands twice in one mapping.
    #[error("`{key}` is set twice; the first time in line {first_line}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stands first.
        first_line: u32,
    },
    /// A key that nothing reads.
    #[error("unknown key `{key}`; {hint}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest key, or all that are allowed.
        hint: String,
    },
    /// The wrong type, form or range.
    #[error("`{key}` must be {expected}, got {got}")]
    BadValue {
        /// The key.
        key: String,
        /// What is accepted.
        expected: String,
        /// What was found, cut; hidden if it may be a secret.
        got: String,
    },
    /// A key that must be there.
    #[error("`{key}` is missing; it must be {expected}")]
    Missing {
        /// The key.
        key: String,
        /// What is accepted.
        expected: String,
    },
    /// A graph that cannot be followed as it is written.
    #[error("`{key}`: {reason}")]
    Workflow {
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name that leads nowhere.
    #[error("`{key}` is `{value}`, but {known}")]
    Dangling {
        /// The key.
        key: String,
        /// The name.
        value: String,
        /// What there is instead.
        known: String,
    },
    /// A name that leads to a tool that does not do what is needed of it.
    #[error("`{key}` is `{value}`, {why}")]
    UnfitTool {
        /// The key.
        key: String,
        /// The name.
        value: String,
        /// What it lacks, and how to mend it.
        why: String,
    },
    /// The same id twice.
    #[error("`{key}` is `{value}`, which `{first}` is already; ids are unique")]
    DuplicateId {
        /// The key.
        key: String,
        /// The id.
        value: String,
        /// Who has it.
        first: String,
    },
    /// An id that the server keeps for itself.
    #[error("`{key}` is `{value}`, which is the server's own; take another id")]
    ReservedId {
        /// The key.
        key: String,
        /// The id.
        value: String,
    },
    /// Two values that do not fit together.
    #[error("`{key}` must be {relation} `{other}`, which is `{limit}`, got `{value}`")]
    Order {
        /// The key.
        key: String,
        /// `at most` or `less than`.
        relation: &'static str,
        /// The other key.
        other: String,
        /// Its value.
        limit: String,
        /// The value.
        value: String,
    },
    /// A key that another kind has.
    #[error("`{key}` has no meaning for the kind `{kind}`; only {only}")]
    NotOfKind {
        /// The key.
        key: String,
        /// The kind.
        kind: String,
        /// The kinds that have it, quoted, and the verb.
        only: String,
    },
    /// A prompt that is no template.
    #[error("`{key}` is not a template: {reason}")]
    Template {
        /// The key.
        key: String,
        /// Why not.
        reason: String,
    },
    /// A secret written into the file.
    #[error("`{key}` must be env:NAME or file:PATH, so that the config can be shared")]
    LiteralSecret {
        /// The key.
        key: String,
    },
    /// A secret that cannot be fetched.
    #[error("`{key}` refers to {from}, {reason}")]
    SecretUnavailable {
        /// The key.
        key: String,
        /// The reference.
        from: String,
        /// Why not, fit to follow the reference.
        reason: String,
    },
    /// An environment variable that leads nowhere.
    #[error("{0}")]
    Override(String),
    /// Not wrong, but worth a word.
    #[error("{0}")]
    Advice(String),
}

impl Rule {
    /// A stable name of the rule, for filters and tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::Syntax(_) => "syntax",
            Self::DuplicateKey { .. } => "duplicate_key",
            Self::UnknownKey { .. } => "unknown_key",
            Self::BadValue { .. } => "bad_value",
            Self::Missing { .. } => "missing",
            Self::Workflow { .. } => "workflow",
            Self::Dangling { .. } => "dangling",
            Self::UnfitTool { .. } => "unfit_tool",
            Self::DuplicateId { .. } => "duplicate_id",
            Self::ReservedId { .. } => "reserved_id",
            Self::Order { .. } => "order",
            Self::NotOfKind { .. } => "not_of_kind",
            Self::Template { .. } => "template",
            Self::LiteralSecret { .. } => "literal_secret",
            Self::SecretUnavailable { .. } => "secret_unavailable",
            Self::Override(_) => "override",
            Self::Advice(_) => "advice",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What.
    pub rule: Rule,
}

impl Finding {
    pub(super) fn new(place: Place, rule: Rule) -> Self {
        Self { place, rule }
    }

    /// The file first, from top to bottom; then the environment by name.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        fn rank(place: &Place) -> (u8, Option<Span>, &str) {
            match place {
                Place::Whole => (0, None, ""),
                Place::File(span) => (1, Some(*span), ""),
                Place::Environment(name) => (2, None, name),
            }
        }
        rank(&self.place).cmp(&rank(&other.place))
    }

    /// The finding in one line, as `FILE:LINE:COLUMN: WORDS` or `environment NAME: WORDS`.
    pub fn line(&self, source: &str) -> String {
        match &self.place {
            Place::File(span) => format!("{source}:{}:{}: {}", span.line, span.column, self.rule),
            Place::Environment(name) => format!("environment {name}: {}", self.rule),
            Place::Whole => format!("{source}: {}", self.rule),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line("config"))
    }
}

/// All that is wrong with a config, in the order of the file. `Display` is one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    /// The name of the file.
    pub(super) source: String,
    /// The file with its secrets blotted out; none where it could not be read.
    pub(super) text: Option<Arc<str>>,
    pub(super) findings: Vec<Finding>,
}

impl ConfigErrors {
    /// What is wrong, sorted by place.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The file that it is about.
    pub fn source_name(&self) -> &str {
        &self.source
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.findings.iter().map(|finding| finding.line(&self.source)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}
