//! The built-in function by which a model hands the turn over to a colleague.

use protocol::{AgentId, Code};
use serde_json::{Value, json};

use super::{assemble::ToolCall, wire::Function};
use crate::agent::{ToolOutcome, Turn};

/// The function's name; no tool may have it.
pub(super) const NAME: &str = "hand_over";
/// The longest reason that is passed on.
const REASON_CHARS_MAX: usize = 500;

/// The function, with the colleagues of this turn to choose from; none where there are none.
pub(super) fn function(turn: &Turn) -> Option<Function> {
    if turn.colleagues.is_empty() {
        return None;
    }
    let list: Vec<_> = turn.colleagues.iter().map(|one| format!("{}: {}", one.id, one.card.description)).collect();
    let parameters = json!({
        "type": "object",
        "properties": {
            "agent": { "type": "string", "enum": ids(turn) },
            "reason": { "type": "string", "description": "Why, for the user and the colleague." },
        },
        "required": ["agent"],
        "additionalProperties": false,
    });
    let description = format!("Hand the conversation over to a colleague.\n{}", list.join("\n"));
    Some(Function { name: NAME.to_owned(), description, parameters })
}

/// To whom and why this call hands over; none where it names nobody that is there.
pub(super) fn target(call: &ToolCall, turn: &Turn) -> Option<(AgentId, Option<String>)> {
    let arguments: Value = serde_json::from_str(&call.arguments).ok()?;
    let to: AgentId = arguments["agent"].as_str()?.parse().ok()?;
    turn.colleagues.iter().find(|colleague| colleague.id == to)?;
    let reason = arguments["reason"].as_str().map(|reason| reason.chars().take(REASON_CHARS_MAX).collect());
    Some((to, reason))
}

/// What the model reads when it named nobody that is there.
pub(super) fn refused(turn: &Turn) -> ToolOutcome {
    let message = format!("`agent` must be one of: {}", ids(turn).join(", "));
    ToolOutcome {
        result: json!({ "error": Code::ToolBadArguments, "message": message }),
        is_error: true,
        truncated: false,
    }
}

fn ids(turn: &Turn) -> Vec<&str> {
    turn.colleagues.iter().map(|colleague| colleague.id.as_str()).collect()
}
