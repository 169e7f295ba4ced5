//! The bytes of one file: as everybody reads them, as they lie on the disk, and what was done in between.

use fastrand::Rng;

/// What a disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// Something that is not on the disk for sure.
#[derive(Debug, Clone)]
enum Change {
    /// Whole sectors, as they were after a write: a disk never has a part of one.
    Sectors { at: usize, bytes: Vec<u8> },
    /// The size, which lies elsewhere than the bytes and comes or goes by itself.
    Size(usize),
}

impl Change {
    fn cost(&self) -> usize {
        match self {
            Self::Sectors { bytes, .. } => bytes.len() + size_of::<Self>(),
            Self::Size(_) => size_of::<Self>(),
        }
    }
}

/// A file.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    changes: Vec<Change>,
    /// How much memory they take.
    waiting_bytes: usize,
}

/// What becomes of the changes of one file when the power goes.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// The disk had written nothing.
    None,
    /// It had just written everything.
    All,
    /// It wrote in order, and was in the middle of this one.
    Until(usize),
    /// It wrote in an order of its own: some of them, some in part.
    Some,
}

impl Content {
    /// How long it is.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// Up to so many bytes from there on; fewer at its end.
    pub(super) fn read(&self, at: usize, bytes_max: usize) -> &[u8] {
        let from = at.min(self.seen.len());
        &self.seen[from..from.saturating_add(bytes_max).min(self.seen.len())]
    }

    /// Puts bytes there; a gap before them is zeros.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if end > self.seen.len() {
            self.resize(end);
        }
        self.seen[at..end].copy_from_slice(bytes);
        let from = at / SECTOR_BYTES * SECTOR_BYTES;
        let to = end.next_multiple_of(SECTOR_BYTES).min(self.seen.len());
        self.changed(Change::Sectors { at: from, bytes: self.seen[from..to].to_vec() });
    }

    /// Cuts it off, or adds zeros.
    pub(super) fn resize(&mut self, len: usize) {
        if len != self.seen.len() {
            self.seen.resize(len, 0);
            self.changed(Change::Size(len));
        }
    }

    /// Everything is on the disk when this returns: the bytes and the size.
    pub(super) fn sync(&mut self) {
        self.write_back(0);
    }

    /// As a kernel does on its own: the oldest changes go to the disk until the others take so much memory at most.
    pub(super) fn write_back(&mut self, waiting_bytes_max: usize) {
        let mut size = self.durable.len();
        let mut count = 0;
        while self.waiting_bytes > waiting_bytes_max && count < self.changes.len() {
            let change = &self.changes[count];
            self.waiting_bytes -= change.cost();
            apply(&mut self.durable, &mut size, change);
            count += 1;
        }
        self.changes.drain(..count);
        self.durable.resize(size, 0);
    }

    /// The power goes and comes back: what was synced is there, and of the rest what the dice say.
    pub(super) fn lose_power(&mut self, dice: &mut Rng) {
        let changes = std::mem::take(&mut self.changes);
        self.waiting_bytes = 0;
        let fate = Fate::thrown(changes.len(), dice);
        let mut size = self.durable.len();
        for (number, change) in changes.iter().enumerate() {
            for part in fate.left_of(number, change, dice) {
                apply(&mut self.durable, &mut size, &part);
            }
        }
        self.durable.resize(size, 0);
        self.seen.clone_from(&self.durable);
    }

    fn changed(&mut self, change: Change) {
        self.waiting_bytes += change.cost();
        self.changes.push(change);
    }
}

/// Content may lie beyond the size for a while: whoever has applied everything cuts them off.
fn apply(blocks: &mut Vec<u8>, size: &mut usize, change: &Change) {
    match change {
        Change::Sectors { at, bytes } => {
            let end = at + bytes.len();
            if end > blocks.len() {
                blocks.resize(end, 0);
            }
            blocks[*at..end].copy_from_slice(bytes);
        }
        Change::Size(len) => {
            blocks.truncate(*len);
            *size = *len;
        }
    }
}

impl Fate {
    fn thrown(changes: usize, dice: &mut Rng) -> Self {
        match dice.u8(..5) {
            0 => Self::None,
            1 => Self::All,
            2 => Self::Until(dice.usize(..=changes)),
            _ => Self::Some,
        }
    }

    /// What the disk has of a change.
    fn left_of(self, number: usize, change: &Change, dice: &mut Rng) -> Vec<Change> {
        match self {
            Self::None => Vec::new(),
            Self::All => vec![change.clone()],
            Self::Until(end) if number < end => vec![change.clone()],
            Self::Until(end) if number > end => Vec::new(),
            Self::Until(_) => torn(change, dice),
            Self::Some => match dice.u8(..3) {
                0 => Vec::new(),
                1 => torn(change, dice),
                _ => vec![change.clone()],
            },
        }
    }
}

