//! What happened outside of the log: tools (I6), secrets (I9), time (I11) and use (I12).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Findings, Invariant,
    evidence::{Call, Evidence},
};

/// Of a thousand messages without faults, this many may fail.
const FAILED_PER_MILLE_MAX: usize = 1;

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    // What was stored of a call may be gone with the rest.
    if !evidence.may_go_back {
        tools(evidence, findings);
    }
    secrets(evidence, findings);
    for what in &evidence.restless {
        findings.add(Invariant::I11, what.clone());
    }
    for turn in evidence.stored.iter().flat_map(|stored| &stored.turns).filter(|turn| turn.end.is_none()) {
        findings.add(Invariant::I11, format!("the turn {} has no end", turn.id));
    }
    let calm = evidence.calm;
    let failed = calm.asked - calm.completed.min(calm.asked);
    if calm.asked == 0 || failed * 1000 > calm.asked * FAILED_PER_MILLE_MAX {
        findings
            .add(Invariant::I12, format!("{} of {} messages were answered without faults", calm.completed, calm.asked));
    }
}

fn tools(evidence: &Evidence, findings: &mut Findings) {
    let mut broken = |what: String| findings.add(Invariant::I6, what);
    let intents: BTreeSet<&String> = evidence.stored.iter().flat_map(|stored| &stored.tool_keys).collect();
    let mut by_tag: BTreeMap<(&str, &str), Vec<&Call>> = BTreeMap::new();
    for call in &evidence.calls {
        match &call.key {
            None => broken(format!("`{}` was called without a key for {}", call.tool, call.tag)),
            Some(key) if !intents.contains(key) => {
                broken(format!("`{}` was called with {key}, which was never stored", call.tool));
            }
            Some(_) => {}
        }
        by_tag.entry((&call.tool, &call.tag)).or_default().push(call);
    }
    for ((tool, tag), calls) in by_tag {
        let keys: BTreeSet<&Option<String>> = calls.iter().map(|call| &call.key).collect();
        if tool == "once" && calls.len() > 1 {
            broken(format!("a tool where every call counts was called {} times for {tag}: {keys:?}", calls.len()));
        }
        if keys.len() > 1 {
            broken(format!("`{tool}` was called with {} keys for {tag}: {keys:?}", keys.len()));
        }
    }
}

fn secrets(evidence: &Evidence, findings: &mut Findings) {
    let heard = evidence.histories.iter().map(|history| (&history.client, &history.heard));
    let texts = evidence.texts.iter().map(|(place, text)| (place, text));
    for (place, text) in heard.chain(texts) {
        for canary in evidence.canaries.iter().filter(|canary| text.contains(canary.as_str())) {
            findings.add(Invariant::I9, format!("{place} holds the secret {canary}"));
        }
    }
}
