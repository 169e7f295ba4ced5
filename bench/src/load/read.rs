//! What a server sends, read as far as the check needs it.

use std::borrow::Cow;

use serde::Deserialize;

use super::check::{Fault, Turn};

/// An event or frame of Switchboard, or an event of a floor.
#[derive(Debug, Deserialize)]
struct Incoming<'a> {
    #[serde(default)]
    seq: Option<u64>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<&'a str>,
    #[serde(borrow, default)]
    op: Option<&'a str>,
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
    #[serde(default)]
    done: bool,
}

#[derive(Debug, Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Debug, Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
}

/// Takes one message that came at `now`; answers whether the turn is over.
pub(super) fn take(turn: &mut Turn, text: &str, now: u64) -> Result<bool, Fault> {
    if text == "[DONE]" {
        return Ok(true);
    }
    let incoming: Incoming<'_> = serde_json::from_str(text).map_err(|_| Fault::Refused(shortened(text)))?;
    if let Some(op) = incoming.op {
        return if op == "reject" { Err(Fault::Refused(shortened(text))) } else { Ok(false) };
    }
    turn.events += 1;
    if let Some(seq) = incoming.seq {
        turn.seq(seq)?;
    }
    match incoming.kind {
        None => {
            let delta = incoming.choices.first().and_then(|choice| choice.delta.content.as_deref());
            turn.text(delta.unwrap_or_default(), now)?;
            Ok(incoming.done)
        }
        Some("content_chunk") => turn.text(incoming.content.as_deref().unwrap_or_default(), now).map(|()| false),
        Some("turn_end") if incoming.status.as_deref() == Some("completed") => Ok(true),
        Some("error" | "turn_end") => Err(Fault::Refused(shortened(text))),
        Some(_) => Ok(false),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reader_understands_switchboard_and_the_floors() {
        for (texts, tokens, is_over) in [
            (&[r#"{"seq":1,"type":"content_chunk","content":"0@1 1@1 ","agentId":"a"}"#][..], 2, false),
            (
                &[r#"{"id":"c","choices":[{"index":0,"delta":{"content":"0@1 "},"finish_reason":null}]}"#, "[DONE]"],
                1,
                true,
            ),
            (&[r#"{"seq":1,"choices":[{"delta":{}}]}"#, r#"{"seq":2,"done":true}"#], 0, true),
            (
                &[
                    r#"{"op":"ack","seq":1}"#,
                    r#"{"seq":1,"type":"message_complete","content":"0@1 ","status":"complete"}"#,
                ],
                0,
                false,
            ),
            (&[r#"{"seq":1,"type":"turn_end","status":"completed","runs":1}"#], 0, true),
        ] {
            let mut turn = Turn::default();
            let mut over = false;
            for text in texts {
                over = take(&mut turn, text, 5).unwrap();
            }
            assert_eq!((turn.tokens(), over), (tokens, is_over), "{texts:?}");
        }
    }

    #[test]
    fn what_failed_on_the_server_is_a_fault() {
        for text in [
            r#"{"op":"reject","code":"busy","message":"later"}"#,
            r#"{"seq":1,"type":"error","error":"it broke","code":"model_failed"}"#,
            r#"{"seq":1,"type":"turn_end","status":"failed"}"#,
            "<html>",
        ] {
            assert!(matches!(take(&mut Turn::default(), text, 5), Err(Fault::Refused(_))), "{text}");
        }
    }
}
