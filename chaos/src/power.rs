//! The power of a run: what its seed says of it, and the disk that it drives.

use std::{path::Path, time::Duration};

use anyhow::Result;
use fastrand::Rng;

use crate::{
    disk::Disk,
    plan::{Fault, Menu, Step},
    server::Log,
};

/// The dice of the power are their own, so that a run is the same in everything else where there is no FUSE.
const PLAN_DICE: u64 = 0x0070_6c61_6e00_0000;
const LOSS_DICE: u64 = 0x006c_6f73_7300_0000;

/// What a plan says of the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Power {
    /// Where a server dies by itself, at a fail point, the power goes with it.
    pub goes_with_deaths: bool,
    /// With `synchronous: normal`, where a power loss may take back what was stored last, and says so by a new epoch.
    pub is_normal: bool,
}

impl Power {
    /// That of a run: none where the database does not lie on such a disk. Of its kills some become power losses, and short
    /// runs may have a full disk besides.
    pub fn of(seed: u64, menu: Menu, can_be: bool, faults: &mut Vec<Step>) -> Option<Self> {
        let mut dice = Rng::with_seed(seed ^ PLAN_DICE);
        let is_there = match menu {
            Menu::Power => true,
            Menu::All => can_be && dice.bool(),
            Menu::Kills | Menu::Storms => false,
        };
        if !is_there {
            return None;
        }
        let kills = faults.iter_mut().filter(|step| step.fault == Fault::Kill);
        kills.filter(|_| dice.u8(..4) != 0).for_each(|step| step.fault = Fault::PowerLoss);
        if menu == Menu::Power && dice.u8(..4) == 0 {
            let span = Duration::from_millis(200 + dice.u64(..800));
            let fault = if dice.bool() { Fault::DiskFull(span) } else { Fault::DiskFullThenKill(span) };
            let after = Duration::from_millis(100 + dice.u64(..500));
            faults.insert(dice.usize(..=faults.len()), Step { after, fault });
        }
        Some(Self { goes_with_deaths: menu == Menu::Power || dice.bool(), is_normal: dice.u8(..4) == 0 })
    }
}

/// The disk under a server's data, and how often its power went.
#[derive(Debug)]
pub struct Mains {
    disk: Disk,
    power: Power,
    dice: Rng,
    seed: u64,
    losses: usize,
}

impl Mains {
    /// Makes the folder, and an empty disk in its place.
    ///
    /// # Errors
    /// Where it cannot be mounted.
    pub fn turn_on(power: Power, seed: u64, data: &Path) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        let dice = Rng::with_seed(seed ^ LOSS_DICE);
        Ok(Self { disk: Disk::mount(data)?, power, dice, seed, losses: 0 })
    }

    /// The power goes and comes back. The server is dead.
    ///
    /// # Errors
    /// Where the disk cannot be mounted again.
    pub fn lose_power(&mut self, log: &Log) -> Result<()> {
        self.losses += 1;
        log.add(&format!("--- power loss {}", self.losses));
        self.disk.lose_power(&mut self.dice)
    }

    /// The power goes too, where the plan says so.
    ///
    /// # Errors
    /// As [`lose_power`](Self::lose_power).
    pub fn server_died(&mut self, log: &Log) -> Result<()> {
        if self.power.goes_with_deaths { self.lose_power(log) } else { Ok(()) }
    }

    /// There is no room on the disk for a byte more, or there is.
    pub fn set_full(&self, is_full: bool) {
        self.disk.set_full(is_full);
    }

    /// How often the power went.
    pub fn losses(&self) -> usize {
        self.losses
    }

    /// Of the machine as it would be: another one after each power loss.
    pub fn boot_id(&self) -> String {
        format!("chaos-{}-{}", self.seed, self.losses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Means, Plan};

    fn plans(menu: Menu, fuse: bool) -> Vec<Plan> {
        (0..100).map(|seed| Plan::of(seed, menu, Means { fuse, ..Means::default() })).collect()
    }

    #[test]
    fn runs_of_all_faults_lose_power_only_where_it_can_be_had_and_are_the_same_otherwise() {
        let (with, without) = (plans(Menu::All, true), plans(Menu::All, false));
        assert!(without.iter().all(|plan| plan.power.is_none()));
        let powered = with.iter().filter(|plan| plan.power.is_some()).count();
        assert!((20..80).contains(&powered), "{powered} of 100");
        for (one, other) in with.iter().zip(&without) {
            assert_eq!(format!("{:?}", one.conversations), format!("{:?}", other.conversations));
            assert_eq!((one.faults.len(), &one.arms), (other.faults.len(), &other.arms));
        }
    }

    #[test]
    fn runs_of_the_power_menu_have_it_always_and_lose_it_in_every_way() {
        let plans = plans(Menu::Power, true);
        assert!(plans.iter().all(|plan| plan.power.is_some_and(|power| power.goes_with_deaths)));
        let normal = plans.iter().filter(|plan| plan.power.is_some_and(|power| power.is_normal)).count();
        assert!((10..50).contains(&normal), "{normal} of 100 with `synchronous: normal`");
        let words: Vec<String> = plans.iter().flat_map(Plan::words).collect();
        for word in ["power_loss", "kill", "disk_full", "disk_full_kill"] {
            assert!(words.iter().any(|found| found == word), "{word} is in no run");
        }
    }
}
