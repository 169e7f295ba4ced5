//! What a step does, checked.

use super::{Builder, Definition, NodeId, Path, names::Names};
use crate::{
    json_schema,
    workflow::{
        definition::{self, ApproveNode, CollectNode, GraphNode, HandOffNode, ModelNode, NativeNode, ToolNode},
        graph::{Approve, Field, Kind, Model, Target},
    },
};

/// The keys of which a node has exactly one.
const WORDS: &str = "`say`, `set`, `tool`, `approve`, `model`, `collect`, `handoff`, `native`, `parallel`, `graph`";

impl Builder<'_> {
    pub(super) fn kind(&mut self, from: &definition::Node, names: &Names<'_>, path: &Path) -> Option<Kind> {
        let mut kinds = Vec::new();
        if let Some(text) = &from.say {
            kinds.push(self.text(text, names, &path.key("say")).map(Kind::Say));
        }
        if let Some(values) = &from.set {
            let at = path.key("set");
            self.keys(values.keys(), names.definition, &at);
            kinds.push(Some(Kind::Set(self.map(values, names.definition, &at))));
        }
        kinds.extend(from.tool.as_ref().map(|tool| Some(self.tool(tool, names, &path.key("tool")))));
        kinds.extend(from.approve.as_ref().map(|approve| Some(self.approve(approve, names, &path.key("approve")))));
        kinds.extend(from.model.as_ref().map(|model| self.model(model, names, &path.key("model"))));
        kinds.extend(from.collect.as_ref().map(|collect| Some(self.collect(collect, names, &path.key("collect")))));
        kinds.extend(from.handoff.as_ref().map(|hand_off| Some(self.hand_off(hand_off, names, &path.key("handoff")))));
        kinds.extend(from.native.as_ref().map(|native| Some(self.native(native, names, &path.key("native")))));
        kinds.extend(from.parallel.as_ref().map(|parallel| Some(self.parallel(parallel, names, path))));
        kinds.extend(from.graph.as_ref().map(|graph| self.graph(graph, names, &path.key("graph"))));
        if kinds.len() == 1 {
            return kinds.pop().flatten();
        }
        let found = if kinds.is_empty() { "none".to_owned() } else { kinds.len().to_string() };
        self.problems.push(path.problem(format!("a node needs exactly one of {WORDS}; this one has {found}")));
        None
    }

    fn tool(&mut self, from: &ToolNode, names: &Names<'_>, path: &Path) -> Kind {
        self.known(&from.name, "tool that the agent was granted", names.around.tools.iter(), &path.key("name"));
        self.result_key(from.into.as_ref(), names, path);
        let arguments = self.map(&from.arguments, names.definition, &path.key("arguments"));
        Kind::Tool { name: from.name.clone(), arguments, into: from.into.clone() }
    }

    fn approve(&mut self, from: &ApproveNode, names: &Names<'_>, path: &Path) -> Kind {
        self.known(&from.tool, "tool that the agent was granted", names.around.tools.iter(), &path.key("tool"));
        self.result_key(from.into.as_ref(), names, path);
        let rejected = from.rejected.as_ref();
        Kind::Approve(Approve {
            tool: from.tool.clone(),
            arguments: self.map(&from.arguments, names.definition, &path.key("arguments")),
            say: from.say.as_ref().and_then(|say| self.text(say, names, &path.key("say"))),
            into: from.into.clone(),
            withdraw: from.withdraw,
            expires: from.expires.get(),
            rejected: rejected.and_then(|to| self.target(to, names.definition, &path.key("rejected"))),
        })
    }

    fn model(&mut self, from: &ModelNode, names: &Names<'_>, path: &Path) -> Option<Kind> {
        if !names.around.has_model {
            self.problems.push(path.problem("the agent has no model: give it one with the key `model`"));
        }
        if let Some(Err(words)) = from.schema.as_ref().map(json_schema::compile) {
            self.problems.push(path.key("schema").problem(format!("is no JSON Schema: {words}")));
        }
        if from.show && from.schema.is_some() {
            self.problems.push(path.key("show").problem("`show` is for text; an answer with a `schema` is data"));
        }
        self.result_key(from.into.as_ref(), names, path);
        let system = from.system.as_ref().and_then(|system| self.text(system, names, &path.key("system")));
        let prompt = self.text(&from.prompt, names, &path.key("prompt"))?;
        Some(Kind::Model(Box::new(Model {
            prompt,
            system,
            schema: from.schema.clone(),
            into: from.into.clone(),
            show: from.show,
        })))
    }

    fn collect(&mut self, from: &CollectNode, names: &Names<'_>, path: &Path) -> Kind {
        let at = path.key("fields");
        self.keys(from.fields.keys(), names.definition, &at);
        if from.fields.is_empty() {
            self.problems.push(at.problem("`fields` is empty: there is nothing to ask for"));
        }
        if let Some(reader) = &from.reader {
            self.known(reader, "reader of the program", names.around.readers.iter(), &path.key("reader"));
        }
        let mut sorted: Vec<_> = from.fields.iter().collect();
        sorted.sort_by_key(|(_, field)| field.order);
        let field = |(name, field): (&String, &definition::Field)| {
            let ask = self.text(&field.ask, names, &at.key(name).key("ask"))?;
            Some(Field { name: name.clone(), ask, optional: field.optional })
        };
        Kind::Collect { fields: sorted.into_iter().filter_map(field).collect(), reader: from.reader.clone() }
    }

    fn hand_off(&mut self, from: &HandOffNode, names: &Names<'_>, path: &Path) -> Kind {
        self.known(&from.to, "agent of this deployment", names.around.agents.iter(), &path.key("to"));
        let reason = from.reason.as_ref().and_then(|reason| self.text(reason, names, &path.key("reason")));
        let data = self.map(&from.data, names.definition, &path.key("data"));
        Kind::HandOff { to: from.to.clone(), reason, data }
    }

    fn native(&mut self, from: &NativeNode, names: &Names<'_>, path: &Path) -> Kind {
        self.known(&from.name, "function of the program", names.around.natives.iter(), &path.key("name"));
        Kind::Native { name: from.name.clone(), input: self.map(&from.input, names.definition, &path.key("input")) }
    }

    fn parallel(&mut self, from: &definition::ParallelNode, names: &Names<'_>, path: &Path) -> Kind {
        let at = path.key("parallel").key("branches");
        if !(1..=16).contains(&from.branches.len()) {
            self.problems.push(at.problem(format!("{} branches, there must be 1 to 16", from.branches.len())));
        }
        let mut branches: Vec<NodeId> = Vec::new();
        for (index, name) in from.branches.iter().enumerate() {
            match self.target(name, names.definition, &at.item(index)) {
                Some(Target::Node(node)) => branches.push(node),
                Some(Target::End) => self.problems.push(at.item(index).problem("a branch must begin with a node")),
                None => {}
            }
        }
        Kind::Parallel(branches)
    }

    fn graph(&mut self, from: &GraphNode, names: &Names<'_>, path: &Path) -> Option<Kind> {
        self.known(&from.name, "key of `graphs`", names.definition.graphs.keys(), &path.key("name"));
        let inner: &Definition = names.definition.graphs.get(&from.name)?;
        self.keys(from.input.keys(), inner, &path.key("input"));
        self.keys(from.output.keys(), names.definition, &path.key("output"));
        let input = self.map(&from.input, names.definition, &path.key("input"));
        let output = self.map(&from.output, inner, &path.key("output"));
        Some(Kind::Graph { name: from.name.clone(), input, output })
    }
}
