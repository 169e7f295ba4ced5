//! Expressions and templates over the state: minijinja, strict about names and bounded in steps.
//!
//! A value is literal, but for texts: `= price * 2` is an expression and gives any JSON value; a text with `{{` or `{%` is
//! a template and gives text. Beside the keys of the state there are `user` (`message`, the text that the turn answers; `language`, `en` or `ru`) and
//! `error` (`code`, `message`), what went wrong last.

use std::{collections::HashSet, sync::LazyLock};

use minijinja::{Environment, Expression, UndefinedBehavior, value::Serde};
use serde_json::{Map, Value};

/// Steps that one evaluation may take: no expression can loop for ever.
const FUEL: u64 = 50_000;
/// Names that are there beside the keys of the state.
pub(super) const NAMES: [&str; 2] = ["user", "error"];

/// Expressions stand in no template and share one environment.
static EXPRESSIONS: LazyLock<Environment<'static>> = LazyLock::new(environment);

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // What is said goes to people and into JSON, not into a page.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {reason}")]
pub struct ExpressionError {
    /// The expression or template.
    pub text: String,
    /// What is wrong.
    pub reason: String,
}

impl ExpressionError {
    fn new(text: &str, error: &minijinja::Error) -> Self {
        let line = error.line().filter(|line| *line > 1).map(|line| format!(", in its line {line}"));
        let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        let reason = format!("{}{detail}{}", error.kind(), line.unwrap_or_default());
        Self { text: text.to_owned(), reason }
    }
}

/// A condition or a value, compiled.
#[derive(Debug)]
pub(super) struct Formula {
    text: String,
    compiled: Expression<'static, 'static>,
}

impl Formula {
    pub(super) fn compile(text: &str) -> Result<Self, ExpressionError> {
        let compiled = EXPRESSIONS.compile_expression_owned(text.trim().to_owned());
        let compiled = compiled.map_err(|error| ExpressionError::new(text, &error))?;
        Ok(Self { text: text.to_owned(), compiled })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn names(&self) -> HashSet<String> {
        self.compiled.undeclared_variables(false)
    }

    pub(super) fn value(&self, scope: &Scope) -> Result<Value, ExpressionError> {
        let wrong = |error: &minijinja::Error| ExpressionError::new(&self.text, error);
        let value = self.compiled.eval(scope.0.clone()).map_err(|error| wrong(&error))?;
        serde_json::to_value(&value)
            .map_err(|error| ExpressionError { text: self.text.clone(), reason: error.to_string() })
    }

    /// Whether it holds: what is neither `false`, `none`, 0 nor empty does.
    pub(super) fn holds(&self, scope: &Scope) -> Result<bool, ExpressionError> {
        let value = self.compiled.eval(scope.0.clone()).map_err(|error| ExpressionError::new(&self.text, &error))?;
        Ok(value.is_true())
    }
}

/// A text with places to fill in, compiled.
#[derive(Debug)]
pub(super) struct Text {
    text: String,
    /// With one template, whose name is empty. None where there is nothing to fill in.
    environment: Option<Environment<'static>>,
}

impl Text {
    pub(super) fn compile(text: &str) -> Result<Self, ExpressionError> {
        let mut own = Self { text: text.to_owned(), environment: None };
        if text.contains("{{") || text.contains("{%") || text.contains("{#") {
            let mut environment = environment();
            let added = environment.add_template_owned("", text.to_owned());
            added.map_err(|error| ExpressionError::new(text, &error))?;
            own.environment = Some(environment);
        }
        Ok(own)
    }

    pub(super) fn names(&self) -> HashSet<String> {
        let template = self.environment.as_ref().and_then(|environment| environment.get_template("").ok());
        template.map(|template| template.undeclared_variables(false)).unwrap_or_default()
    }

