//! What the kernel says of a process.

use anyhow::{Context, Result};

/// Seconds of CPU that a process took so far, all its threads, user and system.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let ticks = cpu_ticks(&text).with_context(|| format!("{path} reads `{text}`"))?;
    #[expect(clippy::cast_precision_loss, reason = "2^52 ticks are a million years")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Fields 14 and 15; the second one, the name, may hold blanks and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Seconds of CPU that all processes, the kernel and other machines on this hardware took since the start.
pub(crate) fn machine_cpu_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/stat").context("/proc/stat")?;
    let ticks = machine_ticks(&text).context("/proc/stat has no line `cpu`")?;
    #[expect(clippy::cast_precision_loss, reason = "2^52 ticks are a million years")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// user, nice, system, irq, softirq, steal; idle and waiting for disks are left out.
fn machine_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).collect();
    Some(fields.get(..8)?.iter().sum::<u64>() - fields[3] - fields[4])
}

/// Memory of a process that is in RAM, in KiB; kernel memory (sockets) is not in it.
pub(crate) fn rss_kib(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok());
    number.with_context(|| format!("{path} has no VmRSS: has the process ended?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_blanks_and_brackets_does_not_shift_the_fields() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 0 0 20 0 9 0";
        assert_eq!(cpu_ticks(stat), Some(175));
        assert_eq!(cpu_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn a_machine_that_idles_takes_nothing() {
        assert_eq!(machine_ticks("cpu  10 1 5 9999 888 2 3 4 0 0\ncpu0 1 1"), Some(25));
        assert_eq!(machine_ticks("cpu  10 1"), None);
    }

    #[test]
    fn the_own_process_has_figures() {
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
        assert!(rss_kib(std::process::id()).unwrap() > 0);
    }
}
