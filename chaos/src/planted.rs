//! The checker's own trial: bugs that are planted into the server on purpose, each of which it must see.

use std::{io::Write, time::Duration};

use anyhow::Result;

use crate::{
    checker::Invariant,
    plan::{Menu, Plan},
    run::{Options, run},
};

/// A planted bug may well keep everything from its end; nobody waits for that long.
const PATIENCE: Duration = Duration::from_secs(5);

/// A bug, and the promise that it breaks.
#[derive(Debug, Clone, Copy)]
struct Planted {
    name: &'static str,
    breaks: Invariant,
    /// The fail point that shows it soonest; the seed says how late.
    point: Option<&'static str>,
    /// Kills show it, or power losses alone.
    menu: Menu,
}

const BUGS: &[Planted] = &[
    Planted {
        name: "ack_before_commit",
        breaks: Invariant::I1,
        point: Some("before_commit=late_kill"),
        menu: Menu::Kills,
    },
    Planted {
        name: "send_before_commit",
        breaks: Invariant::I3,
        point: Some("before_commit=late_kill"),
        menu: Menu::Kills,
    },
    Planted { name: "off_by_one_resume", breaks: Invariant::I4, point: None, menu: Menu::Kills },
    Planted { name: "recover_finished", breaks: Invariant::I5, point: None, menu: Menu::Kills },
    Planted { name: "call_tool_twice", breaks: Invariant::I6, point: None, menu: Menu::Kills },
    Planted { name: "no_fsync", breaks: Invariant::I1, point: None, menu: Menu::Power },
];

/// Runs each bug, seed after seed, until the checker sees it; answers whether it saw all. One that this machine cannot show is named.
///
/// # Errors
/// Where nothing can be written.
pub async fn all(seed: u64, seeds_max: u64, options: &Options, out: &mut (impl Write + Send)) -> Result<bool> {
    let mut all = true;
    for bug in BUGS {
        if bug.menu == Menu::Power && !options.fuse {
            writeln!(out, "{}: LEFT OUT, because power losses need FUSE, which is not here", bug.name)?;
            continue;
        }
        let caught = one(*bug, seed, seeds_max, options, out).await?;
        all &= caught;
        if !caught {
            writeln!(out, "{}: NOT CAUGHT with {seeds_max} seeds", bug.name)?;
        }
    }
    Ok(all)
}

async fn one(bug: Planted, seed: u64, seeds_max: u64, options: &Options, out: &mut impl Write) -> Result<bool> {
    let options = Options { menu: bug.menu, bug: Some(bug.name), patience: PATIENCE, ..options.clone() };
    for (number, seed) in (1..=seeds_max).zip(seed..) {
        let mut plan = Plan::of(seed, bug.menu, options.means());
        if let Some(point) = bug.point {
            plan.arms = (0..4).map(|start| Some(format!("{point}@{}", 2 + (seed * 7 + start * 5) % 23))).collect();
        }
        let (outcome, _) = run(&plan, &options).await;
        if let Some(error) = outcome.error {
            writeln!(out, "{}: seed {seed} proved nothing: {error}", bug.name)?;
        }
        let caught = outcome.violations.iter().find(|violation| violation.invariant == bug.breaks);
        if let Some(violation) = caught {
            writeln!(out, "{}: caught by seed {seed}, the {number}. one: {violation}", bug.name)?;
            return Ok(true);
        }
    }
    Ok(false)
}