/// Some sectors of it; a size comes whole.
fn torn(change: &Change, dice: &mut Rng) -> Vec<Change> {
    let Change::Sectors { at, bytes } = change else { return vec![change.clone()] };
    let sectors = bytes.chunks(SECTOR_BYTES).enumerate();
    let kept = sectors.filter(|_| dice.bool());
    kept.map(|(number, sector)| Change::Sectors { at: at + number * SECTOR_BYTES, bytes: sector.to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: u64 = 300;

    /// After some of everything; answers the file.
    fn busy(dice: &mut Rng, bytes: &mut Content, steps: usize) {
        for _ in 0..steps {
            match dice.u8(..8) {
                0 => bytes.resize(dice.usize(..5000)),
                1 => bytes.sync(),
                _ => {
                    let data = vec![dice.u8(1..); 1 + dice.usize(..1500)];
                    bytes.write(dice.usize(..4000), &data);
                }
            }
        }
    }

    fn all(bytes: &Content) -> Vec<u8> {
        bytes.read(0, usize::MAX).to_vec()
    }

    #[test]
    fn what_was_synced_is_there_after_every_power_loss() {
        for seed in 0..SEEDS {
            let (mut dice, mut bytes) = (Rng::with_seed(seed), Content::default());
            busy(&mut dice, &mut bytes, 30);
            bytes.sync();
            let before = all(&bytes);
            bytes.lose_power(&mut dice);
            assert_eq!(all(&bytes), before, "seed {seed}");
        }
    }

    #[test]
    fn a_file_reads_like_one_without_power_losses_until_there_is_one() {
        for seed in 0..SEEDS {
            let (mut dice, mut bytes, mut plain) = (Rng::with_seed(seed), Content::default(), Vec::new());
            for _ in 0..40 {
                let (at, data) = (dice.usize(..3000), vec![dice.u8(..); dice.usize(1..900)]);
                plain.resize(plain.len().max(at + data.len()), 0);
                plain[at..at + data.len()].copy_from_slice(&data);
                bytes.write(at, &data);
                if dice.u8(..4) == 0 {
                    let len = dice.usize(..3000);
                    plain.resize(len, 0);
                    bytes.resize(len);
                }
                bytes.write_back(dice.usize(..9000));
                assert_eq!(all(&bytes), plain, "seed {seed}");
            }
        }
    }

    #[test]
    fn each_sector_is_one_that_was_there_since_the_last_sync() {
        for seed in 0..SEEDS {
            let (mut dice, mut bytes) = (Rng::with_seed(seed), Content::default());
            bytes.write(0, &[1; 8 * SECTOR_BYTES]);
            bytes.sync();
            for value in 2..6 {
                bytes.write(dice.usize(..4) * SECTOR_BYTES, &[value; 2 * SECTOR_BYTES]);
            }
            bytes.lose_power(&mut dice);
            for sector in all(&bytes).chunks(SECTOR_BYTES) {
                assert!(sector.iter().all(|byte| *byte == sector[0] && (1..6).contains(byte)), "seed {seed}");
            }
        }
    }

    #[test]
    fn what_was_not_synced_may_be_whole_or_gone_or_torn() {
        let outcomes = (0..SEEDS).map(|seed| {
            let (mut dice, mut bytes) = (Rng::with_seed(seed), Content::default());
            bytes.write(0, &[1; 4 * SECTOR_BYTES]);
            bytes.sync();
            bytes.write(0, &[2; 4 * SECTOR_BYTES]);
            bytes.lose_power(&mut dice);
            let is_new = |byte: &u8| *byte == 2;
            match (all(&bytes).iter().any(is_new), all(&bytes).iter().all(is_new)) {
                (false, _) => "gone",
                (true, true) => "whole",
                (true, false) => "torn",
            }
        });
        let outcomes: std::collections::BTreeSet<_> = outcomes.collect();
        assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["gone", "torn", "whole"]);
    }

    #[test]
    fn a_size_survives_without_its_bytes_and_bytes_are_lost_without_their_size() {
        let found: std::collections::BTreeSet<_> = (0..SEEDS)
            .map(|seed| {
                let mut bytes = Content::default();
                bytes.write(0, &[7; SECTOR_BYTES]);
                bytes.lose_power(&mut Rng::with_seed(seed));
                (bytes.len(), bytes.read(0, 1).to_vec())
            })
            .collect();
        let expected = [(0, vec![]), (SECTOR_BYTES, vec![0]), (SECTOR_BYTES, vec![7])];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_waits_for_the_disk_takes_no_more_memory_than_it_may() {
        let mut bytes = Content::default();
        for at in 0..200 {
            bytes.write(at * 100, &[3; 100]);
            bytes.write_back(4096);
            assert!(bytes.waiting_bytes <= 4096);
        }
        bytes.lose_power(&mut Rng::with_seed(1));
        assert_eq!(bytes.read(0, 100), [3; 100], "the oldest is on the disk");
    }
}
