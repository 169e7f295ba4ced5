//! A tool's JSON Schema: compiled once, then asked about every call.

use jsonschema::Validator;
use serde_json::Value;

use crate::json_schema;

/// Compiles the schema of a tool's arguments.
pub(super) fn compile(parameters: &Value) -> Result<Validator, String> {
    if parameters.get("type") != Some(&Value::from("object")) {
        return Err("the schema must be an object with `type: object`".to_owned());
    }
    json_schema::compile(parameters)
}

/// Says everything that is wrong with the arguments, for the model to read.
pub(super) fn check(validator: &Validator, arguments: &Value) -> Result<(), String> {
    json_schema::check(validator, arguments)
        .map_err(|violations| format!("the arguments do not fit the tool's schema: {violations}"))
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
