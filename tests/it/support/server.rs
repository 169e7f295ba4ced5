//! A real server in a process of its own, as an operator starts it, on whatever the environment says.

use std::{
    io::{BufRead, BufReader, Read},
    ops::Deref,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use super::{
    backing::{ContextKind, OwnPostgres, OwnRedisDatabase, StoreKind, context_kind, store_kind},
    client::Api,
};

const DATABASE_URL: &str = "SWITCHBOARD_DATABASE__URL";
const CONTEXT_URL: &str = "SWITCHBOARD_CONTEXT__URL";

/// The last part of every test's config: the fallback, and any free port.
pub(crate) const CONCIERGE: &str = r#"
server: { port: 0 }
agents:
  - id: concierge
    kind: concierge
    name: Concierge
    description: Says who can help.
  - id: pricing_agent
    kind: pricing
    name: Pricing
    description: Calculates prices.
    intents: ["price", "margin", "цен*", "марж*"]
    examples: ["What price gives a 25% margin?", "Какая цена даст маржу 25%?"]
"#;

/// A running server.
pub(crate) struct TestServer {
    child: Child,
    /// Kept so that the folder lives as long as the server.
    folder: TempDir,
    api: Api,
    banner: String,
    env: Vec<(String, String)>,
    stands_on: StandsOn,
}

/// Kept as long as the server may be started again.
#[derive(Default)]
struct StandsOn {
    postgres: Option<OwnPostgres>,
    redis: Option<OwnRedisDatabase>,
}

impl Deref for TestServer {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

/// What a command of the program said, on both outputs, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

/// What a server is started with.
pub(crate) struct Starting {
    folder: TempDir,
    env: Vec<(String, String)>,
    data: String,
    around: Vec<String>,
    stands_on: StandsOn,
}

impl Starting {
    /// A server with this config, in a folder of its own.
    pub(crate) fn with(config: &str) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("config.yaml"), config).unwrap();
        Self { folder, env: Vec::new(), data: "data".to_owned(), around: Vec::new(), stands_on: StandsOn::default() }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn data(mut self, folder: &str) -> Self {
        folder.clone_into(&mut self.data);
        self
    }

    /// Started by this command, which gets the server's as further arguments and must become it.
    pub(crate) fn inside(mut self, around: &[&str]) -> Self {
        self.around = around.iter().map(ToString::to_string).collect();
        self
    }

    /// Where the test does not say itself which database and which cache, the environment does.
    fn settle(&mut self) {
        let is_open = |name: &str| self.env.iter().all(|(set, _)| set != name);
        let (database, context) = (is_open(DATABASE_URL), is_open(CONTEXT_URL));
        if database && store_kind() == StoreKind::Postgres {
            let own = self.stands_on.postgres.insert(OwnPostgres::create());
            self.env.push((DATABASE_URL.to_owned(), own.url().to_owned()));
        }
        if context && context_kind() == ContextKind::Redis {
            let own = self.stands_on.redis.insert(OwnRedisDatabase::create());
            self.env.push((CONTEXT_URL.to_owned(), own.url().to_owned()));
        }
    }

    /// Where the server keeps everything, unless it was told otherwise.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join(&self.data).join("switchboard.db")
    }

    pub(crate) fn start(mut self) -> TestServer {
        self.settle();
        let (child, banner, url) = launch(self.folder.path(), &self.data, &self.env, &self.around);
        let url = url.unwrap_or_else(|| panic!("the server did not start:\n{banner}\n{}", log(self.folder.path())));
        let api = api(url, self.folder.path());
        TestServer { child, folder: self.folder, api, banner, env: self.env, stands_on: self.stands_on }
    }

    /// Starts a server that must not start; answers its exit status and all it said. It may be tried again.
    pub(crate) fn fail(&mut self) -> (ExitStatus, String) {
        self.settle();
        let launched = launch(self.folder.path(), &self.data, &self.env, &self.around);
        not_started(launched, self.folder.path())
    }
}

