//! A calculator for models, which are bad at arithmetic: decimal, so that 0.1 + 0.2 is 0.3.

mod arithmetic;
mod error;
mod lexer;
mod parser;

use async_trait::async_trait;
use serde_json::{Value, json};

pub use self::error::CalculatorError;
use super::{Effect, Tool, ToolContext, ToolError, ToolSpec};

/// The longest expression, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 1000;
/// How deep parentheses, signs and powers may stand within each other.
const LEVELS_MAX: usize = 64;

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calculated {
    /// The value: a decimal number without zeros at its end.
    pub result: String,
    /// Digits may have been lost: the exact value may need more than 28 of them.
    pub rounded: bool,
}

/// Calculates an expression: `+ - * / % ^`, parentheses, signs, percent (`20%` is 0.2), `round(x, digits)`, `min`, `max`
/// and `abs`. Decimals have a point; a comma outside of a function is refused, because `1,234` has two meanings.
///
/// # Errors
/// [`CalculatorError`], in words for the one who wrote the expression.
pub fn calculate(expression: &str) -> Result<Calculated, CalculatorError> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        return Err(CalculatorError::TooLong(expression.len()));
    }
    let number = parser::value_of(expression)?;
    Ok(Calculated { result: number.text(), rounded: number.rounded })
}

/// The tool around [`calculate`].
#[derive(Debug)]
pub struct Calculator {
    spec: ToolSpec,
}

impl Calculator {
    /// Its usual name.
    pub const NAME: &'static str = "calculator";

    /// A calculator under its usual name, in its own words.
    pub fn new() -> Self {
        Self::named(Self::NAME, None)
    }

    /// A calculator under this name, which models read with this description in place of its own words.
    pub fn named(name: &str, description: Option<String>) -> Self {
        let own_words = "Calculates an arithmetic expression in exact decimals. Operators: + - * / % ^ and \
            parentheses; `20%` means 0.2, so a price with 20% on top is `price * (1 + 20%)`. Functions: \
            round(x, digits), min(a, b, ...), max(a, b, ...), abs(x). Write decimals with a point and thousands \
            without a separator. The answer's `result` is a decimal number as text; `rounded` is true where it may \
            need more than 28 digits.";
        let parameters = json!({
            "type": "object",
            "properties": {
                "expression": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": EXPRESSION_BYTES_MAX,
                    "description": "For example: round((1200 + 350) / (1 - 15% - 20%), 2)",
                },
            },
            "required": ["expression"],
            "additionalProperties": false,
        });
        let description = description.unwrap_or_else(|| own_words.to_owned());
        Self { spec: ToolSpec { name: name.to_owned(), description, parameters, effect: Effect::Pure } }
    }
}

impl Default for Calculator {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Tool for Calculator {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Value, _: &ToolContext) -> Result<Value, ToolError> {
        let expression = arguments["expression"].as_str().unwrap_or_default();
        let calculated = calculate(expression).map_err(|error| ToolError::Failed(error.to_string()))?;
        Ok(json!({"result": calculated.result, "rounded": calculated.rounded}))
    }
}

#[cfg(test)]
mod tests;
