//! What is asked of the marketplace: what buyers searched for, and the seller's own cards.

use async_trait::async_trait;

use crate::tools::ToolContext;

/// What is searched for, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    /// As buyers wrote it.
    pub phrase: String,
    /// Searches in the period of the report.
    pub frequency: u64,
}

/// A card of the seller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnCard {
    /// Its article, where the source has one: search reports are told by it.
    pub article: Option<u64>,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The values of its characteristics, without their names.
    pub characteristics: Vec<String>,
}

/// What the keywords are for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeywordQuery {
    /// The marketplace's word for what it is, if known.
    pub subject: Option<String>,
    /// The title of the card, if there is one yet.
    pub title: Option<String>,
}

/// Why a source has nothing to say; the words are told with the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It cannot be asked now: says why, and what to do.
    #[error("{0}")]
    Unavailable(String),
    /// It may not be asked: no token, or one without this right.
    #[error("{0}")]
    Refused(String),
}

/// Where cards and search reports come from. A source that fails costs its own candidates, never the call; one that is
/// silent is dropped before the call's time is over.
#[async_trait]
pub trait KeywordSource: Send + Sync + std::fmt::Debug + 'static {
    /// Cards of this seller, of the same subject where the source can tell.
    ///
    /// # Errors
    /// [`SourceError`].
    async fn own_cards(&self, query: &KeywordQuery, context: &ToolContext) -> Result<Vec<OwnCard>, SourceError>;

    /// What buyers searched for who came to these cards. Rows that are not about the product may be among them; they are
    /// left out by their words.
    ///
    /// # Errors
    /// [`SourceError`].
    async fn search_texts(&self, cards: &[OwnCard], context: &ToolContext) -> Result<Vec<SearchText>, SourceError>;
}

/// Knows nothing: for a server that has no marketplace to ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSource;

#[async_trait]
impl KeywordSource for NoSource {
    async fn own_cards(&self, _: &KeywordQuery, _: &ToolContext) -> Result<Vec<OwnCard>, SourceError> {
        Ok(Vec::new())
    }

    async fn search_texts(&self, _: &[OwnCard], _: &ToolContext) -> Result<Vec<SearchText>, SourceError> {
        Ok(Vec::new())
    }
}
