//! A child process in its own process group, which never outlives the guard that holds it.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, ExitStatus},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::stopwatch::wait_until;

/// How a group is asked to end before it is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// SIGTERM to every process of the group: cargo and the tests below it.
    TermAll,
    /// SIGTERM to the first process: a server that ends its own children.
    TermFirst,
    /// SIGINT to the first process: PostgreSQL's fast shutdown, which does not wait for its clients.
    IntFirst,
}

/// The child and all that it starts in its group. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    stop: Stop,
    ended: Option<ExitStatus>,
}

impl Group {
    pub(crate) fn spawn(command: &mut Command, stop: Stop) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        Ok(Self { child, stop, ended: None })
    }

    /// The pipe of its standard output, if the command asked for one; only once.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Its exit status, once it has one.
    pub(crate) fn poll(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait()?;
        }
        Ok(self.ended)
    }

    /// Asks, waits up to 5 s, then kills whatever is left of the group.
    pub(crate) fn end(&mut self) {
        if !self.is_over() {
            self.ask();
            wait_until(Duration::from_secs(5), || self.is_over());
        }
        // Also after a good end: what a test left behind ends here. An empty group answers ESRCH, which is the aim.
        kill_process_group(self.pid(), Signal::KILL).ok();
        wait_until(Duration::from_secs(5), || self.is_over());
    }

    fn ask(&self) {
        let sent = match self.stop {
            Stop::TermAll => kill_process_group(self.pid(), Signal::TERM),
            Stop::TermFirst => kill_process(self.pid(), Signal::TERM),
            Stop::IntFirst => kill_process(self.pid(), Signal::INT),
        };
        // The only refusal possible is that it is gone already.
        sent.ok();
    }

    fn is_over(&mut self) -> bool {
        matches!(self.poll(), Ok(Some(_)))
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };

    use super::*;
    use crate::stopwatch::Stopwatch;

    #[test]
    fn dropping_the_guard_ends_grandchildren_too() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 300 & echo $!; wait"]).stdout(Stdio::piped());
        let mut group = Group::spawn(&mut shell, Stop::TermFirst).unwrap();
        let mut line = String::new();
        BufReader::new(group.take_stdout().unwrap()).read_line(&mut line).unwrap();
        let grandchild = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        drop(group);
        // Killed; some parent or other may still have to collect it, so "gone or a zombie" is what can be said.
        let gone = wait_until(Duration::from_secs(5), || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", grandchild.as_raw_nonzero()));
            stat.is_ok_and(|text| text.contains(") Z ")) || rustix::process::test_kill_process(grandchild).is_err()
        });
        assert!(gone, "the grandchild {grandchild:?} still runs");
    }

    #[test]
    fn a_process_that_ignores_the_request_is_killed() {
        let watch = Stopwatch::start();
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' TERM; while :; do sleep 1; done"]);
        drop(Group::spawn(&mut shell, Stop::TermAll).unwrap());
        assert!(watch.elapsed() < Duration::from_secs(9));
    }
}
