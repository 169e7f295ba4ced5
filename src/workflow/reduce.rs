//! How a write adds up with what is there.

use serde_json::{Map, Number, Value};

use super::definition::Reducer;

/// The value after a write.
///
/// # Errors
/// In words, where the two do not add up.
pub(super) fn reduce(reducer: Reducer, old: &Value, new: Value) -> Result<Value, String> {
    match reducer {
        Reducer::Replace => Ok(new),
        Reducer::Append => append(old, new),
        Reducer::Add => add(old, &new),
        Reducer::Merge => merge(old, new),
    }
}

fn append(old: &Value, new: Value) -> Result<Value, String> {
    let mut items = match old {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        other => return Err(format!("`append` needs a list to add to, there is {}", kind(other))),
    };
    match new {
        Value::Array(more) => items.extend(more),
        one => items.push(one),
    }
    Ok(Value::Array(items))
}

fn add(old: &Value, new: &Value) -> Result<Value, String> {
    let zero = Number::from(0);
    let number = |value: &Value| match value {
        Value::Null => Ok(zero.clone()),
        Value::Number(number) => Ok(number.clone()),
        other => Err(format!("`add` needs numbers, got {}", kind(other))),
    };
    let (old, new) = (number(old)?, number(new)?);
    if let (Some(old), Some(new)) = (old.as_i64(), new.as_i64())
        && let Some(sum) = old.checked_add(new)
    {
        return Ok(sum.into());
    }
    let sum = old.as_f64().unwrap_or_default() + new.as_f64().unwrap_or_default();
    Number::from_f64(sum).map(Value::Number).ok_or_else(|| "`add` gives no finite number".to_owned())
}

fn merge(old: &Value, new: Value) -> Result<Value, String> {
    let mut merged = match old {
        Value::Null => Map::new(),
        Value::Object(entries) => entries.clone(),
        other => return Err(format!("`merge` needs an object to merge into, there is {}", kind(other))),
    };
    let Value::Object(changes) = new else { return Err(format!("`merge` needs an object, got {}", kind(&new))) };
    for (key, value) in changes {
        if value.is_null() {
            merged.remove(&key);
        } else {
            merged.insert(key, value);
        }
    }
    Ok(Value::Object(merged))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(reducer: Reducer, old: Value, new: Value, expected: Value) {
        let found = reduce(reducer, &old, new.clone()).unwrap_or_else(|words| json!({ "error": words }));
        assert_eq!(found, expected, "{reducer:?} {old} {new}");
    }

    #[test]
    fn each_reducer_does_what_its_name_says() {
        check(Reducer::Replace, json!(1), json!("x"), json!("x"));
        check(Reducer::Append, json!(null), json!(1), json!([1]));
        check(Reducer::Append, json!([1]), json!([2, 3]), json!([1, 2, 3]));
        check(Reducer::Add, json!(null), json!(2), json!(2));
        check(Reducer::Add, json!(2), json!(3), json!(5));
        check(Reducer::Add, json!(0.5), json!(1), json!(1.5));
        check(Reducer::Add, json!(i64::MAX), json!(1), json!(9_223_372_036_854_775_808_f64));
        check(Reducer::Merge, json!({"a": 1, "b": 2}), json!({"a": null, "c": 3}), json!({"b": 2, "c": 3}));
    }

    #[test]
    fn what_does_not_add_up_says_so() {
        check(
            Reducer::Append,
            json!("x"),
            json!(1),
            json!({"error": "`append` needs a list to add to, there is a text"}),
        );
        check(Reducer::Add, json!(1), json!("2"), json!({"error": "`add` needs numbers, got a text"}));
        check(Reducer::Merge, json!({}), json!([]), json!({"error": "`merge` needs an object, got a list"}));
        check(Reducer::Add, json!(f64::MAX), json!(f64::MAX), json!({"error": "`add` gives no finite number"}));
    }
}
