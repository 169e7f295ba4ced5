//! Where a run of a graph is: a document that is stored after each step, and all that is needed to go on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    graph::{Graph, Level, NodeId},
    work::Failure,
};

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The [`Graph::version`] that it follows. It stays on it while the graph is edited.
    pub version: String,
    /// Names this run of the graph: what a call is made under must not be that of another run.
    pub id: String,
    /// What expressions see as `user`: `message`, the text that the turn answers, and `language`.
    pub user: Value,
    /// Steps that were taken.
    pub steps: u32,
    /// The run of the graph itself.
    pub top: Frame,
    /// Steps that needed nobody and were taken, by their paths: whoever stores a step takes them out. Bounded.
    #[serde(skip)]
    pub passed: Vec<String>,
}

/// Where a graph, a branch or a graph within is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Its place.
    pub at: At,
    /// The state as it sees it.
    pub state: Map<String, Value>,
    /// What went wrong last: `code`, `message`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub error: Value,
    /// What a branch wrote, to be added to the state around it in the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<(String, Value)>,
    /// Whether it ended because a step failed and nothing in it took care of that: `error` says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_failed: bool,
    /// Whether it is a branch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_branch: bool,
}

/// A place in a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// Before a step, or while it waits.
    Node {
        /// Which.
        node: NodeId,
        /// Steps that had been taken when the run came here: tells this time at the step from any other.
        #[serde(default, skip_serializing_if = "is_zero")]
        since: u32,
        /// Tries that failed.
        #[serde(default, skip_serializing_if = "is_zero")]
        failed: u32,
        /// What the step needs to remember while it waits; none where it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<Value>,
    },
    /// In the branches of a node. Those that ended stay until all have.
    Branches {
        /// The node.
        node: NodeId,
        /// In the order of the node.
        frames: Vec<Frame>,
    },
    /// In the graph of a node.
    Within {
        /// The node.
        node: NodeId,
        /// The run of that graph.
        frame: Box<Frame>,
    },
    /// Past the last step.
    End,
}

/// Which frame, from the top: the branch, or 0 into a graph within.
pub type Place = Vec<usize>;

impl Progress {
    /// The beginning of a graph.
    pub fn new(graph: &Graph, id: impl Into<String>, user: Value) -> Self {
        Self {
            version: graph.version.clone(),
            id: id.into(),
            user,
            steps: 0,
            top: Frame::new(&graph.top, 0),
            passed: Vec::new(),
        }
    }

    /// Says since when the run stands at those steps of which an older program stored no `since`. Of today's only the first
    /// step of all has none, before which no step was taken.
    pub fn date(&mut self, mut since: impl FnMut(&[usize], &NodeId) -> u32) {
        if self.steps > 0 {
            self.top.date(&mut Vec::new(), &mut since);
        }
    }

    /// Whether there is nothing left to do.
    pub fn is_over(&self) -> bool {
        self.top.at == At::End
    }
}

impl Frame {
    pub(super) fn at_place(&self, place: &[usize]) -> Option<&Self> {
        place.iter().try_fold(self, |frame, index| match &frame.at {
            At::Branches { frames, .. } => frames.get(*index),
            At::Within { frame, .. } => Some(frame.as_ref()),
            At::Node { .. } | At::End => None,
        })
    }

    pub(super) fn inner(&mut self, place: &[usize]) -> Option<&mut Self> {
        place.iter().try_fold(self, |frame, index| match &mut frame.at {
            At::Branches { frames, .. } => frames.get_mut(*index),
            At::Within { frame, .. } => Some(frame.as_mut()),
            At::Node { .. } | At::End => None,
        })
    }

    pub(super) fn new(level: &Level, steps: u32) -> Self {
        let state = level.keys.iter().map(|(name, key)| (name.clone(), key.default.clone())).collect();
        Self {
            at: At::before(&level.start, steps),
            state,
            error: Value::Null,
            writes: Vec::new(),
            has_failed: false,
            is_branch: false,
        }
    }

    /// A branch that begins at a node and sees the state as it is now.
    pub(super) fn branch(&self, node: &NodeId, steps: u32) -> Self {
        let state = self.state.clone();
        Self {
            at: At::before(node, steps),
            state,
            error: self.error.clone(),
            writes: Vec::new(),
            has_failed: false,
            is_branch: true,
        }
    }
}

impl Frame {
    fn date(&mut self, place: &mut Place, dated: &mut dyn FnMut(&[usize], &NodeId) -> u32) {
        let mut inner = |index: usize, frame: &mut Self| {
            place.push(index);
            frame.date(place, dated);
            place.pop();
        };
        match &mut self.at {
            At::Branches { frames, .. } => frames.iter_mut().enumerate().for_each(|(index, frame)| inner(index, frame)),
            At::Within { frame, .. } => inner(0, frame),
            At::Node { node, since, .. } if *since == 0 => *since = dated(place, node),
            At::Node { .. } | At::End => {}
        }
    }

    /// It is over, for the step around it to take care of.
    pub(super) fn fail(&mut self, error: Value) {
        self.error = error;
        self.has_failed = true;
        self.at = At::End;
    }

    /// Why it failed, if it has.
    pub(super) fn failure(&self) -> Option<Failure> {
        let word = |key: &str| self.error[key].as_str().unwrap_or_default();
        self.has_failed.then(|| Failure::new(word("code"), word("message")))
    }
}

impl At {
    pub(super) fn before(node: &NodeId, steps: u32) -> Self {
        Self::Node { node: node.clone(), since: steps, failed: 0, waits: None }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
