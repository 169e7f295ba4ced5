//! `switchboard sandbox`: a marketplace to try tools with, as a person at a terminal has it.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::client::client;

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn command(port: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(["sandbox", "--port", port, "--seed", "7"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The lines up to `ready`.
fn welcome(served: &mut Served) -> String {
    let mut lines = String::new();
    let mut out = BufReader::new(served.0.stdout.as_mut().unwrap());
    while !lines.ends_with("ready\n") {
        assert_ne!(out.read_line(&mut lines).unwrap(), 0, "{lines}");
    }
    lines
}

#[tokio::test]
async fn it_says_where_it_is_and_what_to_try_and_ends_when_it_is_told_to() {
    let mut served = Served(command("0").spawn().unwrap());
    let welcome = welcome(&mut served);
    let url = welcome.split(['\n', ' ', ';']).find(|word| word.starts_with("http://127.0.0.1:")).unwrap().to_owned();
    let state: Value = client().get(format!("{url}/sandbox/state")).send().await.unwrap().json().await.unwrap();
    assert_eq!(state["cards"].as_array().unwrap().len(), 20);
    // Each line that begins with `curl` works as it stands.
    let lines = welcome.replace("\\\n", " ");
    let calls: Vec<&str> = lines.lines().filter_map(|line| line.find("curl -s").map(|at| &line[at..])).collect();
    assert_eq!(calls.len(), 3, "{welcome}");
    for call in calls {
        let done =
            Command::new("sh").args(["-c", &format!("{call} -w '%{{http_code}}' -o /dev/null")]).output().unwrap();
        let code = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(code.starts_with("20"), "{call}: {code}");
    }
    let taken = command(url.rsplit(':').next().unwrap()).output().unwrap();
    assert_eq!(taken.status.code(), Some(69), "{}", String::from_utf8_lossy(&taken.stderr));
    kill_process(Pid::from_child(&served.0), Signal::TERM).unwrap();
    assert_eq!(served.0.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    served.0.stderr.as_mut().unwrap().read_to_string(&mut rest).unwrap();
    assert!(!rest.contains("panicked"), "{rest}");
}
