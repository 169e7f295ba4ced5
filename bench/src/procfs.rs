//! What the kernel says of a process.

use std::collections::BTreeMap;

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

/// The server's side of a connection over IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Connection {
    /// Nobody has closed it.
    pub(crate) is_established: bool,
    /// What the kernel holds because the other side did not take it.
    pub(crate) unsent_bytes: u64,
}

/// All connections of whoever listens on `port`, by the port of the other side.
pub(crate) fn connections(port: u16) -> Result<BTreeMap<u16, Connection>> {
    let text = std::fs::read_to_string("/proc/net/tcp").context("/proc/net/tcp")?;
    Ok(text.lines().filter_map(|line| connection(line, port)).collect())
}

/// `sl local remote state unsent:unread …`, all in hexadecimal.
fn connection(line: &str, port: u16) -> Option<(u16, Connection)> {
    const ESTABLISHED: &str = "01";
    const LISTENS: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [_, local, remote, state, queues] = fields.first_chunk()?;
    let port_of = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
    if port_of(local)? != port || *state == LISTENS {
        return None;
    }
    let unsent_bytes = u64::from_str_radix(queues.split_once(':')?.0, 16).ok()?;
    Some((port_of(remote)?, Connection { is_established: *state == ESTABLISHED, unsent_bytes }))
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
    fn connections_are_those_of_one_server_and_tell_what_waits_in_them() {
        let line = |local: &str, state: &str| {
            format!("  12: 0100007F:{local} 0100007F:D431 {state} 0001F2A0:00000000 01:0000 0000 1000 0 4242 2")
        };
        let seen = |is_established| Some((0xd431, Connection { is_established, unsent_bytes: 0x1f2a0 }));
        assert_eq!(connection(&line("1F90", "01"), 8080), seen(true));
        assert_eq!(connection(&line("1F90", "04"), 8080), seen(false));
        for other in [line("1F91", "01"), line("1F90", "0A"), "  sl  local_address rem_address   st".to_owned()] {
            assert_eq!(connection(&other, 8080), None, "{other}");
        }
    }

    #[test]
    fn the_own_process_has_figures() {
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
        assert!(rss_kib(std::process::id()).unwrap() > 0);
    }
}
