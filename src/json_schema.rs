//! JSON Schemas: compiled once, then asked about values. Where they come from is not trusted.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// How many violations one answer names.
const VIOLATIONS_MAX: usize = 16;
/// The longest line of one violation, in bytes.
const VIOLATION_BYTES_MAX: usize = 240;
/// The largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1024 * 1024;

/// Compiles a schema. It may not refer to other documents, and its patterns run in linear time: neither look-around nor
/// back references.
///
/// # Errors
/// What is wrong with it, in words.
pub fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::draft202012::options()
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
        .build(schema)
        .map_err(|error| bounded(error.to_string()))
}

/// Says everything that is wrong with a value, each violation with its path, within bounds.
///
/// # Errors
/// The violations, in words.
pub fn check(validator: &Validator, value: &Value) -> Result<(), String> {
    let mut violations = validator.iter_errors(value).map(|error| {
        let path = error.instance_path().to_string();
        let place = if path.is_empty() { "at the top".to_owned() } else { format!("at `{path}`") };
        bounded(format!("{place}: {error}"))
    });
    let mut lines: Vec<String> = violations.by_ref().take(VIOLATIONS_MAX).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let more = violations.count();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Err(lines.join("; "))
}

/// Cuts a line to [`VIOLATION_BYTES_MAX`].
fn bounded(mut line: String) -> String {
    if line.len() > VIOLATION_BYTES_MAX {
        line.truncate(line.floor_char_boundary(VIOLATION_BYTES_MAX));
        line.push('…');
    }
    line
}