fn not_started((mut child, banner, url): (Child, String, Option<String>), folder: &Path) -> (ExitStatus, String) {
    assert_eq!(url, None, "the server started:\n{banner}");
    let status = child.wait().unwrap();
    (status, banner + &log(folder))
}

fn launch(folder: &Path, data: &str, env: &[(String, String)], around: &[String]) -> (Child, String, Option<String>) {
    let errors = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut words = around.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_switchboard")]);
    let mut command = Command::new(words.next().unwrap());
    command.current_dir(folder).args(words).args(["serve", "--config", "config.yaml", "--data", data]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWITCHBOARD_")) {
        command.env_remove(name);
    }
    command.envs(env.iter().cloned()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let (mut banner, mut url) = (String::new(), None);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            break;
        }
        if let Some(found) = line.split_whitespace().find(|word| word.starts_with("http://")) {
            url.get_or_insert_with(|| found.to_owned());
        }
        banner.push_str(&line);
        if line.contains("ready") {
            break;
        }
    }
    // Whatever it still prints must not fill the pipe and hold it.
    std::thread::spawn(move || lines.read_to_string(&mut String::new()));
    (child, banner, url)
}

fn api(url: String, folder: &Path) -> Api {
    let token = std::fs::read_to_string(folder.join("data/admin-token")).unwrap_or_default();
    Api { url, admin_token: token.trim().to_owned() }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

impl TestServer {
    pub(crate) fn with(config: &str) -> Self {
        Starting::with(config).start()
    }

    /// What its database is called: a file, or a database of PostgreSQL.
    pub(crate) fn database_name(&self) -> &str {
        self.stands_on.postgres.as_ref().map_or("switchboard.db", OwnPostgres::name)
    }

    /// Where its database is.
    pub(crate) fn database_url(&self) -> String {
        let own = self.stands_on.postgres.as_ref().map(|own| own.url().to_owned());
        own.unwrap_or_else(|| format!("sqlite://{}", self.data().join("switchboard.db").display()))
    }

    pub(crate) fn banner(&self) -> &str {
        &self.banner
    }

    pub(crate) fn log(&self) -> String {
        log(self.folder.path())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As `kill -9` does. Proves nothing about fsync: the kernel keeps what was written.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operator does; answers how it exited.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        let status = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
        self.wait(Duration::from_secs(40)).await
    }

    pub(crate) async fn wait(&mut self, patience: Duration) -> ExitStatus {
        let until = tokio::time::Instant::now() + patience;
        while tokio::time::Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the server did not exit within {patience:?}:\n{}", self.log());
    }

    /// Runs another command of the program with the config, the environment and the folder of this server.
    pub(crate) fn command(&self, words: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.current_dir(self.folder.path()).args(words).args(["--config", "config.yaml"]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWITCHBOARD_")) {
            command.env_remove(name);
        }
        let said = command.envs(self.env.iter().cloned()).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
        Said { code: said.status.code(), text: text.into_owned() }
    }

    /// Starts it again where it must not start; answers its exit status and all that was said so far.
    pub(crate) fn restart_fails(&mut self) -> (ExitStatus, String) {
        let folder = self.folder.path();
        not_started(launch(folder, "data", &self.env, &[]), folder)
    }

    /// Starts it again on the same folder, perhaps with another config.
    pub(crate) async fn restart(&mut self, config: Option<&str>) {
        if self.child.try_wait().unwrap().is_none() {
            self.terminate().await;
        }
        if let Some(config) = config {
            std::fs::write(self.folder.path().join("config.yaml"), config).unwrap();
        }
        let (child, banner, url) = launch(self.folder.path(), "data", &self.env, &[]);
        self.child = child;
        let url = url.unwrap_or_else(|| panic!("the server did not start again:\n{banner}\n{}", self.log()));
        self.api = api(url, self.folder.path());
        self.banner = banner;
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}
