//! A tool's JSON Schema: compiled once, then asked about every call.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// How many violations one answer names.
const VIOLATIONS_MAX: usize = 16;
/// The longest line of one violation, in bytes.
const VIOLATION_BYTES_MAX: usize = 240;
/// The largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1024 * 1024;

/// Compiles the schema of a tool's arguments. It may not refer to other documents, and its patterns run in linear time:
/// neither look-around nor back references.
pub(super) fn compile(parameters: &Value) -> Result<Validator, String> {
    if parameters.get("type") != Some(&Value::from("object")) {
        return Err("the schema must be an object with `type: object`".to_owned());
    }
    jsonschema::draft202012::options()
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
        .build(parameters)
        .map_err(|error| bounded(error.to_string()))
}

/// Says everything that is wrong with the arguments, each violation with its path, for the model to read.
pub(super) fn check(validator: &Validator, arguments: &Value) -> Result<(), String> {
    let mut violations = validator.iter_errors(arguments).map(|error| {
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
    Err(format!("the arguments do not fit the tool's schema: {}", lines.join("; ")))
}

/// Cuts a line to [`VIOLATION_BYTES_MAX`].
fn bounded(mut line: String) -> String {
    if line.len() > VIOLATION_BYTES_MAX {
        line.truncate(line.floor_char_boundary(VIOLATION_BYTES_MAX));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(schema: Value, says: &str) {
        let error = compile(&schema).unwrap_err();
        assert!(error.contains(says), "{schema}: {error}");
    }

    #[test]
    fn a_schema_that_cannot_be_held_is_refused() {
        refused(json!(true), "type: object");
        refused(json!({"type": "string"}), "type: object");
        refused(json!({"type": "object", "properties": {"a": {"type": "nonsense"}}}), "nonsense");
        refused(json!({"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}}), "example.com");
        refused(json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}), "passwd");
        refused(json!({"type": "object", "properties": {"a": {"pattern": "(?=a)a"}}}), "");
        refused(json!({"type": "object", "properties": {"a": {"pattern": "(a{1000}){1000}"}}}), "");
    }

    #[test]
    fn every_violation_is_named_with_its_path() {
        let schema = json!({
            "type": "object",
            "properties": {"price": {"type": "number"}, "list": {"type": "array", "items": {"type": "string"}}},
            "required": ["price", "name"],
            "additionalProperties": false,
        });
        let validator = compile(&schema).unwrap();
        assert_eq!(check(&validator, &json!({"price": 1, "name": 2})).map_err(|e| e.contains("name")), Err(true));
        let error = check(&validator, &json!({"price": "x", "list": ["a", 7], "extra": 1})).unwrap_err();
        for part in ["`/price`", "`/list/1`", "at the top", "extra", "name"] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }

    #[test]
    fn the_text_of_the_violations_is_bounded() {
        let validator = compile(&json!({"type": "object", "additionalProperties": {"type": "number"}})).unwrap();
        let arguments: Value = (0..500)
            .map(|n| (format!("{n}{}", "ж".repeat(400)), json!("я".repeat(400))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let error = check(&validator, &arguments).unwrap_err();
        assert!(error.len() < 6_000 && error.contains("and 484 more"), "{} bytes: {error}", error.len());
    }
}
