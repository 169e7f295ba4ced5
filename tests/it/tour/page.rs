//! The page: what was said, by whom, and what was done for it.

use std::fmt::Write;

use serde_json::Value;

use super::scripts::{Chapter, Step};

const HEAD: &str = "\
# A tour

What a new user sees who starts the server as it comes (`cargo run --release`) and talks to it over a WebSocket: a listing is
made, corrected, approved and published, last week's numbers are read, a price is worked out and changed. No account, no key,
no model: the marketplace is a sandbox inside the server. Agents change in the middle of the conversation, and what one of
them asks it waits for, through restarts too.

`cargo xtask tour` makes this page out of a real conversation, on a Tuesday in November 2026 because the shop's history hangs
on the day, and the tests hold every line of it. In small print stand the tools that were called; article numbers, dates and
vendor codes are different on your machine.
";

/// Grows by what each step shows.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    user: &'static str,
    /// Calls that no line shows yet.
    calls: Vec<String>,
}

impl Page {
    pub(super) fn begin(&mut self, chapter: &Chapter) {
        self.user = chapter.user;
        self.line(&format!("\n## {}", chapter.title));
    }

    pub(super) fn add(&mut self, step: &Step, events: &[Value]) {
        let done = match step {
            Step::Say(content) => format!("{}: {content}", self.user),
            Step::Decide(decision) => format!("{}: *{decision}*", self.user),
        };
        self.line(&format!("\n---\n\n**{done}**"));
        for event in events {
            self.show(event);
        }
    }

    fn show(&mut self, event: &Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        match text("type") {
            "agent_switch" => self.small(&format!("{} → {}", text("fromAgent"), text("toAgent"))),
            "tool_execution" => self.calls.push(call(event)),
            "message_complete" => self.quote(text("content")),
            "approval_request" => self.small(&format!("{} waits for an approval", call(event))),
            "turn_end" => self.show_calls(),
            _ => {}
        }
    }

    fn small(&mut self, words: &str) {
        self.line(&format!("\n<sub>{words}</sub>"));
    }

    fn show_calls(&mut self) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.dedup();
        if !calls.is_empty() {
            self.small(&calls.join(", "));
        }
    }

    fn quote(&mut self, content: &str) {
        self.show_calls();
        self.line("");
        for line in content.trim_end().lines() {
            // Two blanks at the end keep a line for itself.
            let is_row = line.starts_with('|');
            let blanks = if line.is_empty() || is_row { "" } else { "  " };
            let quoted = format!("> {}{blanks}", without_codes(line));
            self.line(if line.is_empty() { ">" } else { &quoted });
        }
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a string takes all");
    }

    pub(super) fn text(&self) -> String {
        format!("{HEAD}{}", self.text)
    }
}

/// A call by its tool and what it is to do.
fn call(event: &Value) -> String {
    let tool = event["toolName"].as_str().unwrap_or_default();
    match event["arguments"]["operation"].as_str() {
        Some(operation) => format!("{tool}: {operation}"),
        None => tool.to_owned(),
    }
}

/// Vendor codes are made of the conversation's id.
fn without_codes(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("sb-") {
        let (before, code) = rest.split_at(at + 3);
        let length = code.bytes().take_while(u8::is_ascii_hexdigit).count();
        shown.push_str(before);
        shown.push_str(if length == 16 { "0123456789abcdef" } else { &code[..length] });
        rest = &code[length..];
    }
    shown + rest
}
