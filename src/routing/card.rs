//! What an agent says of itself, as far as others go by it.

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AgentCard {
    /// Its name for people.
    pub name: String,
    /// What it does, in a sentence for users.
    pub description: String,
    /// The version of its behaviour.
    pub version: String,
    /// The kind that config names: `model`, `pricing`, `concierge`.
    pub kind: String,
    /// Words or phrases that say that a message is for it; a trailing `*` stands for any ending.
    pub intents: Vec<String>,
    /// Utterances that it answers well, in the languages of its users.
    pub examples: Vec<String>,
    /// Between equal scores the higher goes first.
    pub priority: i32,
    /// It can take a further message while it runs.
    pub steerable: bool,
    /// After a crash it goes on from what its run had done. Of one that does not, a turn that had used a tool fails.
    pub replays: bool,
}

/// What a router asks an agent.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The user's message.
    pub content: &'a str,
    /// Whether this agent answered last.
    pub is_current: bool,
}

/// An agent's own word on whether a message is for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Go by my intents: what most agents say.
    ByIntents,
    /// Add this many points to the score of my intents.
    Add(u32),
    /// Not mine, whatever the intents say.
    Decline,
}