    pub(super) fn render(&self, scope: &Scope) -> Result<String, ExpressionError> {
        let Some(environment) = &self.environment else { return Ok(self.text.clone()) };
        let rendered = environment.get_template("").and_then(|template| template.render(scope.0.clone()));
        rendered.map_err(|error| ExpressionError::new(&self.text, &error))
    }
}

/// A JSON value with expressions and templates in it, compiled.
#[derive(Debug)]
pub(super) enum Template {
    Literal(Value),
    Formula(Formula),
    Text(Text),
    List(Vec<Template>),
    Map(Vec<(String, Template)>),
}

impl Template {
    pub(super) fn compile(value: &Value) -> Result<Self, ExpressionError> {
        Ok(match value {
            Value::String(text) => match text.strip_prefix('=') {
                Some(formula) => Self::Formula(Formula::compile(formula)?),
                None => Self::Text(Text::compile(text)?),
            },
            Value::Array(items) => Self::List(items.iter().map(Self::compile).collect::<Result<_, _>>()?),
            Value::Object(entries) => {
                let compile = |(key, value): (&String, &Value)| Ok((key.clone(), Self::compile(value)?));
                Self::Map(entries.iter().map(compile).collect::<Result<_, _>>()?)
            }
            other => Self::Literal(other.clone()),
        })
    }

    pub(super) fn names(&self) -> HashSet<String> {
        match self {
            Self::Literal(_) => HashSet::new(),
            Self::Formula(formula) => formula.names(),
            Self::Text(text) => text.names(),
            Self::List(items) => items.iter().flat_map(Self::names).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.names()).collect(),
        }
    }

    pub(super) fn value(&self, scope: &Scope) -> Result<Value, ExpressionError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Formula(formula) => formula.value(scope)?,
            Self::Text(text) => Value::String(text.render(scope)?),
            Self::List(items) => items.iter().map(|item| item.value(scope)).collect::<Result<_, _>>()?,
            Self::Map(entries) => Value::Object(map(entries, scope)?),
        })
    }
}

/// The values of a map.
pub(super) fn map(entries: &[(String, Template)], scope: &Scope) -> Result<Map<String, Value>, ExpressionError> {
    entries.iter().map(|(key, template)| Ok((key.clone(), template.value(scope)?))).collect()
}

/// What names mean while a step is worked out.
#[derive(Debug, Clone)]
pub(super) struct Scope(minijinja::Value);

impl Scope {
    pub(super) fn new(document: &Map<String, Value>, user: &Value, error: &Value) -> Self {
        let mut names = document.clone();
        names.insert("user".to_owned(), user.clone());
        names.insert("error".to_owned(), error.clone());
        Self(minijinja::Value::from(Serde(names)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, expected: Value) {
        let document = json!({ "price": 12.5, "name": "Мяч", "tags": ["a", "b"], "none": null });
        let scope = Scope::new(document.as_object().unwrap(), &json!({ "message": "hello" }), &Value::Null);
        let found = Template::compile(&value).and_then(|template| template.value(&scope));
        let found = found.unwrap_or_else(|error| json!({ "error": error.to_string() }));
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn a_text_is_literal_an_expression_or_a_template() {
        check(json!("price"), json!("price"));
        check(json!("= price * 2"), json!(25.0));
        check(json!("{{ name }}: {{ price }} <b>"), json!("Мяч: 12.5 <b>"));
        check(
            json!({ "a": ["= tags", 1, { "b": "= user.message" }] }),
            json!({ "a": [["a", "b"], 1, { "b": "hello" }] }),
        );
        check(json!("= tags | length > 1 and name == 'Мяч'"), json!(true));
        check(json!("= none"), json!(null));
    }

    #[test]
    fn what_cannot_be_worked_out_says_why() {
        let says = |value: &str, words: &str| {
            let scope = Scope::new(&Map::new(), &json!({}), &Value::Null);
            let error = Template::compile(&json!(value)).and_then(|template| template.value(&scope)).unwrap_err();
            assert!(error.to_string().contains(words), "{value}: {error}");
        };
        says("= 1 +", "syntax error");
        says("{{ 1 ", "syntax error");
        says("{{ unknown }}", "undefined");
        says("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "");
    }

    #[test]
    fn the_names_that_are_used_are_known() {
        let names = Template::compile(&json!({ "a": "= b + c.d", "e": "{{ f }}{% for g in h %}{{ g }}{% endfor %}" }));
        let mut names: Vec<_> = names.unwrap().names().into_iter().collect();
        names.sort();
        assert_eq!(names, ["b", "c", "f", "h"]);
    }
}
