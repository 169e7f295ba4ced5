//! What the disk itself takes to keep something.

use std::{fs::File, io::Write, path::Path};

use anyhow::{Context, Result};
use fakemodel::pour::monotonic_micros;

use crate::stats::Spread;

/// As a page of SQLite's.
const PAGE_BYTES: usize = 4096;

/// Appends a page and waits for the disk, this often; milliseconds of `fsync` and of `fdatasync`.
pub(crate) fn sync_times(folder: &Path, times: usize) -> Result<[Option<Spread>; 2]> {
    let path = folder.join("sync.probe");
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    let mut measure = |sync: fn(&File) -> std::io::Result<()>| -> Result<Option<Spread>> {
        let mut micros = Vec::with_capacity(times);
        for _ in 0..times {
            file.write_all(&[7; PAGE_BYTES])?;
            let began = monotonic_micros();
            sync(&file)?;
            micros.push(monotonic_micros() - began);
        }
        Ok(Spread::millis(micros))
    };
    let both = [measure(File::sync_all)?, measure(File::sync_data)?];
    std::fs::remove_file(&path)?;
    Ok(both)
}
