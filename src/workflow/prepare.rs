//! What a step needs of others, with every expression worked out.

use serde_json::{Map, Value};

use super::{
    expression::{self, ExpressionError, Scope},
    graph::{Approve, Field, Kind, Level},
    progress::Frame,
    work::{Ask, Call, Form, FormField, Work},
};

pub(super) fn work(level: &Level, kind: &Kind, frame: &Frame, scope: &Scope) -> Result<Work, ExpressionError> {
    let render = |text: &Option<expression::Text>| text.as_ref().map(|text| text.render(scope)).transpose();
    Ok(match kind {
        Kind::Say(text) => Work::Say(text.render(scope)?),
        Kind::Tool { name, arguments, into } => Work::Call(call(name, arguments, into.as_ref(), scope)?),
        Kind::Approve(Approve { tool, arguments, say, into, withdraw, expires, .. }) => {
            let call = call(tool, arguments, into.as_ref(), scope)?;
            Work::Approve(super::work::Approve { call, say: render(say)?, withdraw: *withdraw, expires: *expires })
        }
        Kind::Model(model) => Work::Ask(Ask {
            system: render(&model.system)?,
            prompt: model.prompt.render(scope)?,
            schema: model.schema.clone(),
            into: model.into.clone(),
            show: model.show,
        }),
        Kind::Collect { fields, reader } => {
            let fields = fields.iter().map(|field| form_field(level, field, frame, scope)).collect::<Result<_, _>>()?;
            Work::Collect(Form { fields, reader: reader.clone() })
        }
        Kind::HandOff { to, reason, data } => {
            Work::HandOff { to: to.clone(), reason: render(reason)?, data: expression::map(data, scope)? }
        }
        Kind::Native { name, input } => {
            Work::Native { name: name.clone(), input: expression::map(input, scope)?, state: frame.state.clone() }
        }
        // Taken without anybody.
        Kind::Set(_) | Kind::Parallel(_) | Kind::Graph { .. } => Work::Say(String::new()),
    })
}

fn call(
    tool: &str,
    arguments: &[(String, expression::Template)],
    into: Option<&String>,
    scope: &Scope,
) -> Result<Call, ExpressionError> {
    let arguments: Map<String, Value> = expression::map(arguments, scope)?;
    Ok(Call { tool: tool.to_owned(), arguments, into: into.cloned() })
}

fn form_field(level: &Level, field: &Field, frame: &Frame, scope: &Scope) -> Result<FormField, ExpressionError> {
    let Field { name, ask, optional } = field;
    Ok(FormField {
        name: name.clone(),
        ask: ask.render(scope)?,
        schema: level.keys.get(name).and_then(|key| key.schema.clone()),
        optional: *optional,
        value: frame.state.get(name).cloned().unwrap_or_default(),
    })
}
